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
