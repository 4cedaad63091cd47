package registry_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// as is a person with the header of a command.
func (w *world) as(who, command string) registry.Caller {
	c := w.people[who]
	c.Command = command
	return c
}

func TestDeprecate(t *testing.T) {
	t.Parallel()
	whole := `{"_id":"@acme/lib","_rev":"1-0","name":"@acme/lib","dist-tags":{"latest":"2.0.0"},"versions":{` +
		`"1.0.0":{"name":"@acme/lib","version":"1.0.0","deprecated":%q,"dist":{"tarball":"http://evil.example.com/x.tgz","shasum":"00"}},` +
		`"2.0.0":{"name":"@acme/lib","version":"2.0.0","dist":{}}}}`
	touched := `{"versions":{"1.0.0":{"deprecated":%q}}}`
	for name, tt := range map[string]struct{ command, body string }{
		"by the whole document":            {"deprecate", whole},
		"by the versions touched":          {"deprecate", touched},
		"without the header of a command":  {"", whole},
		"of one version, without a header": {"", touched},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			place := in("acme/pub")
			w.publish("developer", place, "@acme/lib", "1.0.0")
			w.publish("developer", place, "@acme/lib", "2.0.0")
			before := w.packument("guest", place, "@acme/lib")
			if _, err := w.send(w.as("developer", tt.command), place, "@acme/lib", fmt.Appendf(nil, tt.body, "old")); !errors.Is(err, npm.ErrForbidden) {
				t.Errorf("as developer: %v", err)
			}
			_, err := w.send(w.as("maintainer", tt.command), place, "@acme/lib", fmt.Appendf(nil, tt.body, "old"))
			w.must(err)
			after := w.packument("guest", place, "@acme/lib")
			if after.Versions["1.0.0"]["deprecated"] != "old" || after.Versions["2.0.0"]["deprecated"] != nil || after.Rev == before.Rev {
				t.Errorf("after = %+v", after)
			}
			if fmt.Sprint(after.Versions["1.0.0"]["dist"]) != fmt.Sprint(before.Versions["1.0.0"]["dist"]) {
				t.Error("deprecating changed the dist")
			}
			_, err = w.send(w.as("maintainer", tt.command), place, "@acme/lib", fmt.Appendf(nil, tt.body, ""))
			w.must(err)
			if after := w.packument("guest", place, "@acme/lib"); after.Versions["1.0.0"]["deprecated"] != nil {
				t.Errorf("undeprecated = %+v", after.Versions["1.0.0"])
			}
		})
	}
}

func TestDeprecateNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	_, err := w.send(w.as("maintainer", "deprecate"), in("acme/pub"), "@acme/lib",
		[]byte(`{"versions":{"1.0.0":{"name":"@acme/lib","version":"1.0.0"}}}`))
	if !errors.Is(err, npm.ErrInvalid) || text(err) != `"package versions to deprecate" not given` {
		t.Errorf("err = %v", err)
	}
}

func TestStarAndOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place := in("acme/pub")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	_, err := w.send(w.as("guest", "star"), place, "@acme/lib", []byte(`{"_id":"@acme/lib","_rev":"1-0","users":{"guest":true,"owner":true}}`))
	w.must(err)
	if doc := w.packument("guest", place, "@acme/lib"); !doc.Users["guest"] || doc.Users["owner"] {
		t.Errorf("users = %v", doc.Users)
	}
	if list, err := w.registry.Starred(t.Context(), w.people["guest"], "guest"); err != nil || len(list) != 1 {
		t.Errorf("starred = %v, %v", list, err)
	}
	_, err = w.send(w.as("guest", "star"), place, "@acme/lib", []byte(`{"_id":"@acme/lib","_rev":"1-0","users":{}}`))
	w.must(err)
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Users) != 0 {
		t.Errorf("users = %v", doc.Users)
	}
	rev := registry.Revision{Name: w.name("@acme/lib"), Rev: w.packument("guest", place, "@acme/lib").Rev}
	for who, want := range map[string]error{"developer": npm.ErrForbidden, "maintainer": nil} {
		put, err := w.registry.BeginRevision(t.Context(), w.people[who], place, rev)
		if err == nil {
			_, err = put.Run(t.Context(), registry.Body{Reader: strings.NewReader(
				`{"_id":"@acme/lib","_rev":"` + rev.Rev + `","maintainers":[{"name":"developer"},{"name":"owner","email":"o@example.com"}]}`)})
		}
		if want != nil && !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.People) != 2 || doc.People[1].Name != "owner" {
		t.Errorf("maintainers = %v", doc.People)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place, ctx, name := in("acme/pub"), t.Context(), w.name("@acme/lib")
	for _, v := range []string{"1.0.0", "2.0.0", "3.0.0-rc.1"} {
		d := registrytest.Document{Name: "@acme/lib", Version: v}
		if v == "3.0.0-rc.1" {
			d.Tag = "next"
		}
		_, err := w.put("developer", place, d)
		w.must(err)
	}
	tests := []struct {
		name, who, tag, version string
		remove                  bool
		kind                    error
		text                    string
	}{
		{"a new tag", "developer", "stable", "1.0.0", false, nil, ""},
		{"moved", "developer", "stable", "2.0.0", false, nil, ""},
		{"as guest", "guest", "stable", "2.0.0", false, npm.ErrForbidden, "role developer"},
		{"as nobody", "anonymous", "stable", "2.0.0", false, npm.ErrUnauthenticated, ""},
		{"blank version", "developer", "stable", " ", false, npm.ErrInvalid, `"Version" not given`},
		{"blank tag", "developer", " ", "1.0.0", false, npm.ErrInvalid, `"Tag" not given`},
		{"unknown version", "developer", "stable", "9.0.0", false, npm.ErrNotFound, "Package not found"},
		{"a range as a tag", "developer", "1.x", "1.0.0", false, npm.ErrInvalid, "SemVer"},
		{"latest backward", "maintainer", "latest", "1.0.0", false, npm.ErrForbidden, "latest may not move from 2.0.0 to 1.0.0"},
		{"latest forward", "developer", "latest", "3.0.0-rc.1", false, nil, ""},
		{"removed as developer", "developer", "stable", "", true, npm.ErrForbidden, "role maintainer"},
		{"removed", "maintainer", "stable", "", true, nil, ""},
		{"removed twice", "maintainer", "stable", "", true, npm.ErrNotFound, "Package tag not found"},
		{"latest removed", "maintainer", "latest", "", true, nil, ""},
	}
	for _, tt := range tests {
		write := registry.TagWrite{Name: name, Tag: tt.tag, Version: tt.version}
		var err error
		if tt.remove {
			err = w.registry.RemoveTag(ctx, w.people[tt.who], place, write)
		} else {
			err = w.registry.SetTag(ctx, w.people[tt.who], place, write)
		}
		if tt.kind != nil && !errors.Is(err, tt.kind) || tt.kind == nil && err != nil || err != nil && !strings.Contains(text(err), tt.text) {
			t.Errorf("%s: %v, want %v %q", tt.name, err, tt.kind, tt.text)
		}
	}
	if doc := w.packument("guest", place, "@acme/lib"); fmt.Sprint(doc.Tags) != "map[latest:3.0.0-rc.1 next:3.0.0-rc.1]" {
		t.Errorf("tags = %v", doc.Tags)
	}
}

