package registry_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"
)

// download takes a tarball and says so, as the front end does.
func (w *world) download(path, name, file string) {
	w.t.Helper()
	l, err := w.registry.Locate(w.t.Context(), w.people["guest"], in(path), w.name(name))
	w.must(err)
	b, err := w.registry.Tarball(w.t.Context(), l, file)
	w.must(err)
	if want, _ := w.name(name).VersionOfFile(file); b.Version != want {
		w.t.Errorf("the tarball %s is of version %q", file, b.Version)
	}
	_, err = io.Copy(io.Discard, b.Body)
	w.must(err)
	w.must(b.Body.Close())
	w.registry.Downloaded(b.Package)
}

// TestDownloads counts downloads before and after they are written, which is not
// done for each.
func TestDownloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx := t.Context()
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	ref := w.packageOf("acme/pub", "@acme/lib", "1.0.0")
	shown := func(step string, downloads int64, at time.Time) {
		t.Helper()
		d, err := w.registry.ShowPackage(ctx, w.people["guest"], ref)
		if err != nil || d.Downloads != downloads || d.LastDownloadedAt.Sub(at).Abs() > time.Second {
			t.Errorf("%s: %d downloads, the last at %s, %v, want %d at %s", step, d.Downloads, d.LastDownloadedAt, err, downloads, at)
		}
	}
	written := func(step string, want int64) {
		t.Helper()
		if got := w.stored(ref.ID).Downloads; got != want {
			t.Errorf("%s: %d downloads are written, want %d", step, got, want)
		}
	}
	shown("at first", 0, time.Time{})
	w.download("acme/pub", "@acme/lib", "lib-1.0.0.tgz")
	first := w.clock.Now()
	shown("before it is written", 1, first)
	written("before it is written", 0)
	before, err := w.store.Sequence(ctx)
	w.must(err)
	w.must(w.registry.FlushDownloads(ctx, false))
	written("at once", 1)
	if after, err := w.store.Sequence(ctx); err != nil || after != before {
		t.Errorf("a download is a change: %d after %d, %v", after, before, err)
	}
	w.clock.Move(time.Minute)
	w.download("acme/pub", "@acme/lib", "lib-1.0.0.tgz")
	second := w.clock.Now()
	w.must(w.registry.FlushDownloads(ctx, false))
	written("within the hour", 1)
	shown("within the hour", 2, second)
	w.clock.Move(time.Hour)
	w.must(w.registry.FlushDownloads(ctx, false))
	written("after the hour", 2)
	shown("after the hour", 2, second)
	w.download("acme/pub", "@acme/lib", "lib-1.0.0.tgz")
	w.must(w.registry.FlushDownloads(ctx, true))
	written("at the end", 3)
}

// TestDownloadsAtTheEnd stops the service while downloads wait, from many sides
// at once.
func TestDownloadsAtTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	ref := w.packageOf("acme/pub", "@acme/lib", "1.0.0")
	ctx, stop := context.WithCancel(t.Context())
	var running, loading sync.WaitGroup
	running.Go(func() {
		if err := w.registry.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	for range 8 {
		loading.Go(func() {
			for range 100 {
				w.registry.Downloaded(ref.ID)
				if err := w.registry.FlushDownloads(ctx, false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	loading.Wait()
	stop()
	running.Wait()
	if got := w.stored(ref.ID).Downloads; got != 800 {
		t.Errorf("%d downloads, want 800", got)
	}
}

// TestNotingIsFree counts what a hot download costs.
func TestNotingIsFree(t *testing.T) { //nolint:paralleltest // allocations are those of the whole process
	w := newWorld(t, setup{})
	w.registry.Downloaded(7)
	if n := testing.AllocsPerRun(100, func() { w.registry.Downloaded(7) }); n != 0 {
		t.Errorf("%v allocations for each download", n)
	}
}
