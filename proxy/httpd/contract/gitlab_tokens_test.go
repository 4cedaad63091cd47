package contract_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/larderhq/larder/registry/accounts"
)

// signedIn makes a client of a token that the API gave out.
func (w *world) signedIn(t testing.TB, call, secret string) *gitlab.Client {
	t.Helper()
	w.tokens[call] = secret
	return w.gitlab(t, call)
}

// writeUses writes when tokens were used, which is done behind the requests.
func (w *world) writeUses(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.accounts.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestGitLabPersonalToken(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	admin, guest := w.gitlab(t, "admin"), w.users["guest"]
	_, until := w.later(t)

	made := of(admin.Users.CreatePersonalAccessToken(guest, &gitlab.CreatePersonalAccessTokenOptions{Name: gitlab.Ptr("laptop"),
		Description: gitlab.Ptr("at home"), ExpiresAt: until, Scopes: &[]string{"api"}})).is(t, http.StatusCreated)
	w.recent(t, "created_at", made.CreatedAt)
	if made.Token == "" {
		t.Fatal("a new token has no secret")
	}
	c := w.signedIn(t, "laptop", made.Token)
	want := gitlab.PersonalAccessToken{ID: made.ID, Name: "laptop", Description: "at home", UserID: guest, Scopes: []string{"api"},
		Active: true, CreatedAt: made.CreatedAt, ExpiresAt: until, Token: made.Token}
	same(t, *made, want)

	of(c.Users.CurrentUser()).is(t, http.StatusOK)
	w.writeUses(t)
	self := of(c.PersonalAccessTokens.GetSinglePersonalAccessToken()).is(t, http.StatusOK)
	w.recent(t, "last_used_at", self.LastUsedAt)
	want.Token, want.LastUsedAt = "", self.LastUsedAt
	same(t, *self, want)
	same(t, *of(c.PersonalAccessTokens.GetSinglePersonalAccessTokenByID(made.ID)).is(t, http.StatusOK), want)
	same(t, *of(admin.PersonalAccessTokens.GetSinglePersonalAccessTokenByID(made.ID)).is(t, http.StatusOK), want)

	own := of(c.Users.CreatePersonalAccessTokenForCurrentUser(&gitlab.CreatePersonalAccessTokenForCurrentUserOptions{Name: gitlab.Ptr("reader"),
		Scopes: &[]string{"read_api"}})).is(t, http.StatusCreated)
	if own.UserID != guest || own.ExpiresAt == nil || !slices.Equal(own.Scopes, []string{"read_api"}) {
		t.Errorf("the own token is %v", own)
	}
	of(w.signedIn(t, "reader", own.Token).Users.CurrentUser()).is(t, http.StatusOK)

	// A token that was rotated has another secret and number, and its old secret
	// is worth nothing.
	rotated := of(c.PersonalAccessTokens.RotatePersonalAccessTokenSelf(nil)).is(t, http.StatusOK)
	if rotated.ID == made.ID || rotated.Token == "" || rotated.Token == made.Token || rotated.Name != "laptop" || rotated.ExpiresAt == nil {
		t.Errorf("rotated to %v", rotated)
	}
	checkRefused(t, of(c.Users.CurrentUser()).err, http.StatusUnauthorized, revoked)
	again := of(admin.PersonalAccessTokens.RotatePersonalAccessTokenByID(rotated.ID, &gitlab.RotatePersonalAccessTokenOptions{ExpiresAt: until})).is(t, http.StatusOK)
	if time.Time(*again.ExpiresAt) != time.Time(*until) {
		t.Errorf("rotated until %v, want %v", again.ExpiresAt, until)
	}

	done(admin.PersonalAccessTokens.RevokePersonalAccessTokenByID(own.ID)).is(t, http.StatusNoContent)
	if got := of(admin.PersonalAccessTokens.GetSinglePersonalAccessTokenByID(own.ID)).is(t, http.StatusOK); !got.Revoked || got.Active {
		t.Errorf("a revoked token is %v", got)
	}
	last := w.signedIn(t, "laptop", again.Token)
	done(last.PersonalAccessTokens.RevokePersonalAccessTokenSelf()).is(t, http.StatusNoContent)
	checkRefused(t, of(last.PersonalAccessTokens.GetSinglePersonalAccessToken()).err, http.StatusUnauthorized, revoked)
}

func TestGitLabPersonalTokenList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, name := range []string{"ann", "bob"} {
		w.user(name)
	}
	w.token("ann-ci", "ann", accounts.NewToken{ExpiresAt: w.clock.Now().Add(48 * time.Hour)})
	w.token("ann-old", "ann", accounts.NewToken{})
	old := of(w.gitlab(t, "ann").PersonalAccessTokens.ListPersonalAccessTokens(&gitlab.ListPersonalAccessTokensOptions{Search: gitlab.Ptr("OLD")})).is(t, http.StatusOK)
	done(w.gitlab(t, "ann").PersonalAccessTokens.RevokePersonalAccessTokenByID(old[0].ID)).is(t, http.StatusNoContent)
	by := func(o gitlab.ListPersonalAccessTokensOptions) pager[*gitlab.PersonalAccessToken] {
		o.PerPage = 2
		return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.PersonalAccessToken, *gitlab.Response, error) {
			return c.PersonalAccessTokens.ListPersonalAccessTokens(&o, p)
		}
	}
	ann := w.users["ann"]
	_, month := w.later(t)
	walk(t, w, func(p *gitlab.PersonalAccessToken) string { return p.Name }, []listing[*gitlab.PersonalAccessToken]{
		{name: "one's own", who: "ann", list: by(gitlab.ListPersonalAccessTokensOptions{}), want: []string{"ann", "ann-ci", "ann-old"}},
		{name: "of a user", who: "admin", list: by(gitlab.ListPersonalAccessTokensOptions{UserID: &ann, Sort: gitlab.Ptr("name_desc")}), want: []string{"ann-old", "ann-ci", "ann"}},
		{name: "active", who: "ann", list: by(gitlab.ListPersonalAccessTokensOptions{State: gitlab.Ptr("active")}), want: []string{"ann", "ann-ci"}},
		{name: "revoked", who: "admin", list: by(gitlab.ListPersonalAccessTokensOptions{Revoked: gitlab.Ptr(true)}), want: []string{"ann-old"}},
		{name: "that end soon", who: "ann", list: by(gitlab.ListPersonalAccessTokensOptions{ExpiresBefore: month}), want: []string{"ann-ci"}},
		{name: "made since", who: "admin", list: by(gitlab.ListPersonalAccessTokensOptions{CreatedAfter: month}), want: []string{}},
		{name: "search", who: "admin", list: by(gitlab.ListPersonalAccessTokensOptions{Search: gitlab.Ptr("bo")}), want: []string{"bob"}},
	})
}

