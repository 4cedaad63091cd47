package proxy_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// overtaken is a store whose first blob waits until the second one is stored.
type overtaken struct {
	blob.Store
	created atomic.Int32
	second  chan struct{}
}

func (o *overtaken) Create(ctx context.Context) (blob.Writer, error) {
	turn := o.created.Add(1)
	if turn == 1 {
		<-o.second
	}
	w, err := o.Store.Create(ctx)
	if err == nil && turn == 2 {
		w = overtaking{w, o.second}
	}
	return w, err
}

type overtaking struct {
	blob.Writer
	stored chan struct{}
}

func (o overtaking) Close() error {
	defer close(o.stored)
	return o.Writer.Close()
}

// TestSlowSaves is about a document that is stored behind its answer and takes
// longer than the next one: what is remembered is what upstream said last.
func TestSlowSaves(t *testing.T) {
	t.Parallel()
	for _, removed := range []bool{false, true} {
		up := upstreamtest.New(t)
		up.Add(upstreamtest.Simple("leaf", "1.0.0"))
		slow := &overtaken{second: make(chan struct{})}
		l := start(t, up, func(l *larder) {
			l.wrap = func(s blob.Store) blob.Store { slow.Store = s; return slow }
		})
		must(l.full(t, "leaf"))(t)
		up.Release("leaf", upstreamtest.Version{Version: "1.1.0"})
		l.clock.forward(6 * time.Minute)
		must(l.full(t, "leaf"))(t)
		if removed {
			up.Remove("leaf")
			l.clock.forward(6 * time.Minute)
			if _, err := l.full(t, "leaf"); !errors.Is(err, npm.ErrNotFound) {
				t.Fatal(err)
			}
		}
		up.Down()
		l.restart(t)
		a, err := l.full(t, "leaf")
		switch {
		case removed && !errors.Is(err, npm.ErrUnavailable):
			t.Errorf("what upstream removed is back: %v", err)
		case !removed && (err != nil || decode(t, a).Tags["latest"] != "1.1.0"):
			t.Errorf("an older document is back: %v", err)
		}
	}
}
