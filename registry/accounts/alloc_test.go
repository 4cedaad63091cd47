//go:build !race

package accounts

import (
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// TestChecksDoNotAllocate keeps the hot way free of garbage. The race detector
// makes pools forget, so it is left out there.
func TestChecksDoNotAllocate(t *testing.T) {
	o := newOffice(t)
	g := o.group("acme", record.PrivateVisibility)
	pr := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "correct horse")
	o.member(groupOf(g.ID), u, record.Developer)
	_, secret := o.token(NewToken{UserID: u.ID})
	password := Credential{Form: Basic, Username: "kim", Secret: "correct horse"}
	p := o.signIn(bearer(secret))
	o.signIn(password)
	ctx := t.Context()
	for name, fn := range map[string]func(){
		"token":    func() { _, _ = o.Authenticate(ctx, bearer(secret), home) },
		"password": func() { _, _ = o.Authenticate(ctx, password, home) },
		"access":   func() { o.ProjectAccess(p, pr) },
		"project":  func() { _, _ = o.Project(ctx, "acme/app") },
	} {
		if n := testing.AllocsPerRun(200, fn); n > 0.5 {
			t.Errorf("%s allocates %.1f times", name, n)
		}
	}
}
