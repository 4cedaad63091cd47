package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// scenario is one row of the load table.
type scenario struct {
	name    string
	path    string
	headers []string
	revisit bool // with the ETag of the first answer
	conns   int
}

func scenarios() []scenario {
	const accepts = "Accept-Encoding: gzip"
	abbreviated := []string{"Accept: " + acceptAbbreviated, accepts}
	full := []string{"Accept: application/json", accepts}
	rows := []scenario{
		{name: "abbreviated, small", path: "/" + smallDocument, headers: abbreviated},
		{name: "full, small", path: "/" + smallDocument, headers: full},
		{name: "abbreviated, large", path: "/" + largeDocument, headers: abbreviated},
		{name: "full, large", path: "/" + largeDocument, headers: full},
		{name: "304", path: "/" + largeDocument, headers: full, revisit: true},
		{name: "tarball 10 KiB", path: tarballPath(smallTarball)},
		{name: "tarball 6 MB", path: tarballPath(largeTarball)},
	}
	var all []scenario
	for _, r := range rows {
		for _, conns := range []int{1, 32} {
			r.conns = conns
			all = append(all, r)
		}
	}
	return all
}

func tarballPath(name string) string { return "/" + name + "/-/" + name + "-1.0.0.tgz" }

// cell is one scenario against one server, over all rounds.
type cell struct {
	rates    []float64 // requests per second
	p50, p99 []time.Duration
	requests int
	failed   int
	cpu      time.Duration
	memory   int64 // the most
	size     int64 // of one answer
	slow     bool  // not worth another round
	why      error
}

// loads measures all scenarios against all servers, in turns.
func (b *bench) loads(ctx context.Context) (string, error) {
	servers, err := b.startAll(ctx)
	defer func() {
		for _, s := range servers {
			s.stop()
		}
	}()
	if err != nil {
		return "", err
	}
	rows := scenarios()
	cells := map[string]*cell{}
	for round := range b.rounds {
		for i, row := range rows {
			b.say("round %d of %d: %s, %d connections", round+1, b.rounds, row.name, row.conns)
			order := slices.Clone(servers)
			if (round+i)%2 == 1 {
				slices.Reverse(order) // nobody is always first
			}
			for _, s := range order {
				key := fmt.Sprint(s.name, i)
				if cells[key] == nil {
					cells[key] = &cell{}
				}
				if err := b.measure(ctx, s, row, cells[key]); err != nil {
					return "", err
				}
			}
		}
	}
	return loadTable(rows, servers, cells), nil
}

// startAll starts everyone who takes part.
func (b *bench) startAll(ctx context.Context) ([]*server, error) {
	larder, err := b.startLarder(ctx)
	if err != nil {
		return nil, err
	}
	servers := []*server{larder}
	if b.programs.verdaccio != "" {
		s, err := b.startVerdaccio(ctx)
		if err != nil {
			return servers, err
		}
		servers = append(servers, s)
	}
	if b.programs.nginx != "" {
		s, err := b.startNginx(ctx, larder)
		if err != nil {
			return servers, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// measure adds one round to a cell. The first request fills caches and is not
// counted.
func (b *bench) measure(ctx context.Context, s *server, row scenario, c *cell) error {
	if c.slow {
		return ctx.Err()
	}
	address := strings.TrimPrefix(s.url, "http://")
	first, err := once(ctx, address, newRequest(address, row.path, 200, row.headers...))
	if err != nil {
		return fmt.Errorf("%s: %s: %w", s.name, row.name, err)
	}
	ask := newRequest(address, row.path, 200, row.headers...)
	if c.size = first.size; row.revisit {
		c.size = 0
		ask = newRequest(address, row.path, 304, append(slices.Clone(row.headers), "If-None-Match: "+first.etag)...)
	}
	before := s.cpu()
	w := blast(ctx, address, ask, row.conns, b.cell)
	c.cpu += s.cpu() - before
	c.memory = max(c.memory, s.memory())
	c.requests += w.requests
	c.failed += w.failed
	c.rates = append(c.rates, float64(w.requests)/w.wall.Seconds())
	c.p50 = append(c.p50, percentile(w.delays, .50))
	c.p99 = append(c.p99, percentile(w.delays, .99))
	c.slow = w.wall > 3*b.cell
	if w.why != nil {
		c.why = w.why
	}
	return ctx.Err()
}

// once asks on a connection of its own.
func once(ctx context.Context, address string, ask request) (answer, error) {
	c, err := dial(ctx, address, time.Now().Add(time.Minute))
	if err != nil {
		return answer{}, err
	}
	defer c.close()
	got, err := c.do(ask)
	if err == nil && got.status != ask.status {
		err = fmt.Errorf("status %d", got.status)
	}
	return got, err
}

// median of at least one value.
func median[T float64 | time.Duration | int64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
