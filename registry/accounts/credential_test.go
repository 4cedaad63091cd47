package accounts

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TestForms is every form of credential with every kind of secret.
func TestForms(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 1000 })
	o.group("acme", record.PrivateVisibility)
	pr := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "correct horse")
	o.member(projectOf(pr.ID), u, record.Developer)
	_, personal := o.token(NewToken{UserID: u.ID})
	dt, deploy := o.deploy(projectOf(pr.ID), ScopeReadRegistry)
	_, job, err := o.CreatePipeline(t.Context(), o.signIn(bearer(personal)), pr, NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	tests := []struct {
		name string
		c    Credential
		want string // key and kind of the principal; empty: refused
	}{
		{"nothing", Credential{}, "anonymous 0"},
		{"bearer personal", bearer(personal), "user/1 1"},
		{"bearer deploy", bearer(deploy), "deploy/2 2"},
		{"bearer job", bearer(job), "user/1 3"},
		{"bearer password", bearer("correct horse"), ""},
		{"private personal", Credential{Form: PrivateToken, Secret: personal}, "user/1 1"},
		{"private deploy", Credential{Form: PrivateToken, Secret: deploy}, ""},
		{"private job", Credential{Form: PrivateToken, Secret: job}, ""},
		{"job personal", Credential{Form: JobToken, Secret: personal}, ""},
		{"job deploy", Credential{Form: JobToken, Secret: deploy}, ""},
		{"job job", Credential{Form: JobToken, Secret: job}, "user/1 3"},
		{"deploy personal", Credential{Form: DeployToken, Secret: personal}, ""},
		{"deploy deploy", Credential{Form: DeployToken, Secret: deploy}, "deploy/2 2"},
		{"deploy job", Credential{Form: DeployToken, Secret: job}, ""},
		{"basic password", Credential{Form: Basic, Username: "kim", Secret: "correct horse"}, "user/1 1"},
		{"basic password, capitals", Credential{Form: Basic, Username: "KIM", Secret: "correct horse"}, "user/1 1"},
		{"basic wrong password", Credential{Form: Basic, Username: "kim", Secret: "Correct horse"}, ""},
		{"basic unknown user", Credential{Form: Basic, Username: "pat", Secret: "correct horse"}, ""},
		{"basic no user", Credential{Form: Basic, Secret: "correct horse"}, ""},
		{"basic NUL user", Credential{Form: Basic, Username: "kim\x00", Secret: "correct horse"}, ""},
		{"basic personal", Credential{Form: Basic, Username: "anybody", Secret: personal}, "user/1 1"},
		{"basic personal, no user", Credential{Form: Basic, Secret: personal}, "user/1 1"},
		{"basic deploy", Credential{Form: Basic, Username: dt.Username, Secret: deploy}, "deploy/2 2"},
		{"basic deploy, other user", Credential{Form: Basic, Username: "kim", Secret: deploy}, ""},
		{"basic job", Credential{Form: Basic, Username: "gitlab-ci-token", Secret: job}, "user/1 3"},
		{"empty", bearer(""), ""},
		{"unknown", bearer("unknown"), ""},
		{"cut", bearer(personal[:len(personal)-1]), ""},
		{"longer", bearer(personal + "x"), ""},
		{"endless", bearer(strings.Repeat("x", 1<<20)), ""},
	}
	for _, tt := range tests {
		for _, again := range []string{"", ", again"} {
			t.Run(tt.name+again, func(t *testing.T) {
				p, err := o.Authenticate(t.Context(), tt.c, home)
				if tt.want == "" {
					if !errors.Is(err, npm.ErrUnauthenticated) || text(err) == "" || p != nil {
						t.Errorf("Authenticate = %+v, %v", p, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := p.Key() + " " + string('0'+rune(p.Kind)); got != tt.want {
					t.Errorf("principal %s, want %s", got, tt.want)
				}
			})
		}
	}
}

func TestDamagedTokenIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	secret, err := NewSecret(record.PersonalToken)
	o.must(err)
	if _, err := o.Authenticate(t.Context(), bearer(secret[:20]), home); !strings.Contains(text(err), "damaged") {
		t.Errorf("cut token: %q", text(err))
	}
	if _, err := o.Authenticate(t.Context(), bearer(secret), home); !strings.Contains(text(err), "unknown") {
		t.Errorf("unknown token: %q", text(err))
	}
}

// TestTokensEnd: each way in which a token ends, found out at the next request
// although the token was remembered, and with a text that says which.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(*office, record.Token, string)
		want string
	}{
		{"revoked", func(o *office, tok record.Token, _ string) {
			o.must(o.RevokeToken(o.tb.Context(), operator, tok.ID))
		}, "revoked"},
		{"logged out", func(o *office, _ record.Token, secret string) {
			o.must(o.RevokeSecret(o.tb.Context(), operator, secret))
		}, "revoked"},
		{"expired", func(o *office, _ record.Token, _ string) { o.clock.Move(time.Hour) }, "expired"},
		{"user blocked", func(o *office, tok record.Token, _ string) {
			o.must(o.BlockUser(o.tb.Context(), operator, tok.UserID))
		}, "blocked"},
		{"user removed", func(o *office, tok record.Token, _ string) {
			o.must(o.RemoveUser(o.tb.Context(), operator, tok.UserID))
		}, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			u := o.user("kim", "")
			tok, secret := o.token(NewToken{UserID: u.ID, ExpiresAt: o.clock.Now().Add(time.Hour)})
			o.signIn(bearer(secret))
			o.clock.Move(time.Hour - time.Nanosecond)
			o.signIn(bearer(secret))
			tt.end(o, tok, secret)
			_, err := o.Authenticate(t.Context(), bearer(secret), home)
			if !errors.Is(err, npm.ErrUnauthenticated) || !strings.Contains(text(err), tt.want) {
				t.Errorf("Authenticate: %v, want %q", err, tt.want)
			}
			_, err = o.Authenticate(t.Context(), Credential{Form: Basic, Username: "kim", Secret: secret}, home)
			if !errors.Is(err, npm.ErrUnauthenticated) {
				t.Errorf("Authenticate by Basic: %v", err)
			}
		})
	}
}

func TestUnblockedUserIsBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "correct horse")
	_, secret := o.token(NewToken{UserID: u.ID})
	password := Credential{Form: Basic, Username: "kim", Secret: "correct horse"}
	o.signIn(password)
	o.must(o.BlockUser(t.Context(), operator, u.ID))
	for _, c := range []Credential{bearer(secret), password, {Form: Basic, Username: "kim", Secret: "wrong horse"}} {
		if _, err := o.Authenticate(t.Context(), c, home); !errors.Is(err, npm.ErrUnauthenticated) {
			t.Errorf("blocked: %v", err)
		}
	}
	o.must(o.UnblockUser(t.Context(), operator, u.ID))
	o.signIn(bearer(secret))
	o.signIn(password)
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cidr, from string
		want       bool
	}{
		{"192.0.2.0/24", "192.0.2.1", true},
		{"192.0.2.0/24", "::ffff:192.0.2.1", true},
		{"192.0.2.0/24", "192.0.3.1", false},
		{"192.0.2.0/24", "::ffff:192.0.3.1", false},
		{"192.0.2.0/24", "2001:db8::1", false},
		{"::ffff:192.0.2.0/120", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::/32", "2001:db8::1", true},
		{"2001:db8::/32", "2001:db8::1%eth0", true},
		{"2001:db8::/32", "2001:db9::1", false},
		{"::/0", "192.0.2.1", false},
		{"0.0.0.0/0", "::ffff:192.0.2.1", true},
		{"0.0.0.0/0", "", false},
	}
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 100 })
	u := o.user("kim", "")
	for _, tt := range tests {
		t.Run(tt.cidr+" from "+tt.from, func(t *testing.T) {
			from, err := netip.ParseAddr(tt.from)
			if err != nil && tt.from != "" {
				t.Fatal(err)
			}
			_, secret := o.token(NewToken{UserID: u.ID, CIDR: []string{"203.0.113.0/24", tt.cidr}})
			_, err = o.Authenticate(t.Context(), bearer(secret), from)
			if tt.want != (err == nil) || err != nil && !errors.Is(err, npm.ErrUnauthenticated) {
				t.Errorf("Authenticate: %v, want %v", err, tt.want)
			}
		})
	}
}

// TestCorruptLimitsFail: a token whose limits cannot be read does not work
// without them.
func TestCorruptLimitsFail(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*record.Token){
		"pattern": func(tok *record.Token) { tok.Packages = []string{"@@@"} },
		"network": func(tok *record.Token) { tok.CIDR = []string{"10.0.0.0/99"} },
	} {
		o := newOffice(t)
		u := o.user("kim", "")
		tok, secret := o.token(NewToken{UserID: u.ID})
		o.must(o.store.Update(t.Context(), func(tx record.Tx) error {
			spoil(&tok)
			_, err := tx.Accounts().PutToken(tok)
			return err
		}))
		if p, err := o.Authenticate(t.Context(), bearer(secret), home); !errors.Is(err, record.ErrCorrupt) || p != nil {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestPrincipalNames(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.group("acme", record.PrivateVisibility)
	g, err := o.Group(t.Context(), "acme")
	o.must(err)
	u := o.user("Kim", "")
	_, personal := o.token(NewToken{UserID: u.ID})
	_, deploy := o.deploy(groupOf(g.ID), ScopeWriteRegistry)
	for want, p := range map[string]*Principal{"Kim user/1": o.signIn(bearer(personal)),
		"deploy-token:ci deploy/2": o.signIn(bearer(deploy)), "anonymous anonymous": Nobody(), "console console": Console()} {
		if got := p.Actor() + " " + p.Key(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
