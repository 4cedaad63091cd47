package e2e

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestPrivateRefusals lets every client run into what one may not do, and
// checks that its user learns why.
func TestPrivateRefusals(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	tm := newTeam(t)
	expired := tm.newToken(t, person, "--expires", "1s")
	revoked := tm.newToken(t, person)
	if status, body := tm.ask(t, http.MethodDelete, tm.url+"/-/user/token/"+revoked, revoked); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	time.Sleep(time.Second) // until the token has expired
	cases := []struct {
		name, token, reason string
	}{
		{"an expired token", expired, "Token is expired"},
		{"a revoked token", revoked, "Token was revoked"},
		{"an unknown token", "lrdp_unknown", "Token is damaged: it was not copied whole"},
		{"a token that only reads", tm.newToken(t, person, "--scope", "read_api"),
			"publishing in acme/packages needs a token with the scope api or write_package_registry"},
		{"a guest", tm.newToken(t, mate), "publishing needs the role developer in acme/packages; yours is guest"},
		{"a token for other packages", tm.newToken(t, person, "--package", "@other/*"),
			"this token is limited to other packages than @acme/lib"},
	}
	for _, c := range everyClient(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := tm.deskOf(t, c, tm.url, "")
			d.source(t, scopedName, "1.0.0")
			for _, tt := range cases {
				t.Logf("%s:", tt.name)
				d.signIn(t, tt.token)
				d.fails(t, d.told(tt.reason), "publish", scoped("1.0.0"))
			}
			d.wrongPassword(t)
		})
	}
	if _, ok := tm.read(t, scopedName); ok {
		t.Error("something was published")
	}
}

// told is how the client words a refusal: yarn 4 alone has one word for every
// credential that is no good.
func (d *desk) told(reason string) string {
	if d.name == "yarn 4" && (strings.HasPrefix(reason, "Token") || strings.HasPrefix(reason, "Incorrect")) {
		return "Invalid authentication"
	}
	return reason
}

// wrongPassword signs in with a name and a password in every request, once with
// the right one.
func (d *desk) wrongPassword(t *testing.T) {
	t.Helper()
	if d.basic == nil {
		return
	}
	pair := func(secret string) string { return person + ":" + secret }
	write(t, d.project(), d.basic(d.registry, pair("wrong")))
	d.fails(t, d.told("Incorrect username or password"), "publish", scoped("1.0.0"))
	write(t, d.project(), d.basic(d.registry, pair(password)))
	d.run(t, "view", words{name: publicName, version: "1.0.0"})
}

// npmrcBasic are npm's settings with a name and a password.
func npmrcBasic(registry, pair string) map[string]string {
	files := npmrc(registry)
	_, place, _ := strings.Cut(registry, ":")
	files[".npmrc"] += place + "/:_auth=" + base64.StdEncoding.EncodeToString([]byte(pair)) + "\n"
	return files
}
