package registry_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TestDetailsOfOthers reads pages as somebody whose token is for some packages,
// and what has no page.
func TestDetailsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	w.publish("developer", in("acme/pub"), "tool", "1.0.0")
	pub := w.projects["acme/pub"]
	jar := w.seed(record.Package{ProjectID: pub.ID, Type: "maven", Name: "com/acme/jar", Version: "1"}, "x")
	failed := w.seed(record.Package{ProjectID: pub.ID, Type: "generic", Name: "failed", Version: "1", Status: record.StatusError}, "y")
	_, secret, err := w.accounts.CreateToken(t.Context(), console, accounts.NewToken{UserID: w.people["developer"].Principal.UserID,
		Name: "limited", Packages: []string{"@acme/*"}})
	w.must(err)
	limited := w.signIn(accounts.Credential{Form: accounts.Bearer, Secret: secret})
	tests := map[string]struct {
		limited bool
		id      int64
		want    error
	}{
		"any to a user":            {false, w.packageOf("acme/pub", "tool", "1.0.0").ID, nil},
		"another type to a user":   {false, jar.ID, nil},
		"what a token is for":      {true, w.packageOf("acme/pub", "@acme/lib", "1.0.0").ID, nil},
		"what it is not for":       {true, w.packageOf("acme/pub", "tool", "1.0.0").ID, npm.ErrForbidden},
		"a name that npm has not":  {true, jar.ID, npm.ErrForbidden},
		"a status without a page":  {false, failed.ID, npm.ErrNotFound},
		"a number that nobody has": {false, 1 << 40, npm.ErrNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := w.people["developer"]
			if tt.limited {
				c = limited
			}
			d, err := w.registry.Details(t.Context(), c, pub, tt.id)
			if !errors.Is(err, tt.want) || err == nil && d.Package.ID != tt.id {
				t.Errorf("got package %d, %v, want %v", d.Package.ID, err, tt.want)
			}
		})
	}
}
