package registry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/registry/signature"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// public is the upstream of these tests: a set of names that exist there.
type public struct {
	mu     sync.Mutex
	names  map[string][]string // versions
	broken bool
	asked  int
}

func (p *public) Has(_ context.Context, name npm.Name) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.broken {
		return false, errors.New("no route to upstream")
	}
	_, ok := p.names[name.String()]
	return ok, nil
}

func (p *public) HasVersion(ctx context.Context, name npm.Name, version string) (bool, error) {
	if ok, err := p.Has(ctx, name); !ok || err != nil {
		return false, err
	}
	for _, v := range p.names[name.String()] {
		if v == version {
			return true, nil
		}
	}
	return false, nil
}

func (p *public) Document(_ context.Context, name npm.Name) ([]byte, error) {
	return []byte(`{"name":"` + name.String() + `","dist-tags":{"latest":"4.17.21"},"versions":{"4.17.21":{"name":"` +
		name.String() + `","version":"4.17.21","dist":{"shasum":"00"}}}}`), nil
}

// world is a registry with a team in it.
type world struct {
	t        testing.TB
	store    *badgerstore.Store
	blobs    *disk.Store
	ledger   *names.Ledger
	accounts *accounts.Service
	registry *registry.Service
	upstream *public
	keys     *signature.Ring
	clock    *registrytest.Clock
	log      *bytes.Buffer
	people   map[string]registry.Caller
	projects map[string]*accounts.Project
}

var console = accounts.Actor{Name: "console"}

type setup struct {
	private []npm.Pattern
	dual    []registry.Dual
	publish map[string]string
}

func newWorld(t testing.TB, o setup) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, log: &bytes.Buffer{}, upstream: &public{names: map[string][]string{"lodash": {"4.17.21"}}},
		clock:  registrytest.NewTickingClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), time.Millisecond),
		people: map[string]registry.Caller{}, projects: map[string]*accounts.Project{}}
	var err error
	w.store, err = badgerstore.Open(filepath.Join(dir, "registry"), badgerstore.Options{})
	w.must(err)
	t.Cleanup(func() { w.must(w.store.Close()) })
	w.blobs, err = disk.New(filepath.Join(dir, "blobs"), disk.Options{})
	w.must(err)
	var dual []npm.Name
	for _, d := range o.dual {
		dual = append(dual, w.name(d.Name))
	}
	w.ledger, err = names.New(w.store, names.Options{Private: o.private, Dual: dual, Now: w.clock.Now})
	w.must(err)
	t.Cleanup(w.ledger.Close)
	w.accounts, err = accounts.New(w.store, accounts.Options{Key: bytes.Repeat([]byte{7}, 32), Now: w.clock.Now, Forwarding: true})
	w.must(err)
	private, err := signature.NewPrivate()
	w.must(err)
	w.keys, err = signature.NewRing(private)
	w.must(err)
	w.registry, err = registry.New(registry.Deps{Store: w.store, Accounts: w.accounts, Names: w.ledger, Blobs: w.blobs, Upstream: w.upstream,
		Catalog: w.index(), Logger: slog.New(slog.NewTextHandler(w.log, nil))},
		registry.Options{Now: w.clock.Now, Dual: o.dual, Publish: o.publish, Keys: w.keys})
	w.must(err)
	t.Cleanup(func() { w.must(w.registry.Close()) })
	w.populate()
	return w
}

// index makes an index of the store's packages that runs until the test ends.
func (w *world) index() *catalog.Index {
	w.t.Helper()
	x, err := catalog.New(w.store, catalog.Options{})
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := x.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(func() { cancel(); running.Wait() })
	return x
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// populate makes the group acme with the projects pub, int and prv and a member
// of each role, and strangers.
func (w *world) populate() {
	ctx := w.t.Context()
	token, _, err := w.accounts.Bootstrap(ctx, accounts.BootstrapInput{})
	w.must(err)
	w.people["root"] = w.signIn(accounts.Credential{Form: accounts.Bearer, Secret: token})
	w.people["anonymous"] = w.signIn(accounts.Credential{})
	g, err := w.accounts.CreateGroup(ctx, console, accounts.NewGroup{Path: "acme", Visibility: record.PublicVisibility})
	w.must(err)
	for path, visibility := range map[string]record.Visibility{"acme/pub": record.PublicVisibility,
		"acme/int": record.InternalVisibility, "acme/prv": record.PrivateVisibility} {
		_, err := w.accounts.CreateProject(ctx, console, accounts.NewProject{Path: path, Visibility: visibility})
		w.must(err)
		w.projects[path], err = w.accounts.Project(ctx, path)
		w.must(err)
	}
	for _, who := range []string{"guest", "reporter", "developer", "maintainer", "owner", "stranger"} {
		u, err := w.accounts.CreateUser(ctx, console, accounts.NewUser{Username: who, Name: who})
		w.must(err)
		if level, err := record.ParseAccessLevel(who); err == nil {
			w.must(w.accounts.SetMember(ctx, console, record.Member{
				Source: record.Source{Kind: record.GroupSource, ID: g.ID}, UserID: u.ID, Level: level}))
		}
		_, secret, err := w.accounts.CreateToken(ctx, console, accounts.NewToken{UserID: u.ID, Name: "test", Scopes: []string{"api"}})
		w.must(err)
		w.people[who] = w.signIn(accounts.Credential{Form: accounts.Bearer, Secret: secret})
	}
}

func (w *world) signIn(c accounts.Credential) registry.Caller {
	w.t.Helper()
	p, err := w.accounts.Authenticate(w.t.Context(), c, netip.MustParseAddr("192.0.2.1"))
	w.must(err)
	return registry.Caller{Principal: p, Address: "192.0.2.1"}
}

func (w *world) name(s string) npm.Name {
	w.t.Helper()
	n, err := npm.ParseName(s)
	w.must(err)
	return n
}

// in is the place of a project.
func in(path string) registry.Place { return registry.Place{Kind: registry.ProjectPlace, Ref: path} }

// put publishes a document.
func (w *world) put(who string, p registry.Place, d registrytest.Document) (registry.Written, error) {
	return w.send(w.people[who], p, d.Name, d.Body())
}

func (w *world) send(c registry.Caller, p registry.Place, name string, body []byte) (registry.Written, error) {
	put, err := w.registry.BeginPut(w.t.Context(), c, p, w.name(name))
	if err != nil {
		return registry.Written{}, err
	}
	return put.Run(w.t.Context(), registry.Body{Reader: bytes.NewReader(body)})
}

// publish publishes and must succeed.
func (w *world) publish(who string, p registry.Place, name, version string) {
	w.t.Helper()
	_, err := w.put(who, p, registrytest.Document{Name: name, Version: version})
	w.must(err)
}

// tarball reads a tarball as somebody.
func (w *world) tarball(who string, p registry.Place, name, file string) ([]byte, error) {
	l, err := w.registry.Locate(w.t.Context(), w.people[who], p, w.name(name))
	if err != nil {
		return nil, err
	}
	t, err := w.registry.Tarball(w.t.Context(), l, file)
	if err != nil {
		return nil, err
	}
	defer t.Body.Close()
	return io.ReadAll(t.Body)
}
