package httpd

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// team is a server above real accounts: a private project acme/lib with a
// person in each role, and tokens of every kind.
type team struct {
	*harness
	below   *rooms
	project *accounts.Project
	// tokens by the name of who holds them.
	tokens map[string]string
}

const password = "correct horse battery staple"

var console = accounts.Actor{Name: "console"}

func newTeam(t testing.TB, o Options) *team {
	t.Helper()
	below, err := openRooms(t.TempDir(), accounts.Options{FailedLogins: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := below.close(); err != nil {
			t.Error(err)
		}
	})
	h := bareHarness(t, &o)
	h.build(o, below)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = ln.Addr().String()
	h.run(ln)
	tm := &team{harness: h, below: below, tokens: map[string]string{}}
	tm.populate()
	return tm
}

func (tm *team) must(err error) {
	tm.t.Helper()
	if err != nil {
		tm.t.Fatal(err)
	}
}

func (tm *team) populate() {
	tm.t.Helper()
	ctx, a := context.Background(), tm.below.accounts
	group, err := a.CreateGroup(ctx, console, accounts.NewGroup{Path: "acme", Visibility: record.PrivateVisibility})
	tm.must(err)
	project, err := a.CreateProject(ctx, console, accounts.NewProject{Path: group.FullPath + "/lib", Visibility: record.PrivateVisibility})
	tm.must(err)
	tm.project, err = a.ProjectByID(ctx, project.ID)
	tm.must(err)
	source := record.Source{Kind: record.ProjectSource, ID: project.ID}
	for name, level := range map[string]record.AccessLevel{"gus": record.Guest, "dev": record.Developer, "may": record.Maintainer, "sam": record.NoAccess} {
		secret := "" // hashing one takes its time
		if name == "dev" || name == "may" {
			secret = password
		}
		u, err := a.CreateUser(ctx, console, accounts.NewUser{Username: name, Name: strings.ToUpper(name), Email: name + "@example.com", Password: secret})
		tm.must(err)
		if level != record.NoAccess {
			tm.must(a.SetMember(ctx, console, record.Member{Source: source, UserID: u.ID, Level: level}))
		}
		_, tm.tokens[name], err = a.CreateToken(ctx, console, accounts.NewToken{UserID: u.ID, Name: "test"})
		tm.must(err)
		if name == "may" {
			_, tm.tokens["reader"], err = a.CreateToken(ctx, console, accounts.NewToken{UserID: u.ID, Name: "read", Scopes: []string{accounts.ScopeReadAPI}})
			tm.must(err)
		}
	}
	_, tm.tokens["deploy"], err = a.CreateDeployToken(ctx, console, accounts.NewDeployToken{Source: source, Name: "ci", Username: "robot",
		Scopes: []string{accounts.ScopeReadRegistry}})
	tm.must(err)
	dev, err := a.Authenticate(ctx, accounts.Credential{Form: accounts.Bearer, Secret: tm.tokens["dev"]}, loopback)
	tm.must(err)
	_, tm.tokens["job"], err = a.CreatePipeline(ctx, dev, tm.project, accounts.NewPipeline{Ref: "main", SHA: "abc123", Status: "running"})
	tm.must(err)
}

// as is the header with which somebody signs in.
func (tm *team) as(who string) string { return "Authorization: Bearer " + tm.tokens[who] }

// send sends a request with a body as somebody; nobody where who is empty.
func (tm *team) sendAs(who, method, target, body string, headers ...string) reply {
	tm.t.Helper()
	if who != "" {
		headers = append(headers, tm.as(who))
	}
	if body == "" && method != "POST" && method != "PUT" && method != "PATCH" {
		return tm.do(method, target, headers...)
	}
	c := tm.dial()
	defer c.Close()
	headers = append(headers, fmt.Sprintf("Content-Length: %d", len(body)))
	return tm.exchange(c, method, requestText(method, target, headers...)+body)
}

// json decodes an answer.
func (r reply) json(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("body %.300q: %v", r.body, err)
	}
}

// wantBody checks a whole body.
func (r reply) wantBody(t testing.TB, want string) {
	t.Helper()
	if got := string(r.body); got != want {
		t.Errorf("body %s, want %s", got, want)
	}
}
