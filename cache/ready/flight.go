package ready

import (
	"context"
	"fmt"
	"sync"

	"github.com/larderhq/larder/registry/npm"
)

// Flights shares work between the requests that want the same result. Unlike
// x/sync's singleflight its work is owned by whoever spawns it, who can wait
// for it at the end, its results are typed, and one that joins knows it. The
// zero value is ready.
type Flights[K comparable, V any] struct {
	mu  sync.Mutex
	now map[K]*Flight[V]
}

// Flight is one piece of shared work. Val and Err may be read once Done is
// closed.
type Flight[V any] struct {
	Done chan struct{}
	Val  V
	Err  error
}

// Start runs f for key on its own goroutine, or joins the run that is under
// way. spawn starts the goroutine.
func (g *Flights[K, V]) Start(key K, spawn func(func(context.Context)), f func(context.Context) (V, error)) (fl *Flight[V], joined bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if fl, ok := g.now[key]; ok {
		return fl, true
	}
	if g.now == nil {
		g.now = make(map[K]*Flight[V])
	}
	fl = &Flight[V]{Done: make(chan struct{})}
	g.now[key] = fl
	spawn(func(ctx context.Context) {
		defer func() {
			g.mu.Lock()
			delete(g.now, key)
			g.mu.Unlock()
			close(fl.Done)
		}()
		fl.Val, fl.Err = Guarded(ctx, f)
	})
	return fl, false
}

// Wait returns the flight's result, or the reason why ctx ended first.
func (f *Flight[V]) Wait(ctx context.Context) (V, error) {
	select {
	case <-f.Done:
		return f.Val, f.Err
	case <-ctx.Done():
		var zero V
		return zero, &npm.Error{Kind: npm.ErrTimeout, Err: context.Cause(ctx),
			Text: "the answer took longer than this request may wait"}
	}
}

// Guarded turns a panic into an error: the work reads bytes that strangers
// wrote, and one document must not end the process for everybody.
func Guarded[V any](ctx context.Context, f func(context.Context) (V, error)) (v V, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("BUG: shared work panicked: %v", r)
		}
	}()
	return f(ctx)
}
