package httpd

import (
	"net/url"
	"strings"
	"testing"
)

// loginBody is what "npm login --auth-type=legacy" sends.
func loginBody(name, password string) string {
	return `{"_id":"org.couchdb.user:` + name + `","name":"` + name + `","password":"` + password +
		`","type":"user","roles":[],"date":"2026-11-24T00:00:00.000Z"}`
}

func TestLegacyLogin(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	const target = "/-/user/org.couchdb.user:dev"
	for name, target := range map[string]string{"plain": target, "with a revision": target + "/-rev/1-0",
		"below a prefix": "/api/v4/packages/npm" + target} {
		// An expired token in the client's configuration must not stand in the way.
		r := tm.sendAs("", "PUT", target, loginBody("dev", password), "Authorization: Bearer expired")
		r.want(t, 201, "Cache-Control: no-store", "Content-Type: application/json")
		var in signedInAs
		r.json(t, &in)
		if !in.OK || in.ID != "org.couchdb.user:dev" || in.Rev == "" || in.Token == "" {
			t.Fatalf("%s: signed in as %+v", name, in)
		}
		tm.do("GET", "/-/whoami", "Authorization: Bearer "+in.Token).wantBody(t, `{"username":"dev"}`)
		tm.do("DELETE", "/-/user/token/"+in.Token, "Authorization: Bearer "+in.Token).want(t, 200)
		tm.do("GET", "/-/whoami", "Authorization: Bearer "+in.Token).want(t, 401)
		tm.do("DELETE", "/-/user/token/"+in.Token).want(t, 200)
	}
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"wrong password", loginBody("dev", "wrong"), 401},
		{"no password", `{"name":"dev"}`, 401},
		{"another user than the path's", loginBody("may", password), 400},
		{"no JSON", "name=dev", 400},
	} {
		r := tm.sendAs("", "PUT", target, c.body)
		r.want(t, c.status)
		if c.status == 401 {
			r.want(t, 401, `WWW-Authenticate: Basic realm="larder"`)
		}
	}
	tm.sendAs("", "PUT", "/-/user/org.couchdb.user:nobody", loginBody("nobody", password)).want(t, 401)
	tm.do("DELETE", "/-/user/token/lrdp_unknown").want(t, 404)
	if log := tm.log.String(); strings.Contains(log, "lrdp_") || strings.Contains(log, password) {
		t.Errorf("the log holds a secret: %s", log)
	}
}

func TestWebLogin(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{PublicURL: "https://npm.example.com/reg"})
	for _, prefix := range []string{"", "/api/v4/projects/acme%2Flib/packages/npm"} {
		var urls loginURLs
		r := tm.sendAs("", "POST", prefix+"/-/v1/login", `{"create":true}`)
		r.want(t, 200)
		r.json(t, &urls)
		page, ok := strings.CutPrefix(urls.LoginURL, "https://npm.example.com/reg/-/login?id=")
		if !ok || !strings.HasPrefix(urls.DoneURL, "https://npm.example.com/reg"+prefix+"/-/v1/done/") {
			t.Fatalf("URLs %+v", urls)
		}
		page = "/reg/-/login?id=" + page
		done := strings.TrimPrefix(urls.DoneURL, "https://npm.example.com")
		tm.do("GET", done).want(t, 202, "Retry-After: 2")
		shown := tm.do("GET", page)
		shown.want(t, 200, "Content-Type: text/html; charset=utf-8", "Cache-Control: no-store", "Referrer-Policy: no-referrer")
		policy := shown.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(string(shown.body), "<script") {
			t.Errorf("policy %q of %s", policy, shown.body)
		}
		form := func(user, secret string) string {
			return url.Values{"username": {user}, "password": {secret}}.Encode()
		}
		wrong := tm.sendAs("", "POST", page, form(`dev"><script>`, "wrong"), "Content-Type: application/x-www-form-urlencoded")
		wrong.want(t, 401, "WWW-Authenticate:", "Content-Type: text/html; charset=utf-8")
		if text := string(wrong.body); strings.Contains(text, "<script>") || !strings.Contains(text, `role="alert"`) {
			t.Errorf("page %s", text)
		}
		tm.do("GET", done).want(t, 202)
		tm.sendAs("", "POST", page, form("dev", password)).want(t, 200)
		tm.sendAs("", "POST", page, form("may", password)).want(t, 404)
		var got struct{ Token string }
		tm.do("HEAD", done).want(t, 405) // it must not use the token up
		r = tm.do("GET", done)
		r.want(t, 200, "Cache-Control: no-store")
		r.json(t, &got)
		tm.do("GET", "/-/whoami", "Authorization: Bearer "+got.Token).wantBody(t, `{"username":"dev"}`)
		tm.do("GET", done).want(t, 404)
		if strings.Contains(tm.log.String(), page[len("/reg/-/login?id="):]) {
			t.Error("the log holds the id of a sign-in")
		}
	}
	tm.do("GET", "/-/login?id=unknown").want(t, 404)
	tm.do("GET", "/-/login").want(t, 200)
}

