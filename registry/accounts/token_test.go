package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestCreateToken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "")
	now := o.clock.Now()
	day := 24 * time.Hour
	tests := []struct {
		name    string
		n       NewToken
		refused string
		expires time.Duration
	}{
		{"defaults", NewToken{Name: "a"}, "", 90 * day},
		{"the longest", NewToken{Name: "a", ExpiresAt: now.Add(365 * day)}, "", 365 * day},
		{"too long", NewToken{Name: "a", ExpiresAt: now.Add(365*day + time.Second)}, "Expiration date must be before 2027-11-24", 0},
		{"over at once", NewToken{Name: "a", ExpiresAt: now}, "Expiration date must be in the future", 0},
		{"no name", NewToken{}, "Name can't be blank", 0},
		{"name with a line", NewToken{Name: "a\nb"}, "Name holds characters that cannot be shown", 0},
		{"endless name", NewToken{Name: strings.Repeat("a", 300)}, "Name is too long (maximum is 255 bytes)", 0},
		{"deploy scope", NewToken{Name: "a", Scopes: []string{ScopeReadRegistry}}, "Scopes must be some of api, read_api, each once", 0},
		{"scope twice", NewToken{Name: "a", Scopes: []string{ScopeAPI, ScopeAPI}}, "Scopes must be some of api, read_api, each once", 0},
		{"bad pattern", NewToken{Name: "a", Packages: []string{"@a/b/c"}}, "malformed pattern", 0},
		{"bad network", NewToken{Name: "a", CIDR: []string{"10.0.0.0/33"}}, "malformed network", 0},
		{"network with a zone", NewToken{Name: "a", CIDR: []string{"fe80::1%eth0"}}, "malformed network", 0},
		{"half mapped network", NewToken{Name: "a", CIDR: []string{"::ffff:10.0.0.0/8"}}, "malformed network", 0},
		{"many networks", NewToken{Name: "a", CIDR: make([]string, 101)}, "a token has at most 100 networks", 0},
		{"many patterns", NewToken{Name: "a", Packages: make([]string, 101)}, "a token has at most 100 package patterns", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.n.UserID = u.ID
			tok, secret, err := o.CreateToken(t.Context(), operator, tt.n)
			if tt.refused != "" {
				if !errors.Is(err, npm.ErrInvalid) || !strings.HasPrefix(text(err), tt.refused) || secret != "" {
					t.Errorf("CreateToken: %v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil || !tok.ExpiresAt.Equal(now.Add(tt.expires)) || !strings.HasPrefix(secret, tok.Hint) || tok.Scopes[0] != ScopeAPI {
				t.Errorf("CreateToken = %+v, %v", tok, err)
			}
		})
	}
	if _, _, err := o.CreateToken(t.Context(), operator, NewToken{UserID: 99, Name: "a"}); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("a token of nobody: %v", err)
	}
}

func TestNetworksAreKeptPlain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "")
	tok, _ := o.token(NewToken{UserID: u.ID, CIDR: []string{"10.1.2.3/8", "::ffff:192.0.2.9", "2001:db8::1"}})
	if got, want := fmt.Sprint(tok.CIDR), "[10.0.0.0/8 192.0.2.9/32 2001:db8::1/128]"; got != want {
		t.Errorf("networks %s, want %s", got, want)
	}
}

func TestTokensAreListed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	kim, pat := o.user("kim", ""), o.user("pat", "")
	o.token(NewToken{UserID: pat.ID, Name: "of another"})
	for i := range pageSize + 5 {
		tok, _ := o.token(NewToken{UserID: kim.ID, Name: fmt.Sprint(i)})
		if i == 3 {
			o.must(o.RevokeToken(t.Context(), operator, tok.ID))
			o.must(o.RevokeToken(t.Context(), operator, tok.ID)) // again is no error
		}
	}
	list, err := o.Tokens(t.Context(), kim.ID)
	if err != nil || len(list) != pageSize+4 || list[3].Name != "4" {
		t.Errorf("%d tokens, %v", len(list), err)
	}
	for name, err := range map[string]error{"unknown": o.RevokeToken(t.Context(), operator, 1<<40),
		"unknown secret": o.RevokeSecret(t.Context(), operator, "x"), "empty secret": o.RevokeSecret(t.Context(), operator, "")} {
		if !errors.Is(err, npm.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSecretsAreNotKept: no byte of the store holds a secret.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "correct horse")
	tok, secret := o.token(NewToken{UserID: u.ID})
	kept, err := o.Token(t.Context(), tok.ID)
	o.must(err)
	for _, shown := range []string{fmt.Sprintf("%+v", kept), fmt.Sprintf("%+v", o.entries())} {
		if strings.Contains(shown, secret) || strings.Contains(shown, secret[10:]) || strings.Contains(shown, "correct horse") {
			t.Errorf("a secret in %s", shown)
		}
	}
	if kept.Digest == [32]byte{} || kept.Hint != secret[:9] {
		t.Errorf("token %+v", kept)
	}
}

func TestDeployTokens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	g := o.group("acme", record.PrivateVisibility)
	tests := []struct {
		name    string
		n       NewDeployToken
		refused string
		user    string
	}{
		{"named", NewDeployToken{Source: groupOf(g.ID), Name: "ci", Username: "robot+1", Scopes: []string{ScopeWriteRegistry}}, "", "robot+1"},
		{"unnamed", NewDeployToken{Source: groupOf(g.ID), Name: "ci", Scopes: []string{ScopeReadRegistry, ScopeWriteRegistry}}, "", "gitlab+deploy-token-2"},
		{"no scope", NewDeployToken{Source: groupOf(g.ID), Name: "ci"}, "Scopes can't be blank", ""},
		{"scope of users", NewDeployToken{Source: groupOf(g.ID), Name: "ci", Scopes: []string{ScopeAPI}}, "Scopes must be some of", ""},
		{"bad username", NewDeployToken{Source: groupOf(g.ID), Name: "ci", Username: "a:b", Scopes: []string{ScopeReadRegistry}}, "Username can contain only", ""},
		{"over", NewDeployToken{Source: groupOf(g.ID), Name: "ci", Scopes: []string{ScopeReadRegistry}, ExpiresAt: o.clock.Now()}, "Expiration date must be in the future", ""},
		{"of no group", NewDeployToken{Source: groupOf(99), Name: "ci", Scopes: []string{ScopeReadRegistry}}, "Group not found", ""},
		{"of nothing", NewDeployToken{Name: "ci", Scopes: []string{ScopeReadRegistry}}, `"" is neither`, ""},
	}
	for _, tt := range tests {
		tok, secret, err := o.CreateDeployToken(t.Context(), operator, tt.n)
		if tt.refused != "" {
			if !strings.HasPrefix(text(err), tt.refused) || secret != "" {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if err != nil || tok.Username != tt.user || !tok.ExpiresAt.IsZero() {
			t.Errorf("%s: %+v, %v", tt.name, tok, err)
		}
		if p := o.signIn(Credential{Form: Basic, Username: tt.user, Secret: secret}); p.Kind != Deploy {
			t.Errorf("%s: %+v", tt.name, p)
		}
	}
	if list, err := o.DeployTokens(t.Context(), groupOf(g.ID)); err != nil || len(list) != 2 {
		t.Errorf("DeployTokens = %v, %v", list, err)
	}
}
