package httpd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/rest"
	"github.com/larderhq/larder/registry/signature"
	"github.com/larderhq/larder/registry/site"
)

// rooms are the real rooms below the front end that the fakes do not stand for.
type rooms struct {
	store    *badgerstore.Store
	ledger   *names.Ledger
	accounts *accounts.Service
	registry *registry.Service
	api      *rest.API
	site     *site.Site
	// unindex ends the index of packages.
	unindex func()
}

// nowhere is an upstream that has nothing.
type nowhere struct{}

func (nowhere) Has(context.Context, npm.Name) (bool, error) { return false, nil }

func (nowhere) HasVersion(context.Context, npm.Name, string) (bool, error) { return false, nil }

func (nowhere) Document(context.Context, npm.Name) ([]byte, error) {
	return nil, &npm.Error{Kind: npm.ErrNotFound, Text: "no such package"}
}

func openRooms(dir string, o accounts.Options) (*rooms, error) {
	r := &rooms{}
	var errs [5]error
	r.store, errs[0] = badgerstore.Open(filepath.Join(dir, "registry"), badgerstore.Options{})
	if errs[0] != nil {
		return nil, errs[0]
	}
	o.Key = make([]byte, 32)
	o.Forwarding = true
	r.accounts, errs[1] = accounts.New(r.store, o)
	r.ledger, errs[2] = names.New(r.store, names.Options{})
	blobs, err := disk.New(filepath.Join(dir, "blobs"), disk.Options{})
	errs[3] = err
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	index, err := r.index()
	if err != nil {
		return nil, err
	}
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	r.registry, errs[4] = registry.New(registry.Deps{Store: r.store, Accounts: r.accounts, Names: r.ledger, Blobs: blobs,
		Upstream: nowhere{}, Catalog: index}, registry.Options{Keys: keys})
	if errs[4] != nil {
		return nil, errs[4]
	}
	r.api, err = rest.New(rest.Deps{Registry: r.registry, Accounts: r.accounts}, rest.Options{})
	if err != nil {
		return nil, err
	}
	r.site, err = site.New(site.Deps{Registry: r.registry, Accounts: r.accounts}, site.Options{})
	return r, err
}

// newKeys makes keys to sign with.
func newKeys() (*signature.Ring, error) {
	text, err := signature.NewPrivate()
	if err != nil {
		return nil, err
	}
	return signature.NewRing(text)
}

// index runs an index of the packages until close.
func (r *rooms) index() (*catalog.Index, error) {
	x, err := catalog.New(r.store, catalog.Options{})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	r.unindex = func() { cancel(); <-done }
	return x, nil
}

func (r *rooms) close() error {
	err := r.registry.Close()
	r.unindex()
	r.ledger.Close()
	return errors.Join(err, r.store.Close())
}

// shared are the rooms of tests that put nothing into them.
type sharedRooms struct {
	once  sync.Once
	dir   string
	rooms *rooms
	err   error
}

var shared sharedRooms

func (s *sharedRooms) open() (*rooms, error) {
	s.once.Do(func() {
		if s.dir, s.err = os.MkdirTemp("", "httpd"); s.err == nil {
			s.rooms, s.err = openRooms(s.dir, accounts.Options{})
		}
	})
	return s.rooms, s.err
}

// Run runs the tests and closes what they shared.
func (s *sharedRooms) run(m *testing.M) int {
	code := m.Run()
	if s.rooms != nil {
		if err := errors.Join(s.rooms.close(), os.RemoveAll(s.dir)); err != nil {
			panic(err)
		}
	}
	return code
}
