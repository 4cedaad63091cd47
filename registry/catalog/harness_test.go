package catalog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/record"
)

func openStore(t testing.TB, opt badgerstore.Options) *badgerstore.Store {
	t.Helper()
	s, err := badgerstore.Open(t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// follow returns an index of a store that runs until the test ends. Its sizes
// are small, so that few rows come upon every border.
func follow(t testing.TB, s record.Store, few, chunk int) *Index {
	t.Helper()
	x, err := New(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	x.few, x.chunk = few, chunk
	run(t, x)
	return x
}

func run(t testing.TB, x *Index) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- x.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// world is a store and a model that is written alike.
type world struct {
	t      testing.TB
	rand   *rand.Rand
	store  *badgerstore.Store
	model  *model
	groups []int64
}

func newWorld(t testing.TB, seed uint64, opt badgerstore.Options) *world {
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, seed)), store: openStore(t, opt),
		model: &model{packages: map[int64]record.Package{}, paths: map[int64]string{}}}
	w.update(func(tx record.Tx) error {
		w.groups = nil
		for i := range 6 {
			g, err := tx.Spaces().PutGroup(record.Group{Path: fmt.Sprint("g", i), Name: "g", Visibility: record.PublicVisibility})
			if err != nil {
				return err
			}
			w.groups = append(w.groups, g.ID)
		}
		return nil
	})
	return w
}

func (w *world) update(fn func(record.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

var (
	someNames = []string{"@acme/lib", "@acme/Lib_x", "lib", "LIB", "100%", "a_b", "axb", `back\slash`, "lib.js", "Ünïcode", "two words", "@b/lib-core", "zlib"}
	someTypes = []record.PackageType{"npm", "npm", "npm", "npm", "maven", "conan", "terraform_module", "cargo"}
	statusSet = []record.Status{"default", "default", "default", "hidden", "processing", "error", "deprecated", "pending_destruction"}
	somePaths = []string{"app", "web", "lib", "npm"}
	searches  = []string{"", "", "LI", "acme lib", `"e/l"`, "%", "_", `\`, "lib lib", "ünï", `"two words"`, "words two", "nothing", "l"}
)

// someProject writes a project, a new one or one with another path.
func (w *world) someProject(tx record.Tx) error {
	p := record.Project{GroupID: pick(w.rand, w.groups), Name: "p", Visibility: record.PublicVisibility, Registry: record.RegistryEnabled}
	if len(w.model.paths) > 0 && w.rand.IntN(2) == 0 {
		var err error
		if p, err = tx.Spaces().Project(w.someID()); err != nil {
			return err
		}
	}
	p.Path = pick(w.rand, somePaths)
	before, err := tx.Spaces().ProjectByPath(fmt.Sprintf("g%d/%s", slices.Index(w.groups, p.GroupID), p.Path))
	if err == nil && before.ID != p.ID {
		return nil // the path is taken
	}
	if p, err = tx.Spaces().PutProject(p); err != nil {
		return err
	}
	w.model.paths[p.ID] = p.Path
	return nil
}

func (w *world) someID() int64 { return int64(1 + w.rand.IntN(len(w.model.paths))) }

func (w *world) somePackage() (record.Package, bool) {
	list := numbers(w.model.list(Query{All: true, Versionless: true, Statuses: statusSet}))
	if len(list) == 0 {
		return record.Package{}, false
	}
	return w.model.packages[pick(w.rand, list)], true
}

func (w *world) newPackage(tx record.Tx) error {
	version := fmt.Sprintf("%d.%d.0", w.rand.IntN(12), w.rand.IntN(3))
	p := record.Package{ProjectID: w.someID(), Type: pick(w.rand, someTypes), Name: pick(w.rand, someNames), Version: version,
		Status: pick(w.rand, statusSet), CreatedAt: time.UnixMicro(1e15 + w.rand.Int64N(40)).UTC()}
	if p.Type != record.NPM && w.rand.IntN(3) == 0 {
		p.Version = ""
	}
	for _, other := range w.model.packages {
		if other.ProjectID == p.ProjectID && other.Type == p.Type && other.Name == p.Name && other.Version == p.Version {
			return nil
		}
	}
	return w.put(tx, p)
}

func (w *world) put(tx record.Tx, p record.Package) error {
	p, err := tx.Catalog().PutPackage(p)
	if err == nil {
		w.model.packages[p.ID] = p
	}
	return err
}

// change writes a few things at random in one transaction.
func (w *world) change() {
	w.t.Helper()
	w.update(func(tx record.Tx) error {
		err := w.someProject(tx)
		for range 1 + w.rand.IntN(12) {
			err = errors.Join(err, w.changeOne(tx))
		}
		return err
	})
}

func (w *world) changeOne(tx record.Tx) error {
	old, ok := w.somePackage()
	switch dice := w.rand.IntN(20); {
	case dice < 3 && ok:
		delete(w.model.packages, old.ID)
		return tx.Catalog().RemovePackage(old.ID)
	case dice < 7 && ok:
		old.Status, old.Hollow = pick(w.rand, statusSet), w.rand.IntN(3) == 0
		return w.put(tx, old)
	case dice == 7 && ok:
		old.CreatedAt = time.UnixMicro(1e15 + w.rand.Int64N(40)).UTC()
		return w.put(tx, old)
	case dice == 8 && ok:
		return tx.Catalog().PutHolding(record.Holding{ProjectID: old.ProjectID, Name: old.Name})
	}
	return w.newPackage(tx)
}

// someQuery asks for anything.
func (w *world) someQuery() Query {
	q := Query{All: w.rand.IntN(3) == 0, Search: pick(w.rand, searches), Order: Order(w.rand.IntN(5)), Desc: w.rand.IntN(2) == 0,
		Versionless: w.rand.IntN(2) == 0}
	for id := range int64(len(w.model.paths) + 2) {
		if w.rand.IntN(2) == 0 {
			q.Projects = append(q.Projects, id+1)
		}
	}
	if w.rand.IntN(3) == 0 {
		q.Type = pick(w.rand, someTypes)
	}
	if w.rand.IntN(4) == 0 {
		q.Name = pick(w.rand, someNames)
	}
	if w.rand.IntN(4) == 0 {
		q.Version = fmt.Sprintf("%d.0.0", w.rand.IntN(12))
	}
	if w.rand.IntN(3) == 0 {
		q.Statuses = statusSet[w.rand.IntN(4):][:1+w.rand.IntN(4)]
	}
	return q
}
