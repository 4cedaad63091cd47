package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

const (
	// guardPairs is how often both larders are loaded in turn.
	guardPairs = 20
	// guardCell is how long one kind of request is asked for.
	guardCell = time.Second
	// guardConns is how many connections ask.
	guardConns = 16
)

// The packages that guards are measured with: one that they find nothing in,
// and one of whose versions they hold the last.
const (
	cleanPackage = "clean-package"
	youngPackage = "young-package"
)

// addGuarded publishes both packages.
func (f *fixture) addGuarded() {
	var old []string
	for i := range 60 {
		old = append(old, fmt.Sprintf("1.%d.0", i))
	}
	clean, young := upstreamtest.Simple(cleanPackage, old...), upstreamtest.Simple(youngPackage, old...)
	for i := range 3 {
		young.Versions = append(young.Versions, upstreamtest.Version{Version: fmt.Sprintf("2.%d.0", i), Published: time.Now().Add(-time.Hour)})
	}
	f.Add(clean, young)
}

// guardRow is one kind of request with what came of it.
type guardRow struct {
	name, path string
	headers    []string
	ratios     []float64
	off        []float64 // requests per second without guards
	requests   [2]int
	cpu        [2]time.Duration
}

func guardRows() []*guardRow {
	accepts := []string{"Accept: " + acceptAbbreviated, "Accept-Encoding: gzip"}
	return []*guardRow{
		{name: "document, nothing found", path: "/" + cleanPackage, headers: accepts},
		{name: "document, versions denied", path: "/" + youngPackage, headers: accepts},
		{name: "tarball 10 KiB", path: tarballPath(smallTarball)},
	}
}

// compareGuards loads a larder without guards and one with all of them in turn.
func (b *bench) compareGuards(ctx context.Context, stdout io.Writer) error {
	b.fixture.addGuarded()
	var larders [2]*server
	for i, level := range []string{"off", "strict"} {
		s, err := b.startLarder(ctx, "LARDER_POLICY_LEVEL="+level)
		if err != nil {
			return err
		}
		defer s.stop()
		larders[i] = s
	}
	rows := guardRows()
	if err := warm(ctx, larders, rows); err != nil {
		return err
	}
	for n := range guardPairs {
		for _, row := range rows {
			if err := row.measure(ctx, larders, n%2); err != nil {
				return err
			}
			fmt.Fprintf(b.log, "pair %d: %s: %.3f\n", n+1, row.name, row.ratios[n])
		}
	}
	larders[0].stop()
	larders[1].stop()
	feed, err := b.loadFeed(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n\n%s\n%s", b.machine(ctx), guardTable(rows), feed)
	return err
}

// warm fetches everything and checks that the rules are in force.
func warm(ctx context.Context, larders [2]*server, rows []*guardRow) error {
	for _, s := range larders {
		address := strings.TrimPrefix(s.url, "http://")
		for range 3 {
			for _, row := range rows {
				if _, err := once(ctx, address, newRequest(address, row.path, 200, row.headers...)); err != nil {
					return fmt.Errorf("%s: %w", row.name, err)
				}
			}
		}
	}
	for i, status := range []int{200, 403} {
		address := strings.TrimPrefix(larders[i].url, "http://")
		path := upstreamtest.TarballPath(youngPackage, "2.2.0")
		if _, err := once(ctx, address, newRequest(address, path, status)); err != nil {
			return fmt.Errorf("a version of this hour: %w", err)
		}
	}
	return nil
}

// measure asks both larders, the one named first before the other.
func (r *guardRow) measure(ctx context.Context, larders [2]*server, first int) error {
	var rates [2]float64
	for k := range larders {
		i := (first + k) % 2
		address := strings.TrimPrefix(larders[i].url, "http://")
		before := larders[i].cpu()
		w := blast(ctx, address, newRequest(address, r.path, 200, r.headers...), guardConns, guardCell)
		if w.failed > 0 || ctx.Err() != nil {
			return errors.Join(ctx.Err(), w.why)
		}
		r.cpu[i] += larders[i].cpu() - before
		r.requests[i] += w.requests
		rates[i] = float64(w.requests) / w.wall.Seconds()
	}
	r.off = append(r.off, rates[0])
	r.ratios = append(r.ratios, rates[1]/rates[0])
	return nil
}

// guardTable is the comparison as Markdown.
func guardTable(rows []*guardRow) string {
	var t strings.Builder
	fmt.Fprintf(&t, "%d pairs of %s with %d connections, without guards (`policy.level: off`) and with all of them (`strict`).\n\n",
		guardPairs, guardCell, guardConns)
	t.WriteString("| hot request | requests/s without | with ÷ without, median (least–most) | µs of processor without | with |\n|---|---:|---:|---:|---:|\n")
	for _, r := range rows {
		least, most := r.ratios[0], r.ratios[0]
		for _, ratio := range r.ratios {
			least, most = min(least, ratio), max(most, ratio)
		}
		fmt.Fprintf(&t, "| %s | %s | %.2f (%.2f–%.2f) | %s | %s |\n", r.name, digits(median(r.off)), median(r.ratios), least, most,
			r.micros(0), r.micros(1))
	}
	return t.String()
}

// micros is the processor time of one request to a larder.
func (r *guardRow) micros(i int) string {
	return digits(float64(r.cpu[i].Microseconds()) / float64(r.requests[i]))
}
