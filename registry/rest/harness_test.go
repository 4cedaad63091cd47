package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Who calls in tests. Users of these names have a token of the scope api; those
// of roles are members of the group "acme" with that role.
const (
	nobody     = ""
	admin      = "root"
	stranger   = "stranger"
	guest      = "guest"
	reporter   = "reporter"
	developer  = "developer"
	maintainer = "maintainer"
	owner      = "owner"
)

// house is the API over real rooms, with a user of each role, the group "acme"
// and the project "acme/web", both private.
type house struct {
	tb       testing.TB
	api      *API
	store    *badgerstore.Store
	accounts *accounts.Service
	registry *registry.Service
	clock    *registrytest.Clock
	// secrets are tokens by who has them; tests add to them.
	secrets map[string]string
	users   map[string]record.User
	group   record.Group
	project record.Project
}

// nowhere is an upstream that has nothing.
type nowhere struct{}

func (nowhere) Has(context.Context, npm.Name) (bool, error) { return false, nil }

func (nowhere) HasVersion(context.Context, npm.Name, string) (bool, error) { return false, nil }

func (nowhere) Document(context.Context, npm.Name) ([]byte, error) {
	return nil, &npm.Error{Kind: npm.ErrNotFound, Text: "no such package"}
}

var console = accounts.Actor{Name: "console"}

// newHouse opens everything; a test may change what accounts is opened with.
func newHouse(tb testing.TB, change ...func(*accounts.Options)) *house {
	tb.Helper()
	h := &house{tb: tb, clock: registrytest.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)),
		secrets: map[string]string{}, users: map[string]record.User{}}
	dir := tb.TempDir()
	var err error
	h.store, err = badgerstore.Open(filepath.Join(dir, "registry"), badgerstore.Options{})
	h.must(err)
	tb.Cleanup(func() { h.must(h.store.Close()) })
	o := accounts.Options{Key: make([]byte, 32), Forwarding: true, Now: h.clock.Now}
	for _, c := range change {
		c(&o)
	}
	h.accounts, err = accounts.New(h.store, o)
	h.must(err)
	h.openRegistry(dir)
	h.api, err = New(Deps{Registry: h.registry, Accounts: h.accounts}, Options{Version: "1.2.3", Now: h.clock.Now})
	h.must(err)
	h.people()
	return h
}

func (h *house) openRegistry(dir string) {
	ledger, err := names.New(h.store, names.Options{})
	h.must(err)
	h.tb.Cleanup(ledger.Close)
	blobs, err := disk.New(filepath.Join(dir, "blobs"), disk.Options{})
	h.must(err)
	index, err := catalog.New(h.store, catalog.Options{})
	h.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var indexing sync.WaitGroup
	indexing.Go(func() {
		if err := index.Run(ctx); err != nil {
			h.tb.Error(err)
		}
	})
	h.tb.Cleanup(func() { cancel(); indexing.Wait() })
	h.registry, err = registry.New(registry.Deps{Store: h.store, Accounts: h.accounts, Names: ledger, Blobs: blobs,
		Upstream: nowhere{}, Catalog: index}, registry.Options{Now: h.clock.Now})
	h.must(err)
	h.tb.Cleanup(func() { h.must(h.registry.Close()) })
}

// people makes the users, the group and the project.
func (h *house) people() {
	ctx := h.tb.Context()
	secret, _, err := h.accounts.Bootstrap(ctx, accounts.BootstrapInput{})
	h.must(err)
	h.secrets[admin] = secret
	h.users[admin], err = h.accounts.UserByName(ctx, admin)
	h.must(err)
	h.group, err = h.accounts.CreateGroup(ctx, console, accounts.NewGroup{Path: "acme"})
	h.must(err)
	h.project, err = h.accounts.CreateProject(ctx, console, accounts.NewProject{Path: "acme/web"})
	h.must(err)
	source := record.Source{Kind: record.GroupSource, ID: h.group.ID}
	levels := map[string]record.AccessLevel{guest: record.Guest, reporter: record.Reporter, developer: record.Developer,
		maintainer: record.Maintainer, owner: record.Owner}
	for _, name := range []string{stranger, guest, reporter, developer, maintainer, owner} {
		u := h.user(name)
		if level, ok := levels[name]; ok {
			h.must(h.accounts.SetMember(ctx, console, record.Member{Source: source, UserID: u.ID, Level: level}))
		}
	}
}