// revoked is what the client shows of a token that worked once.
const revoked = "{code: E_TOKEN_REVOKED}, {guard: G46}, {message: 401 Unauthorized}"

func TestGitLabPersonalTokenRefused(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	w.job("job", "developer", "acme/pub")
	guest := w.users["guest"]
	others := of(w.gitlab(t, "owner").PersonalAccessTokens.GetSinglePersonalAccessToken()).is(t, http.StatusOK).ID
	past, err := gitlab.ParseISOTime("2020-01-01")
	w.must(err)
	far, err := gitlab.ParseISOTime("2199-01-01")
	w.must(err)
	create := func(user int64, o gitlab.CreatePersonalAccessTokenOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Users.CreatePersonalAccessToken(user, &o)).err }
	}
	own := func(o gitlab.CreatePersonalAccessTokenForCurrentUserOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.Users.CreatePersonalAccessTokenForCurrentUser(&o)).err
		}
	}
	get := func(id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.PersonalAccessTokens.GetSinglePersonalAccessTokenByID(id)).err
		}
	}
	list := func(o gitlab.ListPersonalAccessTokensOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.PersonalAccessTokens.ListPersonalAccessTokens(&o)).err }
	}
	rotate := func(id int64, o gitlab.RotatePersonalAccessTokenOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.PersonalAccessTokens.RotatePersonalAccessTokenByID(id, &o)).err
		}
	}
	revoke := func(id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return done(c.PersonalAccessTokens.RevokePersonalAccessTokenByID(id)).err
		}
	}
	limit := w.clock.Now().AddDate(0, 0, 365).Format(time.DateOnly) // what auth.token_max_ttl is where nobody set it
	name, scopes := gitlab.Ptr("x"), &[]string{"api"}
	good := gitlab.CreatePersonalAccessTokenOptions{Name: name, Scopes: scopes}
	w.refuse(t, []refusal{
		{name: "create nothing", who: "admin", status: 400, text: "{error: name is missing, scopes is missing}", call: create(guest, gitlab.CreatePersonalAccessTokenOptions{})},
		{name: "create with no such scope", who: "admin", status: 400, text: "{error: scopes does not have a valid value}",
			call: create(guest, gitlab.CreatePersonalAccessTokenOptions{Name: name, Scopes: &[]string{"sudo"}})},
		{name: "create without a scope", who: "admin", status: 422, text: "{message: Scopes can't be blank}",
			call: create(guest, gitlab.CreatePersonalAccessTokenOptions{Name: name, Scopes: &[]string{}})},
		{name: "create without a name", who: "admin", status: 422, text: "{message: Name can't be blank}",
			call: create(guest, gitlab.CreatePersonalAccessTokenOptions{Name: gitlab.Ptr(""), Scopes: scopes})},
		{name: "create until the past", who: "admin", status: 422, text: "{message: Expiration date must be in the future}",
			call: create(guest, gitlab.CreatePersonalAccessTokenOptions{Name: name, Scopes: scopes, ExpiresAt: &past})},
		{name: "create for no user", who: "admin", status: 404, call: create(9999, good)},
		{name: "create for others as owner", who: "owner", status: 403, text: forbidden, call: create(guest, good)},
		{name: "create without a credential", status: 401, text: unauthorized, call: create(guest, good)},
		{name: "create an own one that writes", who: "guest", status: 400, text: "{error: scopes does not have a valid value}",
			call: own(gitlab.CreatePersonalAccessTokenForCurrentUserOptions{Name: name, Scopes: scopes})},
		{name: "create an own one without a credential", status: 401, text: unauthorized,
			call: own(gitlab.CreatePersonalAccessTokenForCurrentUserOptions{Name: name, Scopes: &[]string{"read_api"}})},
		{name: "show another's", who: "guest", status: 401, text: unauthorized, call: get(others)},
		{name: "show none", who: "admin", status: 404, call: get(9999)},
		{name: "show without a credential", status: 401, text: unauthorized, call: get(others)},
		{name: "list another's", who: "guest", status: 401, text: unauthorized, call: list(gitlab.ListPersonalAccessTokensOptions{UserID: gitlab.Ptr(w.users["owner"])})},
		{name: "list of no user", who: "admin", status: 404, call: list(gitlab.ListPersonalAccessTokensOptions{UserID: gitlab.Ptr(int64(9999))})},
		{name: "list in no such state", who: "guest", status: 400, text: "{error: state does not have a valid value}", call: list(gitlab.ListPersonalAccessTokensOptions{State: gitlab.Ptr("new")})},
		{name: "list without a credential", status: 401, text: unauthorized, call: list(gitlab.ListPersonalAccessTokensOptions{})},
		{name: "rotate another's", who: "guest", status: 401, text: unauthorized, call: rotate(others, gitlab.RotatePersonalAccessTokenOptions{})},
		{name: "rotate none", who: "admin", status: 404, call: rotate(9999, gitlab.RotatePersonalAccessTokenOptions{})},
		{name: "rotate until the past", who: "owner", status: 400, text: "{message: 400 Bad request - Expiration date must be in the future}",
			call: rotate(others, gitlab.RotatePersonalAccessTokenOptions{ExpiresAt: &past})},
		{name: "rotate for ever", who: "owner", status: 400, text: "{message: 400 Bad request - Expiration date must be before " + limit + "}", call: rotate(others, gitlab.RotatePersonalAccessTokenOptions{ExpiresAt: &far})},
		{name: "rotate without a credential", status: 401, text: unauthorized, call: rotate(others, gitlab.RotatePersonalAccessTokenOptions{})},
		{name: "revoke another's", who: "guest", status: 404, call: revoke(others)},
		{name: "revoke none", who: "admin", status: 404, call: revoke(9999)},
		{name: "revoke without a credential", status: 401, text: unauthorized, call: revoke(others)},
	})
	t.Run("as a job", func(t *testing.T) {
		t.Parallel()
		c, err := gitlab.NewJobClient(w.tokens["job"], gitlab.WithBaseURL(w.url))
		w.must(err)
		t.Cleanup(c.HTTPClient().CloseIdleConnections)
		checkRefused(t, of(c.PersonalAccessTokens.GetSinglePersonalAccessToken()).err, 400,
			"{message: 400 Bad request - This endpoint requires token type to be a personal access token}")
		checkRefused(t, of(c.PersonalAccessTokens.ListPersonalAccessTokens(nil)).err, 403, forbidden)
	})
}
