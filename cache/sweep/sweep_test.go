package sweep_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/cache/blob/mem"
	"github.com/larderhq/larder/cache/sweep"
	"github.com/larderhq/larder/registry/npm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// references is what the records refer to.
type references []blob.Digest

func (r references) References(fn func([64]byte) error) error {
	for _, digest := range r {
		if err := fn(digest); err != nil {
			return err
		}
	}
	return nil
}

// referencesFunc runs code in the midst of the marking.
type referencesFunc func(fn func([64]byte) error) error

func (f referencesFunc) References(fn func([64]byte) error) error { return f(fn) }

// store is what both stores of blobs are.
type store interface {
	blob.Store
	sweep.Blobs
}

func stores(t *testing.T) map[string]store {
	t.Helper()
	d, err := disk.New(t.TempDir(), disk.Options{})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return map[string]store{"disk": d, "mem": mem.New()}
}

// put stores text and returns its digest.
func put(t *testing.T, s blob.Store, text string) blob.Digest {
	t.Helper()
	w, err := s.Create(context.Background())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	defer w.Close()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatalf("Write: %v", err)
	}
	if _, err := w.Commit(context.Background(), w.Sum()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	return w.Sum()
}

// wantStored checks which of the texts the store has.
func wantStored(t *testing.T, s blob.Store, want map[string]bool) {
	t.Helper()
	for text, stored := range want {
		_, err := s.Stat(context.Background(), sha512.Sum512([]byte(text)))
		if stored && err != nil || !stored && !errors.Is(err, npm.ErrNotFound) {
			t.Errorf("%s: Stat = %v, want stored = %v", text, err, stored)
		}
	}
}

// in returns a clock that is ahead of the real one.
func in(d time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(d) }
}

func TestSweep(t *testing.T) {
	t.Parallel()
	texts := []string{"kept", "orphan", "other orphan"}
	tests := map[string]struct {
		age  time.Duration
		want map[string]bool
		n    int
		size int64
	}{
		"within the grace": {
			59 * time.Minute, map[string]bool{"kept": true, "orphan": true, "other orphan": true}, 0, 0,
		},
		"after the grace": {
			61 * time.Minute, map[string]bool{"kept": true, "orphan": false, "other orphan": false}, 2, 18,
		},
	}
	for name, tt := range tests {
		for kind, s := range stores(t) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				refs := references{sha512.Sum512([]byte("never stored"))}
				for _, text := range texts {
					if digest := put(t, s, text); text == "kept" {
						refs = append(refs, digest, digest)
					}
				}
				sweeper := sweep.New(sweep.Options{Blobs: s, References: refs, Now: in(tt.age)})
				got, err := sweeper.Sweep(t.Context())
				if err != nil || got.References != 3 || got.Deleted != tt.n || got.Freed != tt.size {
					t.Errorf("Sweep = %+v, %v; want 3 references, %d deleted, %d freed", got, err, tt.n, tt.size)
				}
				wantStored(t, s, tt.want)
			})
		}
	}
}

func TestSweepWithoutReferencesKnownDeletesNothing(t *testing.T) {
	t.Parallel()
	broken := errors.New("records cannot be read")
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			put(t, s, "kept")
			put(t, s, "orphan")
			refs := referencesFunc(func(fn func([64]byte) error) error {
				return errors.Join(fn(sha512.Sum512([]byte("other"))), broken)
			})
			o := sweep.Options{Blobs: s, References: refs, Now: in(2 * time.Hour)}
			if got, err := sweep.New(o).Sweep(t.Context()); !errors.Is(err, broken) || got.Deleted != 0 {
				t.Errorf("Sweep = %+v, %v; want the error and nothing deleted", got, err)
			}
			wantStored(t, s, map[string]bool{"kept": true, "orphan": true})
		})
	}
}

func TestSweepInterrupted(t *testing.T) {
	t.Parallel()
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			put(t, s, "orphan")
			ctx, cancel := context.WithCancel(t.Context())
			// The marking succeeds, but nobody waits any more.
			refs := referencesFunc(func(func([64]byte) error) error { cancel(); return nil })
			o := sweep.Options{Blobs: s, References: refs, Now: in(2 * time.Hour)}
			if _, err := sweep.New(o).Sweep(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Sweep = %v, want context.Canceled", err)
			}
			wantStored(t, s, map[string]bool{"orphan": true})
		})
	}
}

