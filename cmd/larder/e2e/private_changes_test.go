package e2e

import (
	"maps"
	"testing"
)

// hasTags checks all tags of a package.
func (d *desk) hasTags(t *testing.T, name string, want map[string]string) {
	t.Helper()
	if doc, _ := d.team.read(t, name); !maps.Equal(doc.Tags, want) {
		t.Errorf("the tags of %s are %v, want %v", name, doc.Tags, want)
	}
}

// tags adds a tag, lists all and removes one.
func (d *desk) tags(t *testing.T) {
	t.Helper()
	if !d.has("tag add") {
		return
	}
	d.run(t, "tag add", words{name: scopedName, version: "1.1.0", tag: "beta"})
	d.hasTags(t, scopedName, map[string]string{"latest": "1.0.0", "next": "1.1.0", "beta": "1.1.0"})
	d.shows(t, "beta", "tag ls", words{name: scopedName})
	d.run(t, "tag rm", words{name: scopedName, tag: "beta"})
	d.hasTags(t, scopedName, map[string]string{"latest": "1.0.0", "next": "1.1.0"})
	d.run(t, "tag add", words{name: plainName, version: "1.0.0", tag: "stable"})
	d.hasTags(t, plainName, map[string]string{"latest": "1.0.0", "stable": "1.0.0"})
}

// deprecates a version and takes it back.
func (d *desk) deprecates(t *testing.T) {
	t.Helper()
	if !d.has("deprecate") {
		return
	}
	w := words{name: scopedName, version: "1.0.0", text: "take 1.1.0"}
	d.run(t, "deprecate", w)
	doc, _ := d.team.read(t, scopedName)
	if got := doc.Versions["1.0.0"].Deprecated; got != w.text {
		t.Errorf("deprecated is %q, want %q", got, w.text)
	}
	if got := doc.Versions["1.1.0"].Deprecated; got != "" {
		t.Errorf("the other version is deprecated too: %q", got)
	}
	d.shows(t, w.text, "view", w)
	d.run(t, "undeprecate", w)
	if doc, _ = d.team.read(t, scopedName); doc.Versions["1.0.0"].Deprecated != "" {
		t.Errorf("still deprecated: %q", doc.Versions["1.0.0"].Deprecated)
	}
}

// owns lists, adds and removes owners.
func (d *desk) owns(t *testing.T) {
	t.Helper()
	w := words{name: scopedName, user: mate}
	if d.has("owner ls") {
		d.shows(t, person, "owner ls", w)
	}
	if !d.has("owner add") {
		return
	}
	d.run(t, "owner add", w)
	if doc, _ := d.team.read(t, scopedName); !doc.owns(mate) || !doc.owns(person) {
		t.Errorf("the owners are %v after one was added", doc.Owners)
	}
	d.shows(t, mate, "owner ls", w)
	d.run(t, "owner rm", w)
	if doc, _ := d.team.read(t, scopedName); doc.owns(mate) || !doc.owns(person) {
		t.Errorf("the owners are %v after one was removed", doc.Owners)
	}
}

// stars likes a package and no longer.
func (d *desk) stars(t *testing.T) {
	t.Helper()
	if !d.has("star") {
		return
	}
	w := words{name: scopedName}
	d.run(t, "star", w)
	if doc, _ := d.team.read(t, scopedName); !doc.Users[person] {
		t.Errorf("starred by %v, want %s", doc.Users, person)
	}
	d.shows(t, scopedName, "stars", w)
	if !d.has("unstar") {
		return
	}
	d.run(t, "unstar", w)
	if doc, _ := d.team.read(t, scopedName); doc.Users[person] {
		t.Error("still starred")
	}
}

// accesses asks who may do what.
func (d *desk) accesses(t *testing.T) {
	t.Helper()
	w := words{name: scopedName}
	if d.has("access status") {
		d.shows(t, d.hidden, "access status", w)
	}
	if d.has("access packages") {
		d.shows(t, scopedName+": "+d.writes, "access packages", w)
	}
	if d.has("access people") {
		d.shows(t, mate+": read-only", "access people", w)
		d.shows(t, person+": read-write", "access people", w)
	}
}

// unpublishes a version, and then all.
func (d *desk) unpublishes(t *testing.T) {
	t.Helper()
	if !d.has("unpublish") {
		return
	}
	d.run(t, "unpublish version", scoped("1.0.0"))
	doc, _ := d.team.read(t, scopedName)
	if _, there := doc.Versions["1.0.0"]; there || len(doc.Versions) != 1 {
		t.Errorf("the versions are %v after one was deleted", doc.Versions)
	}
	d.hasTags(t, scopedName, map[string]string{"latest": "1.1.0", "next": "1.1.0"})
	d.run(t, "unpublish", scoped(""))
	if _, there := d.team.read(t, scopedName); there {
		t.Error("the package is still there after all of it was deleted")
	}
}
