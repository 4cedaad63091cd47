package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPrivateLogin signs in, uses and ends sessions with every client.
func TestPrivateLogin(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	for _, c := range everyClient(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newTeam(t).deskOf(t, c, "", "")
			d.registry = d.team.url
			d.signIn(t, "")
			d.signsIn(t)
		})
	}
}

// signsIn runs all that a client can do about its session.
func (d *desk) signsIn(t *testing.T) {
	t.Helper()
	if d.has("login by page") {
		d.loginByPage(t)
		d.session(t)
		d.tokens(t)
		d.logsOut(t)
	}
	if d.lock == "yarn.lock" && !d.has("whoami") {
		d.signsInToPublish(t)
		return
	}
	if !d.has("login") {
		return
	}
	d.login(t, password)
	d.session(t)
	if d.has("password") {
		const next = password + ", changed"
		d.changes(t, next)
		d.logsOut(t)
		text, err := d.talk(t, "login", words{}, typed("sername:", person), typed("assword:", password))
		if err == nil || !says(text, "Incorrect or missing password") {
			t.Errorf("the old password: %v\n%s", err, text)
		}
		d.login(t, next)
	}
	d.logsOut(t)
}

// login signs in with a password.
func (d *desk) login(t *testing.T, secret string) {
	t.Helper()
	if text, err := d.talk(t, "login", words{}, typed("sername:", person), typed("assword:", secret)); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// signsInToPublish is what yarn 1 calls login: it notes a name, and asks for
// the password where it needs one, for a session that it ends by itself.
func (d *desk) signsInToPublish(t *testing.T) {
	t.Helper()
	d.source(t, scopedName, "1.0.0")
	text, err := d.talk(t, "login", words{}, typed("username:", person), typed("email:", "ada@example.com"))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	d.can = d.can.with(commands{"publish": {"publish", "--new-version", "1.0.0"}})
	before := d.team.keys(t)
	text, err = d.talk(t, "publish", scoped("1.0.0"), typed("password:", password))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	d.hasTags(t, scopedName, map[string]string{"latest": "1.0.0"})
	if after := d.team.keys(t); len(after) != len(before) {
		t.Errorf("%d tokens, and %d before: the session has not ended", len(after), len(before))
	}
	d.run(t, "logout", words{})
}

// pageInText finds the address of the page where a person signs in.
var pageInText = regexp.MustCompile(`(http://\S+/-/login\?id=[\w-]+)\s`)

// loginByPage signs in where the client says, as a browser would.
func (d *desk) loginByPage(t *testing.T) {
	t.Helper()
	form := url.Values{"username": {person}, "password": {password}}
	text, err := d.talk(t, "login by page", words{}, answer{pageInText, func(match []string) string {
		for _, send := range []func() (*http.Response, error){
			func() (*http.Response, error) { return http.Get(match[1]) },
			func() (*http.Response, error) { return http.PostForm(match[1], form) },
		} {
			resp, err := send()
			if err != nil {
				t.Error(err)
				return ""
			}
			if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
				t.Errorf("%s: %s %s", match[1], resp.Status, resp.Header.Get("Content-Type"))
			}
			_ = resp.Body.Close()
		}
		return ""
	}})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// session checks that the client is somebody, by a token that it got.
func (d *desk) session(t *testing.T) {
	t.Helper()
	if d.has("whoami") {
		d.shows(t, person, "whoami", words{})
	}
	if d.has("profile") {
		d.shows(t, "ada@example.com", "profile", words{})
	}
	if status, _ := d.whoami(t, d.secret(t)); status != http.StatusOK {
		t.Errorf("the token that the client noted: %d", status)
	}
}

// logsOut ends the session, and the token with it.
func (d *desk) logsOut(t *testing.T) {
	t.Helper()
	token := d.secret(t)
	d.run(t, "logout", words{})
	status, body := d.whoami(t, token)
	if d.name == "yarn 4" { // it only forgets the token
		return
	}
	if status != http.StatusUnauthorized {
		t.Errorf("the token still works after logout: %d %s", status, body)
	}
}

// tokens lists, creates and revokes tokens.
func (d *desk) tokens(t *testing.T) {
	t.Helper()
	before := d.team.keys(t)
	text, err := d.talk(t, "token create", words{text: "robot"}, typed("assword:", password))
	secret := tokenInText.FindString(text)
	if err != nil || secret == "" {
		t.Fatalf("token create: %v\n%s", err, text)
	}
	if status, _ := d.whoami(t, secret); status != http.StatusOK {
		t.Errorf("the new token: %d", status)
	}
	after := slices.DeleteFunc(d.team.keys(t), func(key string) bool { return slices.Contains(before, key) })
	if len(after) != 1 {
		t.Fatalf("the new keys are %v, want one", after)
	}
	d.shows(t, after[0][:6], "token ls", words{})
	d.run(t, "token revoke", words{text: after[0][:8]})
	if status, _ := d.whoami(t, secret); status != http.StatusUnauthorized {
		t.Errorf("the revoked token: %d", status)
	}
}

// changes changes the password.
func (d *desk) changes(t *testing.T, next string) {
	t.Helper()
	text, err := d.talk(t, "password", words{}, typed("Current password:", password),
		typed("New password:", next), typed("Again:", next))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func (d *desk) whoami(t *testing.T, token string) (int, []byte) {
	t.Helper()
	return d.team.ask(t, http.MethodGet, d.team.url+"/-/whoami", token)
}

// keys are those of the tokens of the person.
func (tm *team) keys(t *testing.T) []string {
	t.Helper()
	_, body := tm.ask(t, http.MethodGet, tm.url+"/-/npm/v1/tokens", tm.token)
	var list struct {
		Objects []struct {
			Key string `json:"key"`
		} `json:"objects"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	var keys []string
	for _, o := range list.Objects {
		keys = append(keys, o.Key)
	}
	return keys
}

var tokenInText = regexp.MustCompile(`lrdp_\w+`)

// secret is the token that the client noted in its home.
func (d *desk) secret(t *testing.T) string {
	t.Helper()
	home := filepath.Join(d.root, "home")
	for _, name := range []string{".npmrc", ".yarnrc.yml", "config/pnpm/auth.ini", "config/pnpm/config.yaml", "config/pnpm/rc"} {
		text, err := os.ReadFile(filepath.Join(home, name))
		if err != nil {
			continue
		}
		if token := tokenInText.Find(text); token != nil {
			return string(token)
		}
	}
	t.Fatalf("%s noted no token", d.name)
	return ""
}
