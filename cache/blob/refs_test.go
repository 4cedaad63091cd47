package blob_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larderhq/larder/cache/blob"
)

func TestRefs(t *testing.T) {
	t.Parallel()
	var r blob.Refs
	if !r.Retain() || r.Release() || !r.Release() {
		t.Error("want two references and the second Release to be the last")
	}
	if r.Retain() {
		t.Error("Retain = true after the last Release")
	}
	defer func() {
		if recover() == nil {
			t.Error("one Release too many does not panic")
		}
	}()
	r.Release()
}

func TestRefsEndOnce(t *testing.T) {
	t.Parallel()
	var r blob.Refs
	var ends atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if r.Retain() && r.Release() {
				ends.Add(1)
			}
		})
	}
	wg.Go(func() {
		if r.Release() {
			ends.Add(1)
		}
	})
	wg.Wait()
	if ends.Load() != 1 {
		t.Errorf("ended %d times, want once", ends.Load())
	}
}
