package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// warmUp is how many requests of a shape go before those that count.
const warmUp = 20

// warm is warmUp, or less in a run of few requests.
func (b *bench) warm() int { return min(warmUp, b.requests/2) }

// times are how long requests took, in order of size.
type times []time.Duration

func (t times) at(percent int) time.Duration { return t[min(len(t)*percent/100, len(t)-1)] }

// result is a row of the table: one shape, by the names of the callers.
type result struct {
	shape
	times map[string]times
}

// shapes measures every shape for every caller.
func (b *bench) shapes(ctx context.Context, callers []*caller) ([]result, error) {
	var out []result
	for _, s := range slices.Concat(lists(), filtered(), deep(), singles()) {
		r := result{shape: s, times: map[string]times{}}
		var cpu []string
		for _, c := range callers {
			began := b.server.cpu()
			taken, err := b.repeat(ctx, c, s.path)
			if err != nil {
				return nil, fmt.Errorf("%s for %s: %w", s.name, c.name, err)
			}
			if len(taken) > 0 {
				r.times[c.name] = taken
				spent := (b.server.cpu() - began) / time.Duration(len(taken)+b.warm())
				cpu = append(cpu, milliseconds(spent))
			}
		}
		out = append(out, r)
		b.say("%s processor ms of a request: %s", r.row(callers), strings.Join(cpu, ", "))
	}
	return out, nil
}

// repeat asks as often as the flag says and returns nothing where there is nothing
// to ask for.
func (b *bench) repeat(ctx context.Context, c *caller, path func(p *picker) string) (times, error) {
	p := &picker{caller: c, Rand: rand.New(rand.NewPCG(7, uint64(len(c.name))))}
	var taken times
	for ; p.n < b.requests+b.warm(); p.n++ {
		target := path(p)
		if target == "" {
			return nil, nil
		}
		a, err := c.get(ctx, target)
		if err != nil {
			return nil, err
		}
		if p.n >= b.warm() {
			taken = append(taken, a.took)
		}
	}
	slices.Sort(taken)
	return taken, nil
}

// depth is what pages at one depth cost.
type depth struct {
	page             int
	byOffset, byKeys times
}

// depths measures pages further and further behind the first.
func (b *bench) depths(ctx context.Context, c *caller) ([]depth, error) {
	const size = 20
	var out []depth
	for _, page := range []int{1, 100, 1000, deepPage} {
		near := max(page/20, 1) // pages that are as deep for this purpose
		if (page+near)*size > c.total {
			break
		}
		d := depth{page: page}
		var err error
		d.byOffset, err = b.repeat(ctx, c, func(p *picker) string {
			return list(wholeGroup, fmt.Sprintf("per_page=%d&page=%d&%s", size, page+p.IntN(near), walked()[p.n%len(walked())]))
		})
		if err != nil {
			return nil, err
		}
		d.byKeys, err = b.repeat(ctx, c, func(p *picker) string {
			w := c.walks[p.n%len(c.walks)]
			behind := (page + p.IntN(near)) * size / walkSize
			if behind == 0 {
				return list(wholeGroup, fmt.Sprintf("pagination=keyset&per_page=%d&%s", size, w.query))
			}
			return resized(w.pages[behind-1], size)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
