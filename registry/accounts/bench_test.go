package accounts

import (
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// BenchmarkAuthenticateToken is what every request with a token pays.
func BenchmarkAuthenticateToken(b *testing.B) {
	o := newOffice(b)
	u := o.user("kim", "")
	_, secret := o.token(NewToken{UserID: u.ID, CIDR: []string{"192.0.2.0/24"}})
	c := bearer(secret)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Authenticate(b.Context(), c, home); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthenticatePassword is what every request with a password pays
// after the first.
func BenchmarkAuthenticatePassword(b *testing.B) {
	o := newOffice(b)
	o.user("kim", "correct horse")
	c := Credential{Form: Basic, Username: "kim", Secret: "correct horse"}
	o.signIn(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Authenticate(b.Context(), c, home); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHash is what the first request with a password pays.
func BenchmarkHash(b *testing.B) {
	h, err := newDecoy()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h.matches("correct horse")
	}
}

func BenchmarkProjectAccess(b *testing.B) {
	o := newOffice(b)
	g := o.group("acme", record.PrivateVisibility)
	pr := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "")
	o.member(groupOf(g.ID), u, record.Developer)
	_, secret := o.token(NewToken{UserID: u.ID})
	p := o.signIn(bearer(secret))
	b.ReportAllocs()
	for b.Loop() {
		if !o.ProjectAccess(p, pr).Push {
			b.Fatal("refused")
		}
	}
}

// TestChecksDoNotAllocate keeps the hot way free of garbage.
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