func TestUserDocument(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	r := tm.do("GET", "/-/user/org.couchdb.user:may?write=true", tm.as("dev"))
	r.want(t, 200)
	var u userDocument
	r.json(t, &u)
	if u.ID != "org.couchdb.user:may" || u.Name != "may" || u.Email != "may@example.com" || u.Rev == "" || u.Type != "user" || u.Roles == nil {
		t.Errorf("user %+v", u)
	}
	tm.do("GET", "/-/user/org.couchdb.user:nobody", tm.as("dev")).want(t, 404)
	tm.do("GET", "/-/user/org.couchdb.user:may").want(t, 401)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	const target = "/-/npm/v1/tokens"
	type created struct {
		Token, Key, Name string
		Readonly         bool
		CIDR             []string `json:"cidr_whitelist"`
		Packages         []string
		Expires          string
	}
	create := func(body string) created {
		t.Helper()
		r := tm.sendAs("dev", "POST", target, body)
		r.want(t, 201)
		var c created
		r.json(t, &c)
		return c
	}
	old := create(`{"password":"` + password + `","readonly":true,"cidr_whitelist":["127.0.0.0/8"]}`)
	if !old.Readonly || len(old.CIDR) != 1 || old.Token == "" || len(old.Key) < 16 || old.Name == "" {
		t.Errorf("npm 10's token %+v", old)
	}
	young := create(`{"name":"ci","password":"` + password + `","packages":["left-pad"],"scopes":["@acme"],"orgs":[],` +
		`"packages_and_scopes_permission":"read-write","expires":7,"cidr_whitelist":null,"bypass_2fa":false}`)
	if young.Readonly || young.Name != "ci" || strings.Join(young.Packages, " ") != "left-pad @acme/*" || young.Expires == "" || young.CIDR == nil {
		t.Errorf("npm 12's token %+v", young)
	}
	r := tm.do("GET", target, tm.as("dev"))
	r.want(t, 200)
	var list struct {
		Objects []created
		URLs    map[string]string
	}
	r.json(t, &list)
	if len(list.Objects) != 3 || list.URLs == nil {
		t.Fatalf("list %s", r.body)
	}
	for _, o := range list.Objects {
		if len(o.Token) > 12 || o.CIDR == nil || strings.Contains(string(r.body), old.Token) {
			t.Errorf("listed token %+v", o)
		}
	}
	tm.do("DELETE", target+"/token/"+old.Key, tm.as("dev")).want(t, 204)
	tm.do("GET", "/-/whoami", "Authorization: Bearer "+old.Token).want(t, 401)
	tm.do("DELETE", target+"/token/"+young.Token, tm.as("dev")).want(t, 204)
	tm.do("DELETE", target+"/token/unknown", tm.as("dev")).want(t, 404)
	for _, c := range []struct {
		name, who, body string
		status          int
	}{
		{"anonymous", "", `{}`, 401},
		{"wrong password", "dev", `{"password":"wrong"}`, 401},
		{"no password", "dev", `{}`, 401},
		{"the token for the password", "dev", `{"password":"` + tm.tokens["dev"] + `"}`, 401},
		{"another's token for the password", "dev", `{"password":"` + tm.tokens["may"] + `"}`, 401},
		{"a token that reads", "reader", `{"password":"` + password + `"}`, 403},
		{"deploy token", "deploy", `{"password":"` + password + `"}`, 403},
		{"job token", "job", `{"password":"` + password + `"}`, 403},
		{"no such permission", "dev", `{"password":"` + password + `","packages_and_scopes_permission":"no-access"}`, 400},
		{"expires before it begins", "dev", `{"password":"` + password + `","expires":-1}`, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			tm.sendAs(c.who, "POST", target, c.body).want(t, c.status)
		})
	}
	tm.do("GET", target, tm.as("deploy")).want(t, 403)
	tm.do("DELETE", target+"/token/"+young.Key, tm.as("reader")).want(t, 403)
}

func TestProfile(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	const target = "/-/npm/v1/user"
	read := func() map[string]any {
		t.Helper()
		r := tm.do("GET", target, tm.as("dev"))
		r.want(t, 200)
		var p map[string]any
		r.json(t, &p)
		return p
	}
	if p := read(); p["name"] != "dev" || p["email"] != "dev@example.com" || p["tfa"] != false || p["created"] == "" {
		t.Errorf("profile %v", p)
	}
	tm.sendAs("dev", "POST", target, `{"tfa":null,"email":"new@example.com","fullname":"Dev Eloper","homepage":null,"github":"dev","cidr_whitelist":null}`).want(t, 200)
	if p := read(); p["email"] != "new@example.com" || p["fullname"] != "Dev Eloper" || p["github"] != "dev" || p["homepage"] != "" {
		t.Errorf("profile after a change %v", p)
	}
	const next = "another horse and its battery"
	tm.sendAs("dev", "POST", target, `{"password":{"old":"wrong","new":"`+next+`"}}`).want(t, 403)
	tm.sendAs("dev", "POST", target, `{"password":{"old":"`+password+`","new":"`+next+`"}}`).want(t, 200)
	tm.do("GET", "/-/whoami", basic("dev", password)).want(t, 401)
	tm.do("GET", "/-/whoami", basic("dev", next)).want(t, 200)
	tm.sendAs("dev", "POST", target, `{"tfa":{"mode":"auth-only","password":"x"}}`).want(t, 400)
	tm.sendAs("dev", "POST", target, `{"fullname":7}`).want(t, 400)
	tm.sendAs("reader", "POST", target, `{"fullname":"x"}`).want(t, 403)
	tm.do("GET", target).want(t, 401)
}
