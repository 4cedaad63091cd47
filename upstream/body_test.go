package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// drip yields one byte after each pause, as long as the call lives.
type drip struct {
	ctx    context.Context
	pause  time.Duration
	closed chan struct{}
}

func (d *drip) Read(p []byte) (int, error) {
	timer := time.NewTimer(d.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		p[0] = 'x'
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func (d *drip) Close() error {
	close(d.closed)
	return nil
}

// dripping returns a body that drips, as a call of this registry would hold it.
func dripping(parent context.Context, pause, idle, total time.Duration) (io.ReadCloser, *drip, *ledger) {
	events := &ledger{}
	s := Shared{Metrics: events, Timeouts: Timeouts{Idle: idle, Total: total}}.withDefaults()
	limited, stop := context.WithTimeoutCause(parent, total, errTotal)
	ctx, cancel := context.WithCancelCause(limited)
	d := &drip{ctx: ctx, pause: pause, closed: make(chan struct{})}
	r := &Registry{name: "up", shared: s}
	x := &exchange{resp: &http.Response{Body: d, Header: http.Header{}}, ctx: ctx, cancel: func(cause error) {
		cancel(cause)
		stop()
	}}
	return r.newBody(x, 1<<20, false), d, events
}

func TestBodyDeadlines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		pause, idle, total time.Duration
		bytes              int
		lasts              time.Duration
	}{
		{"idle", 31 * time.Second, 30 * time.Second, time.Hour, 0, 30 * time.Second},
		{"slow drip ends with the total", 29 * time.Second, 30 * time.Second, 10 * time.Minute, 20, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				body, d, events := dripping(t.Context(), tt.pause, tt.idle, tt.total)
				data, err := io.ReadAll(body)
				wantKind(t, err, npm.ErrTimeout)
				if len(data) != tt.bytes || time.Since(began) != tt.lasts {
					t.Errorf("%d bytes in %v, want %d in %v", len(data), time.Since(began), tt.bytes, tt.lasts)
				}
				<-d.closed
				if !events.saw("received timeout") {
					t.Errorf("events %v", events.events)
				}
				if _, again := body.Read(make([]byte, 1)); !errors.Is(again, npm.ErrTimeout) {
					t.Errorf("the next read says %v", again)
				}
			})
		})
	}
}

// A consumer that takes its time between reads is no idle upstream.
func TestBodyWaitsForSlowConsumers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body, _, _ := dripping(t.Context(), time.Second, 30*time.Second, time.Hour)
		for range 5 {
			time.Sleep(5 * time.Minute)
			if _, err := body.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestBodyCloseUnblocksRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body, _, events := dripping(t.Context(), time.Hour, 2*time.Hour, 3*time.Hour)
		failed := make(chan error)
		go func() {
			_, err := body.Read(make([]byte, 1))
			failed <- err
		}()
		synctest.Wait()
		for range 2 {
			if err := body.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := <-failed; !errors.Is(err, errClosed) {
			t.Errorf("read says %v", err)
		}
		if events.count("received abandoned") != 1 || len(events.events) != 1 {
			t.Errorf("events %v", events.events)
		}
	})
}

func TestBodyEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		body, _, _ := dripping(ctx, time.Hour, 2*time.Hour, 3*time.Hour)
		time.AfterFunc(time.Second, cancel)
		_, err := body.Read(make([]byte, 1))
		var fault *npm.Error
		if !errors.Is(err, context.Canceled) || errors.As(err, &fault) {
			t.Errorf("error %v, want the caller's own", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		body, _, _ = dripping(ctx, time.Hour, 2*time.Hour, 3*time.Hour)
		_, err = body.Read(make([]byte, 1))
		wantKind(t, err, npm.ErrTimeout)
	})
}
