package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestUntilUnlocked counts in a bubble's time.
func TestUntilUnlocked(t *testing.T) {
	t.Parallel()
	locked, other := fmt.Errorf("open: %w", kv.ErrLocked), errors.New("other")
	tests := []struct {
		name   string
		unlock time.Duration
		then   error
		cancel time.Duration
		want   error
		took   time.Duration
	}{
		{name: "free"},
		{name: "soon free", unlock: 500 * time.Millisecond, took: 500 * time.Millisecond},
		{name: "soon free and broken", unlock: 500 * time.Millisecond, then: other, want: other, took: 500 * time.Millisecond},
		{name: "broken", then: other, want: other},
		{name: "never free", unlock: time.Hour, want: kv.ErrLocked, took: lockedWait},
		{name: "given up", unlock: time.Hour, cancel: 100 * time.Millisecond, want: kv.ErrLocked, took: 100 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				began := time.Now()
				err := untilUnlocked(ctx, func() error {
					if time.Since(began) < tt.unlock {
						return locked
					}
					return tt.then
				})
				if !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %s, want %s", took, tt.took)
				}
			})
		})
	}
}

// TestStartBesideACommand starts while a command looks into the data folder,
// and lets commands look into it then.
func TestStartBesideACommand(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	data := t.TempDir()
	for _, command := range []string{"serve", "check", "explain leaf"} {
		store, err := badgerstore.Open(filepath.Join(data, "registry"), badgerstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error, 1)
		time.AfterFunc(lockedWait/4, func() { closed <- store.Close() })
		args := append(strings.Fields(command), "--data", data, "--listen", "127.0.0.1:0", "--upstream", up.URL())
		if command == "serve" {
			if code := begin(t, args).end(t); code != exitOK {
				t.Errorf("serve ended with %d", code)
			}
		} else if code := run(t.Context(), args, []string{"HOME=" + data}, os.Stdout, os.Stderr); code != exitOK {
			t.Errorf("%s ended with %d", command, code)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
}
