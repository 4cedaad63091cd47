package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/registrytest"
)

// TestTokenPatternsHold tries every write, and reading, of a package that the
// token of somebody with all rights is not for (G46).
func TestTokenPatternsHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place := t.Context(), in("acme/prv")
	w.publish("owner", place, "@acme/lib", "1.0.0")
	w.publish("owner", place, "@acme/tool", "1.0.0")
	_, secret, err := w.accounts.CreateToken(ctx, console, accounts.NewToken{UserID: w.people["owner"].Principal.UserID,
		Name: "tool", Packages: []string{"@acme/tool"}})
	w.must(err)
	c := w.signIn(accounts.Credential{Form: accounts.Bearer, Secret: secret})
	other := w.name("@acme/lib")
	rev := registry.Revision{Name: other, Rev: w.packument("owner", place, "@acme/lib").Rev}
	tag := registry.TagWrite{Name: other, Tag: "next", Version: "1.0.0"}
	for name, write := range map[string]func() error{
		"publish": func() error { _, err := w.registry.BeginPut(ctx, c, place, other); return err },
		"deprecate": func() error {
			_, err := w.registry.BeginPut(ctx, registry.Caller{Principal: c.Principal, Command: "deprecate"}, place, other)
			return err
		},
		"star":       func() error { return w.registry.SetStar(ctx, c, place, other, true) },
		"revise":     func() error { _, err := w.registry.BeginRevision(ctx, c, place, rev); return err },
		"delete":     func() error { _, err := w.registry.DeleteRevision(ctx, c, place, rev); return err },
		"file":       func() error { _, err := w.registry.DeleteFile(ctx, c, place, rev, "lib-1.0.0.tgz"); return err },
		"set tag":    func() error { return w.registry.SetTag(ctx, c, place, tag) },
		"remove tag": func() error { return w.registry.RemoveTag(ctx, c, place, tag) },
		"owner":      func() error { _, err := w.registry.BeginChange(ctx, c, place, other); return err },
		"access":     func() error { return w.registry.SetPublic(ctx, c, place, other, false) },
		"read":       func() error { _, err := w.registry.Locate(ctx, c, place, other); return err },
	} {
		if err := write(); !errors.Is(err, npm.ErrForbidden) {
			t.Errorf("%s: err = %v, want ErrForbidden", name, err)
		}
	}
	doc := registrytest.Document{Name: "@acme/tool", Version: "1.1.0"}
	if _, err := w.send(c, place, "@acme/tool", doc.Body()); err != nil {
		t.Errorf("publish of what the token is for: %v", err)
	}
	if doc := w.packument("owner", place, "@acme/lib"); doc.Rev != rev.Rev || strings.Contains(doc.Rev, " ") {
		t.Errorf("something was written: revision %s, was %s", doc.Rev, rev.Rev)
	}
}

// TestRefusalsAtTheRootTellOfTheMap looks for names.publish in the refusal of a
// name that went to local/npm because its scope is not mapped, and there alone.
func TestRefusalsAtTheRootTellOfTheMap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	tests := []struct {
		name, pkg string
		place     registry.Place
		want      string
	}{
		{"scope that is not mapped", "@new/lib", registry.Place{},
			"publishing needs the role developer in local/npm; yours is none; names.publish maps @new to no other project"},
		{"no scope", "lib", registry.Place{}, "publishing needs the role developer in local/npm; yours is none"},
		{"project named", "@new/lib", in("local/npm"), "publishing needs the role developer in local/npm; yours is none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.registry.BeginPut(t.Context(), w.people["developer"], tt.place, w.name(tt.pkg))
			if !errors.Is(err, npm.ErrForbidden) || text(err) != tt.want {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}
