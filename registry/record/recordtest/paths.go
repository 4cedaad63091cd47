package recordtest

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// leads expects which group or project each path leads to; zero means none.
func leads(t *testing.T, s record.Store, kind record.SourceKind, want map[string]int64) {
	t.Helper()
	view(t, s, func(tx record.Tx) error {
		t.Helper()
		for path, id := range want {
			got, err := leadsTo(tx, kind, path)
			if id == 0 && !errors.Is(err, npm.ErrNotFound) || id != 0 && (err != nil || got != id) {
				t.Errorf("%s at %q is %d, %v, want %d", kind, path, got, err, id)
			}
		}
		return nil
	})
}

func leadsTo(tx record.Tx, kind record.SourceKind, path string) (int64, error) {
	if kind == record.GroupSource {
		g, err := tx.Spaces().GroupByPath(path)
		return g.ID, err
	}
	p, err := tx.Spaces().ProjectByPath(path)
	return p.ID, err
}

func paths(t *testing.T, s record.Store) {
	acme, acmeWeb := newGroup(t, s, 0, "Acme"), newGroup(t, s, 0, "acme-web")
	web := newGroup(t, s, acme.ID, "web")
	app := newProject(t, s, web.ID, "App_1")
	leads(t, s, record.GroupSource, map[string]int64{"acme": acme.ID, "ACME": acme.ID, "acme-web": acmeWeb.ID, "Acme/Web": web.ID,
		"": 0, "/": 0, "acme/": 0, "/acme": 0, "acme//web": 0, "acm": 0, "acme/we": 0, "web": 0, "acme/web/app_1": 0,
		"acme\x00": 0, "acme/web\x00": 0, "a\u212Ame": 0})
	leads(t, s, record.ProjectSource, map[string]int64{"acme/web/app_1": app.ID, "ACME/WEB/APP_1": app.ID, "acme/web": 0, "acme/web/app": 0,
		"acme/web/app_1/x": 0, "app_1": 0, "": 0})
	k := newGroup(t, s, 0, "k")
	leads(t, s, record.GroupSource, map[string]int64{"K": k.ID, "\u212A": 0}) // the Kelvin sign is a K in lower case
}

func earlierPaths(t *testing.T, s record.Store) {
	a, c := newGroup(t, s, 0, "a"), newGroup(t, s, 0, "c")
	sub, ab := newGroup(t, s, a.ID, "sub"), newGroup(t, s, 0, "ab")
	x, y := newProject(t, s, sub.ID, "x"), newProject(t, s, a.ID, "y")
	a.Path = "B"
	update(t, s, putGroup(a))
	leads(t, s, record.GroupSource, map[string]int64{"a": a.ID, "b": a.ID, "a/sub": sub.ID, "b/sub": sub.ID, "ab": ab.ID})
	leads(t, s, record.ProjectSource, map[string]int64{"a/sub/x": x.ID, "A/Sub/X": x.ID, "b/sub/x": x.ID, "a/y": y.ID, "a": 0, "a/sub": 0, "ab/y": 0})
	same(t, s, "B/sub/x", func(tx record.Tx) (string, error) {
		p, err := tx.Spaces().ProjectByPath("a/sub/x")
		return p.FullPath, err
	})

	x.GroupID, x.Path = c.ID, "z"
	update(t, s, putProject(x))
	leads(t, s, record.ProjectSource, map[string]int64{"c/z": x.ID, "b/sub/x": x.ID, "a/sub/x": x.ID, "c/x": 0})
	sub.ParentID = c.ID
	update(t, s, putGroup(sub))
	leads(t, s, record.GroupSource, map[string]int64{"c/sub": sub.ID, "b/sub": sub.ID, "a/sub": sub.ID})
	leads(t, s, record.ProjectSource, map[string]int64{"c/z": x.ID, "b/sub/x": x.ID})

	// Who takes a path takes all that it led to.
	again := newGroup(t, s, 0, "a")
	leads(t, s, record.GroupSource, map[string]int64{"a": again.ID, "a/sub": 0, "b": a.ID})
	leads(t, s, record.ProjectSource, map[string]int64{"a/y": 0, "b/y": y.ID})
	y2 := newProject(t, s, c.ID, "y")
	y.GroupID, y.Path = ab.ID, "y"
	update(t, s, putProject(y))
	leads(t, s, record.ProjectSource, map[string]int64{"ab/y": y.ID, "b/y": y.ID, "c/y": y2.ID})
	newGroup(t, s, a.ID, "y")
	leads(t, s, record.ProjectSource, map[string]int64{"b/y": 0})

	// There and back, and only another case.
	a.Path = "b2"
	update(t, s, putGroup(a))
	a.Path = "b"
	update(t, s, putGroup(a))
	leads(t, s, record.GroupSource, map[string]int64{"b": a.ID, "b2": a.ID, "b2/sub": 0, "b/none": 0})
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveProject(x.ID) })
	leads(t, s, record.ProjectSource, map[string]int64{"c/z": 0, "b/sub/x": 0})
}