// user makes a user with a token.
func (h *house) user(name string) record.User {
	h.tb.Helper()
	u, err := h.accounts.CreateUser(h.tb.Context(), console, accounts.NewUser{Username: name, Email: name + "@example.com"})
	h.must(err)
	h.users[name] = u
	h.token(name, accounts.NewToken{UserID: u.ID})
	return u
}

// token makes a token with which who calls.
func (h *house) token(who string, n accounts.NewToken) record.Token {
	h.tb.Helper()
	if n.Name == "" {
		n.Name = who
	}
	t, secret, err := h.accounts.CreateToken(h.tb.Context(), console, n)
	h.must(err)
	h.secrets[who] = secret
	return t
}

func (h *house) must(err error) {
	h.tb.Helper()
	if err != nil {
		h.tb.Fatal(err)
	}
}

// reply is what a call is answered with.
type reply struct {
	tb     testing.TB
	status int
	header map[string]string
	body   string
}

// call asks the API. The path may have a query; a body that begins with "{" is
// JSON, any other a form.
func (h *house) call(who, method, path, body string) reply {
	h.tb.Helper()
	out := reply{tb: h.tb, status: http.StatusOK, header: map[string]string{}}
	resp, err := h.ask(who, method, path, body)
	if err != nil {
		var told any
		out.status, told = h.refused(err)
		out.encode(told)
		return out
	}
	if resp.Status != 0 {
		out.status = resp.Status
	}
	for _, header := range resp.Header {
		out.header[header.Name] = header.Value
	}
	if resp.File != nil {
		content, err := io.ReadAll(resp.File.Body)
		h.must(errors.Join(err, resp.File.Body.Close()))
		out.body = string(content)
		return out
	}
	if resp.Body != nil {
		out.encode(resp.Body)
	}
	return out
}

func (r *reply) encode(body any) {
	r.tb.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		r.tb.Fatal(err)
	}
	r.body = strings.TrimSuffix(b.String(), "\n")
}

