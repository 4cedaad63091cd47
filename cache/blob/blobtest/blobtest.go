// Package blobtest is the suite that every blob.Store must pass. It knows the
// contract alone, no store.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha512"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/larderhq/larder/cache/blob"
)

// suite makes an empty store for each case.
type suite struct {
	open func(t *testing.T) blob.Store
}

// Run runs the suite. open returns an empty store and registers what has to be
// cleaned up with t.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	s := suite{open}
	cases := map[string]func(*testing.T){
		"store/commit then read":           s.commitThenRead,
		"store/absent":                     s.absent,
		"store/delete":                     s.delete,
		"store/delete while open":          s.deleteWhileOpen,
		"store/list stops when told":       s.listStops,
		"store/ended context":              s.endedContext,
		"store/seek and read at":           s.seekAndReadAt,
		"commit/what came":                 s.commitSum,
		"commit/wrong digest":              s.commitMismatch,
		"commit/zero digest never matches": s.commitZero,
		"commit/same digest again":         s.commitAgain,
		"commit/many at once":              s.commitConcurrently,
		"commit/ended context":             s.commitEnded,
		"writer/cancel":                    s.cancel,
		"writer/close cancels":             s.closeCancels,
		"writer/nothing after the end":     s.nothingAfterEnd,
		"writer/read while writing":        s.readWhileWriting,
		"writer/references":                s.references,
		"writer/fifty readers":             s.fiftyReaders,
		"sweep/older":                      s.older,
		"sweep/delete older":               s.deleteOlder,
		"sweep/commit saves":               s.commitSaves,
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases[name](t)
		})
	}
}

func digestOf(data []byte) blob.Digest { return sha512.Sum512(data) }

// create starts a blob and puts data into it.
func create(t *testing.T, s blob.Store, data []byte) blob.Writer {
	t.Helper()
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	if n, err := w.Write(data); n != len(data) || err != nil {
		t.Fatalf("Write = %d, %v; want %d", n, err, len(data))
	}
	return w
}

// put stores data and returns its digest.
func put(t *testing.T, s blob.Store, data []byte) blob.Digest {
	t.Helper()
	w := create(t, s, data)
	digest := digestOf(data)
	if n, err := w.Commit(t.Context(), digest); n != int64(len(data)) || err != nil {
		t.Fatalf("Commit = %d, %v; want %d", n, err, len(data))
	}
	closeNow(t, w)
	return digest
}

// wantBlob checks that the store has exactly data under its digest.
func wantBlob(t *testing.T, s blob.Store, data []byte) {
	t.Helper()
	b, err := s.Open(t.Context(), digestOf(data))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeNow(t, b)
	got, err := io.ReadAll(b)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("read %d bytes, %v; want the %d written", len(got), err, len(data))
	}
	if b.Size() != int64(len(data)) {
		t.Errorf("Size = %d, want %d", b.Size(), len(data))
	}
}

// wantEmpty checks that the store lists nothing.
func wantEmpty(t *testing.T, s blob.Store) {
	t.Helper()
	if infos := list(t, s); len(infos) > 0 {
		t.Errorf("store lists %v, want nothing", infos)
	}
}

func list(t *testing.T, s blob.Store) []blob.Info {
	t.Helper()
	var infos []blob.Info
	for info, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		infos = append(infos, info)
	}
	return infos
}

func closeNow(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// ended returns a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
