package faults

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// honest is what a registry really has: the only bytes that may be kept.
type honest struct {
	mu        sync.Mutex
	tarballs  map[string]bool // by the sha512 of the bytes
	documents map[string]bool // by the sha512 of the decoded bytes
}

func newHonest() *honest { return &honest{tarballs: map[string]bool{}, documents: map[string]bool{}} }

// add takes in everything that a registry has of some packages.
func (h *honest) add(reg *upstreamtest.Registry, packages ...upstreamtest.Package) {
	for _, p := range packages {
		h.document(reg, p.Name)
		for _, v := range p.Versions {
			h.tarball(reg.Bytes(p.Name, v.Version))
		}
	}
}

// document takes in the packument of a package as it is now.
func (h *honest) document(reg *upstreamtest.Registry, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.documents[digest(reg.Document(name))] = true
}

func (h *honest) tarball(body []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tarballs[digest(body)] = true
}

func digest(body []byte) string {
	sum := sha512.Sum512(body)
	return hex.EncodeToString(sum[:])
}

// stored lists the stored files by name, and checks that each has the digest
// that it is named for.
func (l *larder) stored(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(l.files(), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // larder goes on meanwhile
		}
		if err != nil || entry.IsDir() || l.temporary(path) {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if digest(body) != entry.Name() {
			t.Errorf("%s has other bytes than its name says", path)
		}
		found[entry.Name()] = path
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (l *larder) temporary(path string) bool {
	return filepath.Dir(path) == filepath.Join(l.files(), "tmp")
}

// temporaries counts the files in transfer.
func (l *larder) temporaries() int {
	entries, err := os.ReadDir(filepath.Join(l.files(), "tmp"))
	if err != nil {
		return -1
	}
	return len(entries)
}

// keeps checks that nothing is stored but honest bytes under their own names,
// and tells how many files there are.
func (l *larder) keeps(t *testing.T, h *honest) int {
	t.Helper()
	found := l.stored(t)
	for name, path := range found {
		if err := h.has(name, path); err != nil {
			t.Errorf("stored although upstream never meant it: %s: %v", path, err)
		}
	}
	return len(found)
}

// has checks that a file is a tarball of the registry, or one of its documents,
// compressed.
func (h *honest) has(name, path string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tarballs[name] {
		return nil
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	doc, err := gunzip(body)
	if err != nil {
		return err
	}
	if !h.documents[digest(doc)] {
		return fmt.Errorf("%.120s", doc)
	}
	return nil
}