// ask does what the front end does: finds out who asks and for what, and reads
// the parameters.
func (h *house) ask(who, method, path, body string) (*Response, error) {
	path, rawQuery, _ := strings.Cut(path, "?")
	query, err := url.ParseQuery(rawQuery)
	h.must(err)
	principal, err := h.accounts.Authenticate(h.tb.Context(), h.credential(who), netip.MustParseAddr("192.0.2.1"))
	if err != nil {
		return nil, err
	}
	route, args, err := findRoute(method, path)
	if err != nil {
		return nil, err
	}
	if route.SignedIn && principal.Kind == accounts.Anonymous {
		return nil, errUnauthenticated()
	}
	contentType := "application/x-www-form-urlencoded"
	if strings.HasPrefix(body, "{") {
		contentType = "application/json"
	}
	params, err := ReadParams(query, contentType, []byte(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(params, args)
	return route.Run(h.api, h.tb.Context(), &Request{Method: method, Fetches: true, Principal: principal, Address: "192.0.2.1",
		Base: "https://npm.example.com", Path: "/api/v4" + path, Query: query, Params: params})
}

// credential is the token that who has. It is of the kind that its beginning
// says; "user:password" is both.
func (h *house) credential(who string) accounts.Credential {
	if who == nobody {
		return accounts.Credential{}
	}
	if name, password, ok := strings.Cut(who, ":"); ok {
		return accounts.Credential{Form: accounts.Basic, Username: name, Secret: password}
	}
	secret, ok := h.secrets[who]
	if !ok {
		h.tb.Fatalf("%s has no token", who)
	}
	return accounts.Credential{Form: accounts.Bearer, Secret: secret}
}

// findRoute finds a route as the front end does: words come before parts that
// may be anything.
func findRoute(method, path string) (Route, Params, error) {
	best, found := Route{}, Params(nil)
	for _, route := range Routes() {
		if args, ok := matchPath(route.Path, path); ok && route.Method == method && (found == nil || len(args) < len(found)) {
			best, found = route, args
		}
	}
	if found == nil {
		return best, nil, &Refusal{Status: http.StatusNotFound, Text: "no route"}
	}
	return best, found, nil
}

func matchPath(pattern, path string) (Params, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	args := Params{}
	for i, part := range want {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			value, err := url.PathUnescape(got[i])
			if err != nil || value == "" {
				return nil, false
			}
			args[name] = value
		} else if part != got[i] {
			return nil, false
		}
	}
	return args, true
}

// refused gives an error the status and the form that the front end gives it.
func (h *house) refused(err error) (int, any) {
	h.tb.Helper()
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Status, map[string]any{"message": refusal.Message()}
	}
	status := 0
	for kind, s := range map[error]int{npm.ErrInvalid: 400, npm.ErrUnauthenticated: 401, npm.ErrForbidden: 403,
		npm.ErrNotFound: 404, npm.ErrConflict: 409, npm.ErrUnprocessable: 422, npm.ErrTooMany: 429} {
		if errors.Is(err, kind) {
			status = s
		}
	}
	if status == 0 {
		h.tb.Fatalf("an error that no status fits: %v", err)
	}
	text, message := http.StatusText(status), http.StatusText(status)
	var e *npm.Error
	if errors.As(err, &e) {
		text = e.Text
		switch {
		case status == http.StatusUnauthorized:
		case e.Message != "":
			message = e.Message
		case status == http.StatusForbidden:
		default:
			message = titled(e.Text)
		}
	}
	if status == http.StatusBadRequest {
		return status, map[string]string{"error": text}
	}
	return status, map[string]string{"message": strconv.Itoa(status) + " " + message}
}

// titled begins every word with a capital.
func titled(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// object decodes a body that is an object.
func (r reply) object() map[string]any {
	r.tb.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		r.tb.Fatalf("%q: %v", r.body, err)
	}
	return out
}

// list decodes a body that is a list of objects.
func (r reply) list() []map[string]any {
	r.tb.Helper()
	var out []map[string]any
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		r.tb.Fatalf("%q: %v", r.body, err)
	}
	return out
}

// column returns one member of every object in a list, with blanks between.
func (r reply) column(name string) string {
	r.tb.Helper()
	var out []string
	for _, o := range r.list() {
		out = append(out, textOf(o[name]))
	}
	return strings.Join(out, " ")
}

// textOf writes a JSON value as tests compare it.
func textOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.Trim(string(b), `"`)
}

// keys lists the members of an object by name.
func keys(o map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(o)), " ") }

// refusalCase is a call that must be refused.
type refusalCase struct {
	name, who, method, path, body string
	status                        int
	want                          string // the whole body
}

// refuses checks that calls are refused in GitLab's words.
func (h *house) refuses(t *testing.T, cases []refusalCase) {
	t.Helper()
	for _, tt := range cases {
		got := h.call(tt.who, tt.method, tt.path, tt.body)
		if got.status != tt.status || got.body != tt.want {
			t.Errorf("%s: %s %s by %q = %d %s, want %d %s", tt.name, tt.method, tt.path, tt.who, got.status, got.body, tt.status, tt.want)
		}
	}
}

// ends writes the number at the end of a path.
func ends(path string, id int64) string { return path + "/" + strconv.FormatInt(id, 10) }
