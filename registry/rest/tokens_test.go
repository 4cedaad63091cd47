package rest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

const tokenFields = "active created_at description expires_at id last_used_at name revoked scopes user_id"

func TestCreateToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/users", h.users[guest].ID) + "/personal_access_tokens"
	got := h.call(admin, "POST", path, `{"name":"ci","description":"for CI","scopes":["read_api"],"expires_at":"2027-01-31"}`)
	o := got.object()
	if got.status != 201 || keys(o) != strings.Replace(tokenFields, "scopes", "scopes token", 1) || o["name"] != "ci" ||
		o["description"] != "for CI" || textOf(o["scopes"]) != `["read_api"]` || o["expires_at"] != "2027-01-31" || o["active"] != true ||
		o["revoked"] != false || o["last_used_at"] != nil || textOf(o["user_id"]) != fmt.Sprint(h.users[guest].ID) {
		t.Fatalf("create: %d %s", got.status, got.body)
	}
	h.secrets["new"] = o["token"].(string)
	if got := h.call("new", "GET", "/user", ""); got.object()["username"] != guest {
		t.Errorf("use: %d %s", got.status, got.body)
	}
	h.clock.Move(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC).Sub(h.clock.Now()))
	if got := h.call("new", "GET", "/user", ""); got.status != 401 {
		t.Errorf("use on the day of expiry: %d", got.status)
	}
}

func TestCreateTokenDefaultsAndLimits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/users", h.users[guest].ID) + "/personal_access_tokens"
	for _, tt := range []struct{ name, body, field, want string }{
		{"default expiry", "name=a&scopes[]=api", "expires_at", "2027-02-22"},
		{"empty expiry", `{"name":"a","scopes":["api"],"expires_at":null}`, "expires_at", "2027-02-22"},
		{"longest expiry", "name=a&scopes[]=api&expires_at=2027-11-24", "expires_at", "2027-11-24"},
		{"scopes with commas", "name=a&scopes=api,read_api", "scopes", `["api","read_api"]`},
		{"packages", "name=a&scopes=api&packages[]=@acme/*", "packages", `["@acme/*"]`},
		{"networks", "name=a&scopes=api&cidr=10.0.0.0/8", "cidr", `["10.0.0.0/8"]`},
	} {
		if got := h.call(admin, "POST", path, tt.body); got.status != 201 || textOf(got.object()[tt.field]) != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
}

func TestCreateOwnToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must(h.accounts.SetPassword(t.Context(), console, h.users[guest].ID, nil, "correct horse"))
	h.token("reader", accounts.NewToken{UserID: h.users[guest].ID, Scopes: []string{accounts.ScopeReadAPI}})
	h.token("limited", accounts.NewToken{UserID: h.users[guest].ID, CIDR: []string{"192.0.2.0/24"}})
	const limited = `{"message":"403 Forbidden - a limited token cannot change its user's account: use one with the scope api and no limits"}`
	h.refuses(t, []refusalCase{
		{"anonymous", nobody, "POST", "/user/personal_access_tokens", "name=a&scopes=read_api", 401, `{"message":"401 Unauthorized"}`},
		{"reading token", "reader", "POST", "/user/personal_access_tokens", "name=a&scopes=read_api", 403, limited},
		{"limited token", "limited", "POST", "/user/personal_access_tokens", "name=a&scopes=read_api", 403, limited},
		{"token that would write", guest, "POST", "/user/personal_access_tokens", "name=a&scopes=api", 400, `{"error":"scopes does not have a valid value"}`},
	})
	for who, scope := range map[string]string{guest: "read_api", "guest:correct horse": "api"} {
		got := h.call(who, "POST", "/user/personal_access_tokens", "name=a&scopes="+scope)
		if got.status != 201 || textOf(got.object()["user_id"]) != fmt.Sprint(h.users[guest].ID) {
			t.Errorf("%s: %d %s", who, got.status, got.body)
		}
	}
}

func TestTokensAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.token("reader", accounts.NewToken{UserID: h.users[admin].ID, Scopes: []string{accounts.ScopeReadAPI}})
	theirs := h.token("theirs", accounts.NewToken{UserID: h.users[guest].ID})
	deploy, secret, err := h.accounts.CreateDeployToken(t.Context(), console, accounts.NewDeployToken{
		Source: record.Source{Kind: record.ProjectSource, ID: h.project.ID}, Name: "ci", Scopes: []string{accounts.ScopeReadRegistry}})
	h.must(err)
	h.secrets["deploy"] = secret
	h.must(h.accounts.SetPassword(t.Context(), console, h.users[guest].ID, nil, "correct horse"))
	create := ends("/users", h.users[guest].ID) + "/personal_access_tokens"
	one, none, notPersonal := ends("/personal_access_tokens", theirs.ID), "/personal_access_tokens/999", ends("/personal_access_tokens", deploy.ID)
	const unauthorized, forbidden, missing = `{"message":"401 Unauthorized"}`, `{"message":"403 Forbidden"}`, `{"message":"404 Not Found"}`
	const gone = `{"message":"404 Not found"}`
	const notByToken = `{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}`
	h.refuses(t, []refusalCase{
		{"create by a user", guest, "POST", create, "name=a&scopes=api", 403, forbidden},
		{"create with a limited token", "reader", "POST", create, "name=a&scopes=api", 403, forbidden},
		{"create for nobody", admin, "POST", "/users/999/personal_access_tokens", "name=a&scopes=api", 404, `{"message":"404 User Not Found"}`},
		{"create nothing", admin, "POST", create, "", 400, `{"error":"name is missing, scopes is missing"}`},
		{"scope", admin, "POST", create, "name=a&scopes=read_user", 400, `{"error":"scopes does not have a valid value"}`},
		{"scopes of another type", admin, "POST", create, `{"name":"a","scopes":{}}`, 400, `{"error":"scopes is invalid"}`},
		{"no scopes", admin, "POST", create, `{"name":"a","scopes":[]}`, 422, `{"message":"Scopes can't be blank"}`},
		{"empty name", admin, "POST", create, "name=&scopes=api", 422, `{"message":"Name can't be blank"}`},
		{"long description", admin, "POST", create, "name=a&scopes=api&description=" + strings.Repeat("x", 256), 422,
			`{"message":"Description is too long (maximum is 255 bytes)"}`},
		{"expiry", admin, "POST", create, "name=a&scopes=api&expires_at=soon", 400, `{"error":"expires_at is invalid"}`},
		{"late expiry", admin, "POST", create, "name=a&scopes=api&expires_at=2027-11-25", 422, `{"message":"Expiration date must be before 2027-11-24"}`},
		{"past expiry", admin, "POST", create, "name=a&scopes=api&expires_at=2026-11-24", 422, `{"message":"Expiration date must be in the future"}`},
		{"expiry on the first day", admin, "POST", create, "name=a&scopes=api&expires_at=0001-01-01", 400, `{"error":"expires_at is invalid"}`},
		{"no packages", admin, "POST", create, `{"name":"a","scopes":["api"],"packages":[]}`, 422, `{"message":"Packages can't be blank"}`},
		{"packages with commas alone", admin, "POST", create, "name=a&scopes=api&packages=,", 422, `{"message":"Packages can't be blank"}`},
		{"no network", admin, "POST", create, "name=a&scopes=api&cidr=", 422, `{"message":"Cidr can't be blank"}`},
		{"network", admin, "POST", create, "name=a&scopes=api&cidr=home", 422,
			`{"message":"malformed network: write it like 10.0.0.0/8 or 2001:db8::/32"}`},
		{"list without credential", nobody, "GET", "/personal_access_tokens", "", 401, unauthorized},
		{"list by a deploy token", "deploy", "GET", "/personal_access_tokens", "", 403, forbidden},
		{"list of another", stranger, "GET", fmt.Sprintf("/personal_access_tokens?user_id=%d", h.users[guest].ID), "", 401, unauthorized},
		{"list of nobody", admin, "GET", "/personal_access_tokens?user_id=999", "", 404, missing},
		{"list of an empty user", admin, "GET", "/personal_access_tokens?user_id=", "", 404, missing},
		{"state", admin, "GET", "/personal_access_tokens?state=old", "", 400, `{"error":"state does not have a valid value"}`},
		{"revoked", admin, "GET", "/personal_access_tokens?revoked=maybe", "", 400, `{"error":"revoked is invalid"}`},
		{"day", admin, "GET", "/personal_access_tokens?expires_before=soon", "", 400, `{"error":"expires_before is invalid"}`},
		{"show another's", stranger, "GET", one, "", 401, unauthorized},
		{"show the unknown", stranger, "GET", none, "", 401, unauthorized},
		{"show the unknown to an administrator", admin, "GET", none, "", 404, missing},
		{"show a deploy token", admin, "GET", notPersonal, "", 404, missing},
		{"show no number", admin, "GET", "/personal_access_tokens/mine", "", 400, `{"error":"id is invalid"}`},
		{"show own of a deploy token", "deploy", "GET", "/personal_access_tokens/self", "", 400, notByToken},
		{"show own of a password", "guest:correct horse", "GET", "/personal_access_tokens/self", "", 400, notByToken},
		{"revoke another's", stranger, "DELETE", one, "", 404, gone},
		{"revoke the unknown", stranger, "DELETE", none, "", 404, gone},
		{"revoke a deploy token", admin, "DELETE", notPersonal, "", 404, gone},
		{"revoke with a limited token", "reader", "DELETE", one, "", 403,
			`{"message":"403 Forbidden - a limited token cannot change its user's account: use one with the scope api and no limits"}`},
		{"rotate another's", stranger, "POST", one + "/rotate", "", 401, unauthorized},
		{"rotate the unknown", stranger, "POST", none + "/rotate", "", 401, unauthorized},
		{"rotate the unknown for an administrator", admin, "POST", none + "/rotate", "", 404, missing},
		{"rotate a deploy token", admin, "POST", notPersonal + "/rotate", "", 404, missing},
		{"rotate a reading token by itself", "reader", "POST", "/personal_access_tokens/self/rotate", "", 403, forbidden},
		{"rotate a password", "guest:correct horse", "POST", "/personal_access_tokens/self/rotate", "", 405, `{"message":"405 Method Not Allowed"}`},
		{"rotate for too long", guest, "POST", one + "/rotate", "expires_at=2030-01-01", 400,
			`{"message":"400 Bad request - Expiration date must be before 2027-11-24"}`},
	})
	if got := h.call("theirs", "GET", "/user", ""); got.status != 200 {
		t.Errorf("a refusal ended the token: %d", got.status)
	}
}

func TestListTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.users[guest].ID
	h.clock.Move(24 * time.Hour)
	at := h.clock.Now()
	h.token("b late", accounts.NewToken{UserID: me, ExpiresAt: at.Add(100 * 24 * time.Hour)})
	h.token("A soon", accounts.NewToken{UserID: me, ExpiresAt: at.Add(time.Hour)})
	ended := h.token("c ended", accounts.NewToken{UserID: me})
	h.must(h.accounts.RevokeToken(t.Context(), console, ended.ID))
	h.clock.Move(2 * time.Hour)
	for _, tt := range []struct{ name, who, query, want string }{
		{"own", guest, "", `guest|b late|A soon|c ended`},
		{"own by number", guest, fmt.Sprintf("user_id=%d", me), `guest|b late|A soon|c ended`},
		{"by an administrator", admin, fmt.Sprintf("user_id=%d", me), `guest|b late|A soon|c ended`},
		{"of all", admin, "search=st", `stranger|first start|guest`},
		{"active", guest, "state=active", `guest|b late`},
		{"inactive", guest, "state=inactive", `A soon|c ended`},
		{"revoked", guest, "revoked=true", `c ended`},
		{"not revoked", guest, "revoked=false", `guest|b late|A soon`},
		{"search", guest, "search=SOON", `A soon`},
		{"created after", guest, "created_after=2026-11-25", `b late|A soon|c ended`},
		{"created after, without a zone", guest, "created_after=2026-11-25T00:00:00", `b late|A soon|c ended`},
		{"created before", guest, "created_before=2026-11-25", `guest`},
		{"expires before", guest, "expires_before=2026-12-01", `A soon`},
		{"expires after", guest, "expires_after=2027-02-24", `b late`},
		{"never used", guest, "last_used_before=2030-01-01", ``},
		{"by name", guest, "sort=name_asc", `A soon|b late|c ended|guest`},
		{"by name, last first", guest, "sort=name_desc", `guest|c ended|b late|A soon`},
		{"by expiry", guest, "sort=expires_asc", `A soon|guest|c ended|b late`},
		{"by creation, ties by number", guest, "sort=created_asc", `guest|c ended|A soon|b late`},
		{"by creation, newest first", guest, "sort=created_desc", `c ended|A soon|b late|guest`},
		{"by an unknown word", guest, "sort=size_desc", `guest|b late|A soon|c ended`},
		{"page", guest, "per_page=2&page=2", `A soon|c ended`},
	} {
		got := h.call(tt.who, "GET", "/personal_access_tokens?"+tt.query, "")
		var names []string
		for _, o := range got.list() {
			names = append(names, o["name"].(string))
			if keys(o) != tokenFields {
				t.Errorf("%s shows %s", tt.name, keys(o))
			}
		}
		if tt.name == "of all" { // their order is that of users
			if len(names) != 3 {
				t.Errorf("of all: %v", names)
			}
			continue
		}
		if got.status != 200 || strings.Join(names, "|") != tt.want {
			t.Errorf("%s: %d %s, want %s", tt.name, got.status, strings.Join(names, "|"), tt.want)
		}
	}
	body := h.call(admin, "GET", "/personal_access_tokens", "").body
	for who, secret := range h.secrets {
		if strings.Contains(body, secret) {
			t.Errorf("the list tells the secret of %s", who)
		}
	}
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.users[guest].ID
	h.token("reader", accounts.NewToken{UserID: me, Scopes: []string{accounts.ScopeReadAPI}})
	mine, other := h.token("mine", accounts.NewToken{UserID: me}), h.token("other", accounts.NewToken{UserID: me})
	for _, tt := range []struct{ name, who, path, ended string }{
		{"own", guest, ends("/personal_access_tokens", mine.ID), "mine"},
		{"own again", guest, ends("/personal_access_tokens", mine.ID), "mine"},
		{"another's by an administrator", admin, ends("/personal_access_tokens", other.ID), "other"},
		{"a reading token itself", "reader", "/personal_access_tokens/self", "reader"},
	} {
		if got := h.call(tt.who, "DELETE", tt.path, ""); got.status != 204 || got.body != "" {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		if got := h.call(tt.ended, "GET", "/user", ""); got.status != 401 {
			t.Errorf("%s: used afterwards: %d", tt.name, got.status)
		}
	}
	got := h.call(guest, "GET", ends("/personal_access_tokens", mine.ID), "")
	if o := got.object(); got.status != 200 || o["revoked"] != true || o["active"] != false {
		t.Errorf("show afterwards: %d %s", got.status, got.body)
	}
}

func TestRotateToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.token("mine", accounts.NewToken{UserID: h.users[guest].ID, Description: "for CI", Packages: []string{"@acme/*"},
		CIDR: []string{"192.0.2.0/24"}})
	got := h.call("mine", "POST", "/personal_access_tokens/self/rotate", "")
	o := got.object()
	if got.status != 200 || o["name"] != "mine" || o["description"] != "for CI" || o["expires_at"] != "2026-12-01" ||
		textOf(o["packages"]) != `["@acme/*"]` || textOf(o["cidr"]) != `["192.0.2.0/24"]` || textOf(o["id"]) == fmt.Sprint(old.ID) {
		t.Fatalf("rotate: %d %s", got.status, got.body)
	}
	if got := h.call("mine", "GET", "/user", ""); got.status != 401 {
		t.Errorf("the old token works: %d", got.status)
	}
	h.secrets["new"] = o["token"].(string)
	if got := h.call("new", "GET", "/personal_access_tokens/self", ""); got.status != 200 || textOf(got.object()["id"]) != textOf(o["id"]) {
		t.Errorf("the new token: %d %s", got.status, got.body)
	}
	path := ends("/personal_access_tokens", old.ID) + "/rotate"
	h.refuses(t, []refusalCase{{"again", guest, "POST", path, "", 400, `{"message":"400 Bad request - Token already revoked"}`}})
	got = h.call(admin, "POST", "/personal_access_tokens/"+textOf(o["id"])+"/rotate", "expires_at=2027-05-05")
	if got.status != 200 || got.object()["expires_at"] != "2027-05-05" {
		t.Errorf("rotate by an administrator: %d %s", got.status, got.body)
	}
}
