package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// TestCommandHeaderGivesNoRights sends publishes that claim to be something
// that fewer rights would do for.
func TestCommandHeaderGivesNoRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place := in("acme/pub")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	evil := registrytest.Document{Name: "@acme/lib", Version: "6.6.6"}
	bare := evil
	bare.Change = func(doc map[string]any) { doc["_attachments"] = map[string]any{"lib": map[string]any{"data": ""}} }
	long := evil
	long.Tarball = make([]byte, 256<<10)
	begun := long.Body()[:128<<10]
	for name, tt := range map[string]struct {
		who, command string
		body         []byte
	}{
		"a guest stars":                        {"guest", "star", evil.Body()},
		"a guest takes a star back":            {"guest", "unstar", evil.Body()},
		"a reporter stars":                     {"reporter", "star", evil.Body()},
		"a stranger stars":                     {"stranger", "star", evil.Body()},
		"without a tarball":                    {"guest", "star", bare.Body()},
		"refused before the tarball has come":  {"guest", "star", begun},
		"a guest who deprecates":               {"guest", "deprecate", evil.Body()},
		"a word that only looks like starring": {"guest", "star ", evil.Body()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.send(w.as(tt.who, tt.command), place, "@acme/lib", tt.body); !errors.Is(err, npm.ErrForbidden) {
				t.Errorf("err = %v, want ErrForbidden", err)
			}
			if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 1 {
				t.Errorf("versions = %v", doc.Versions)
			}
		})
	}
}

// TestProtectionIgnoresCase publishes names that differ from protected ones in
// case alone: GitLab compares patterns without it, and whoever has the one
// spelling keeps the others from everybody.
func TestProtectionIgnoresCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place, pattern, push := in("acme/pub"), "@acme/Core*", record.Maintainer
	_, err := w.registry.CreateRule(t.Context(), w.people["owner"], "acme/pub", registry.RuleInput{Pattern: &pattern, Push: &push})
	w.must(err)
	for _, name := range []string{"@acme/core", "@Acme/core", "@ACME/CORE-x"} {
		if _, err := w.put("developer", place, registrytest.Document{Name: name, Version: "1.0.0"}); !errors.Is(err, npm.ErrForbidden) {
			t.Errorf("%s: err = %v, want ErrForbidden", name, err)
		}
	}
	w.publish("developer", place, "@acme/other", "1.0.0")
}

// TestRevisionMayNeedMore takes a version out of a document: who may change a
// package may not do that where a rule keeps deleting to others (G45).
func TestRevisionMayNeedMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place := t.Context(), in("acme/pub")
	for _, version := range []string{"1.0.0", "1.1.0"} {
		w.publish("developer", place, "@acme/lib", version)
	}
	pattern, level := "@acme/*", record.Owner
	_, err := w.registry.CreateRule(ctx, w.people["maintainer"], "acme/pub", registry.RuleInput{Pattern: &pattern, Delete: &level})
	w.must(err)
	for _, who := range []string{"maintainer", "owner"} {
		rev := registry.Revision{Name: w.name("@acme/lib"), Rev: w.packument("guest", place, "@acme/lib").Rev}
		put, err := w.registry.BeginRevision(ctx, w.people[who], place, rev)
		w.must(err)
		_, err = put.Run(ctx, registry.Body{Reader: strings.NewReader(`{"versions":{"1.1.0":{}}}`)})
		if want := who == "owner"; (err == nil) != want || !want && !errors.Is(err, npm.ErrForbidden) {
			t.Errorf("%s: err = %v", who, err)
		}
	}
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 1 {
		t.Errorf("versions = %v", doc.Versions)
	}
}