// gated holds the sweep where it has found an old orphan and is about to
// delete it.
type gated struct {
	store
	before func()
}

func (g gated) DeleteOlder(ctx context.Context, digest [64]byte, cutoff time.Time) (int64, bool, error) {
	g.before()
	return g.store.DeleteOlder(ctx, digest, cutoff)
}

// TestCommitDuringSweep is the race that costs data: an old orphan is listed
// for deletion, then the same bytes are committed again and a record refers to
// them, which the marking has not seen.
func TestCommitDuringSweep(t *testing.T) {
	t.Parallel()
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			digest := put(t, s, "wanted again")
			put(t, s, "orphan")
			// The cutoff lies between the two commits of the blob.
			info, err := s.Stat(t.Context(), digest)
			if err != nil {
				t.Fatalf("Stat: %v", err)
			}
			cutoff := waitPast(t, s, info.ModTime)
			committed := false
			blobs := gated{s, func() {
				if !committed {
					put(t, s, "wanted again")
					committed = true
				}
			}}
			now := func() time.Time { return cutoff.Add(time.Hour) }
			o := sweep.Options{Blobs: blobs, References: references{}, Now: now}
			got, err := sweep.New(o).Sweep(t.Context())
			if err != nil || !committed {
				t.Fatalf("Sweep = %+v, %v; want it to come to the deletion", got, err)
			}
			wantStored(t, s, map[string]bool{"wanted again": true, "orphan": false})
		})
	}
}

// waitPast commits until the store's clock has moved on from at, and returns
// the new time. File systems may have coarse clocks.
func waitPast(t *testing.T, s blob.Store, at time.Time) time.Time {
	t.Helper()
	for i := 0; ; i++ {
		digest := put(t, s, fmt.Sprint("clock ", i))
		info, err := s.Stat(t.Context(), digest)
		if err != nil {
			t.Fatalf("Stat: %v", err)
		}
		if info.ModTime.After(at.Add(time.Millisecond)) {
			return info.ModTime
		}
	}
}

// counting is a store that counts listings and may fail them.
type counting struct {
	times []time.Time
	err   error
}

func (c *counting) Older(context.Context, time.Time) iter.Seq2[[64]byte, error] {
	c.times = append(c.times, time.Now())
	return func(yield func([64]byte, error) bool) {
		if c.err != nil {
			yield([64]byte{}, c.err)
		}
	}
}

func (c *counting) DeleteOlder(context.Context, [64]byte, time.Time) (int64, bool, error) {
	return 0, false, errors.New("nothing was listed")
}

func TestRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		logs int
	}{
		"sweeps each interval":  {nil, 0},
		"goes on after failure": {errors.New("disk is away"), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, blobs, logs := time.Now(), &counting{err: tt.err}, &bytes.Buffer{}
				s := sweep.New(sweep.Options{
					Blobs: blobs, References: references{}, Interval: time.Minute,
					Logger: slog.New(slog.NewTextHandler(logs, nil)),
				})
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute+30*time.Second)
				defer cancel()
				if err := s.Run(ctx); err != nil {
					t.Errorf("Run = %v, want nil when its context ends", err)
				}
				want := []time.Time{start.Add(time.Minute), start.Add(2 * time.Minute), start.Add(3 * time.Minute)}
				if !slices.EqualFunc(blobs.times, want, time.Time.Equal) {
					t.Errorf("swept at %v, want %v", blobs.times, want)
				}
				if n := strings.Count(logs.String(), "disk is away"); n != tt.logs {
					t.Errorf("logged the failure %d times, want %d:\n%s", n, tt.logs, logs)
				}
			})
		})
	}
}

func TestRunStopsInTheMidstQuietly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logs := &bytes.Buffer{}
		ctx, cancel := context.WithCancel(t.Context())
		refs := referencesFunc(func(fn func([64]byte) error) error {
			cancel()
			return fmt.Errorf("read records: %w", fn([64]byte{}))
		})
		s := sweep.New(sweep.Options{
			Blobs: &counting{}, References: refs, Logger: slog.New(slog.NewTextHandler(logs, nil)),
		})
		if err := s.Run(ctx); err != nil || logs.Len() > 0 {
			t.Errorf("Run = %v, logged %q; want neither", err, logs)
		}
	})
}
