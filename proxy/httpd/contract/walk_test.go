package contract_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// TestWalk walks lists by keys, in every order and both directions, while other
// packages come and go: those that stay are seen once, and nothing is seen
// twice.
func TestWalk(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	const staying = 80
	var list []record.Package
	for i := range staying {
		list = append(list, record.Package{Name: fmt.Sprintf("stay-%d", i%40), Version: fmt.Sprint(i),
			Type: []record.PackageType{"npm", "maven", "generic"}[i%3]})
	}
	ids := w.seed("acme/pub", list[:staying/2]...)
	ids = append(ids, w.seed("acme/int", list[staying/2:]...)...)
	slices.Sort(ids)
	half := slices.Clone(ids[:staying/2])
	g := &guests{w: w}
	for _, place := range []struct {
		path   string
		orders []string
		want   []int64
	}{
		{w.packagesOf("acme/pub"), []string{"created_at", "name", "version", "type"}, half},
		{w.packagesBelow("acme"), []string{"created_at", "name", "version", "type", "project_path"}, ids},
	} {
		for _, order := range place.orders {
			for _, sort := range []string{"asc", "desc"} {
				g.walks(t, fmt.Sprintf("%s?pagination=keyset&per_page=7&order_by=%s&sort=%s", place.path, order, sort), place.want)
			}
		}
	}
}

// guests are packages that come and go among those that stay.
type guests struct {
	w     *world
	there []int64
	made  int
}

// disturb writes some and removes others, old and new ones, in one transaction.
func (g *guests) disturb(t *testing.T) {
	t.Helper()
	g.w.must(g.w.store.Update(t.Context(), func(tx record.Tx) error {
		for _, project := range []string{"acme/pub", "acme/int", "acme/pub"} {
			g.made++
			at := g.w.clock.Now()
			p, err := tx.Catalog().PutPackage(record.Package{ProjectID: g.w.projects[project], Type: "maven", Status: record.StatusDefault,
				Name: fmt.Sprintf("stay-%d-guest", g.made*7%40), Version: fmt.Sprint(g.made), CreatedAt: at, UpdatedAt: at})
			if err != nil {
				return err
			}
			g.there = append(g.there, p.ID)
		}
		for len(g.there) > 20 {
			gone := g.made * 11 % len(g.there)
			if err := tx.Catalog().RemovePackage(g.there[gone]); err != nil {
				return err
			}
			g.there = slices.Delete(g.there, gone, gone+1)
		}
		return nil
	}))
}

// walks follows a list to its end.
func (g *guests) walks(t *testing.T, path string, want []int64) {
	t.Helper()
	w := g.w
	a, seen, pages := get(path).as("guest"), map[int64]string{}, 0
	for more := true; more; pages++ {
		var page []item
		r := w.shows(t, a, &page)
		for _, i := range page {
			if seen[i.ID] != "" {
				t.Errorf("%s: %d comes twice", path, i.ID)
			}
			seen[i.ID] = i.Name
		}
		if r.Header.Get("X-Total") != "" {
			t.Fatalf("%s: a walk counts", path)
		}
		if pages%3 == 0 {
			g.disturb(t)
		}
		a, more = w.next(t, r, a)
	}
	var got []int64
	for id, name := range seen {
		if !strings.HasSuffix(name, "-guest") {
			got = append(got, id)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("%s: %d packages that stay in %d pages, want %d", path, len(got), pages, len(want))
	}
}

// TestCursorsTampered changes every letter of a cursor, and takes cursors to
// other lists.
func TestCursorsTampered(t *testing.T) {
	t.Parallel()
	w := newShelf(t)
	many := w.packagesOf("acme/many") + "?pagination=keyset&per_page=3"
	cursor := w.cursorOf(t, get(many))
	bad := wrong("cursor is invalid")
	for i := range cursor {
		for _, c := range []byte{'A', '_', '%'} {
			if cursor[i] == c {
				continue
			}
			other := cursor[:i] + string(c) + cursor[i+1:]
			w.answers(t, http.StatusBadRequest, bad, get(many+"&cursor="+url.QueryEscape(other)))
		}
		w.answers(t, http.StatusBadRequest, bad, get(many+"&cursor="+url.QueryEscape(cursor[:i]+"A")))
	}
	w.answers(t, http.StatusBadRequest, bad, get(many+"&order_by=name&cursor="+cursor))
	w.answers(t, http.StatusBadRequest, bad, get(many+"&sort=desc&cursor="+cursor))
	w.lists(t, "tool-003@1 tool-004@1 tool-005@1", get(many+"&cursor="+cursor))

	// A cursor of one list shows nothing but the other list in the other.
	ofVault := w.cursorOf(t, get(w.packagesOf("grp/beta")+"?pagination=keyset&per_page=1").as("admin"))
	for _, who := range []string{"", "stranger"} {
		w.lists(t, "a@1", get(w.packagesBelow("grp")+"?pagination=keyset&package_name=a&cursor="+ofVault).as(who))
		w.answers(t, http.StatusNotFound, message("404 Group Not Found"), get(w.packagesBelow("vault")+"?pagination=keyset&cursor="+ofVault).as(who))
	}
	lines := w.packagePath("acme/built", w.known["built"]) + "/pipelines?per_page=2"
	cursor = w.cursorOf(t, get(lines))
	for i := range cursor {
		r := w.do(t, get(lines+"&cursor="+url.QueryEscape(cursor[:i]+"!"+cursor[i+1:])))
		if r.StatusCode != http.StatusBadRequest || string(r.body) != bad {
			t.Errorf("letter %d: status %d (%s)", i, r.StatusCode, r.body)
		}
	}
	w.answers(t, http.StatusOK, "[]", get(w.packagePath("acme/built", w.known["bare"])+"/pipelines?cursor="+url.QueryEscape(cursor)))
}

// cursorOf reads the cursor that leads to the second page.
func (w *world) cursorOf(t *testing.T, a ask) string {
	t.Helper()
	r := w.status(t, http.StatusOK, a)
	u, err := url.Parse(r.link("next"))
	if err != nil || u.Query().Get("cursor") == "" {
		t.Fatalf("%s: Link %q", a.path, r.Header.Get("Link"))
	}
	return u.Query().Get("cursor")
}
