package proxy

import (
	"context"
	"fmt"
	"sync"

	"github.com/larderhq/larder/registry/npm"
)

// flights shares work between the requests that want the same result. Unlike
// x/sync's singleflight its work is owned by the proxy (Close waits for it),
// its results are typed, and one that joins knows it.
type flights[K comparable, V any] struct {
	mu  sync.Mutex
	now map[K]*flight[V]
}

// flight is one piece of shared work. val and err may be read once done is
// closed.
type flight[V any] struct {
	done chan struct{}
	val  V
	err  error
}

// start runs f for key on its own goroutine, or joins the run that is under
// way. spawn starts the goroutine.
func (g *flights[K, V]) start(key K, spawn func(func(context.Context)), f func(context.Context) (V, error)) (fl *flight[V], joined bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if fl, ok := g.now[key]; ok {
		return fl, true
	}
	if g.now == nil {
		g.now = make(map[K]*flight[V])
	}
	fl = &flight[V]{done: make(chan struct{})}
	g.now[key] = fl
	spawn(func(ctx context.Context) {
		defer func() {
			g.mu.Lock()
			delete(g.now, key)
			g.mu.Unlock()
			close(fl.done)
		}()
		fl.val, fl.err = guarded(ctx, f)
	})
	return fl, false
}

// wait returns the flight's result, or the reason why ctx ended first.
func (f *flight[V]) wait(ctx context.Context) (V, error) {
	select {
	case <-f.done:
		return f.val, f.err
	case <-ctx.Done():
		var zero V
		return zero, &npm.Error{Kind: npm.ErrTimeout, Err: context.Cause(ctx),
			Text: "the answer took longer than this request may wait"}
	}
}

// guarded turns a panic into an error: the work reads bytes that strangers
// wrote, and one document must not end the process for everybody.
func guarded[V any](ctx context.Context, f func(context.Context) (V, error)) (v V, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("BUG: shared work panicked: %v", r)
		}
	}()
	return f(ctx)
}