// TestLatestDoesNotFallBack publishes a fix of an old line (X18).
func TestLatestDoesNotFallBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, v := range []string{"2.0.0", "1.0.1", "2.0.1", "2.0.0-rc.1"} {
		w.publish("developer", in("acme/pub"), "@acme/lib", v)
	}
	if doc := w.packument("guest", in("acme/pub"), "@acme/lib"); doc.Tags["latest"] != "2.0.1" || len(doc.Versions) != 4 {
		t.Errorf("document = %+v", doc)
	}
}

// TestProtectionHolds tries every write against a rule that asks for owners
// (G45).
func TestProtectionHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place, ctx, name := in("acme/pub"), t.Context(), w.name("@acme/lib")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	w.publish("developer", place, "@acme/free", "1.0.0")
	pattern, push, remove := "@acme/l*", record.Owner, record.Owner
	if _, err := w.registry.CreateRule(ctx, w.people["developer"], "acme/pub", registry.RuleInput{Pattern: &pattern, Push: &push}); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("rule by a developer: %v", err)
	}
	_, err := w.registry.CreateRule(ctx, w.people["maintainer"], "acme/pub", registry.RuleInput{Pattern: &pattern, Push: &push, Delete: &remove})
	w.must(err)
	rev := registry.Revision{Name: name, Rev: w.packument("guest", place, "@acme/lib").Rev}
	maintainer := w.people["maintainer"]
	writes := map[string]func() error{
		"publish": func() error {
			_, err := w.put("maintainer", place, registrytest.Document{Name: "@acme/lib", Version: "1.0.1"})
			return err
		},
		"deprecate": func() error {
			_, err := w.send(w.as("maintainer", "deprecate"), place, "@acme/lib", []byte(`{"versions":{"1.0.0":{"deprecated":"x"}}}`))
			return err
		},
		"star": func() error { return w.registry.SetStar(ctx, maintainer, place, name, true) },
		"tag": func() error {
			return w.registry.SetTag(ctx, maintainer, place, registry.TagWrite{Name: name, Tag: "x", Version: "1.0.0"})
		},
		"untag": func() error {
			return w.registry.RemoveTag(ctx, maintainer, place, registry.TagWrite{Name: name, Tag: "latest"})
		},
		"revision":  func() error { _, err := w.registry.BeginRevision(ctx, maintainer, place, rev); return err },
		"unpublish": func() error { _, err := w.registry.DeleteRevision(ctx, maintainer, place, rev); return err },
		"file": func() error {
			_, err := w.registry.DeleteFile(ctx, maintainer, place, rev, "lib-1.0.0.tgz")
			return err
		},
		"delete": func() error { _, err := w.registry.Delete(ctx, maintainer, place, name, "1.0.0"); return err },
		"access": func() error { return w.registry.SetPublic(ctx, maintainer, place, name, true) },
	}
	for what, do := range writes {
		if err := do(); !errors.Is(err, npm.ErrForbidden) || !strings.Contains(text(err), "protected.") {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.publish("owner", place, "@acme/lib", "1.0.1")
	w.publish("developer", place, "@acme/free", "1.0.1")
}
