// Package contract_test holds larder to GitLab's npm API and to what each caller
// may do, over HTTP, with everything that a running larder consists of in one
// process: records, files, accounts, registry, proxy, front end and an upstream.
package contract_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/proxy/httpd"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/registry/rest"
	"github.com/larderhq/larder/registry/signature"
	"github.com/larderhq/larder/registry/site"
	"github.com/larderhq/larder/upstream"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestMain forbids goroutines that outlive the tests, but for two of fasthttp
// that end by themselves.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	)
}

// setup is what a world is configured with.
type setup struct {
	private      []string
	publish      map[string]string
	packageLimit int64
	// documentLimit bounds what a publish holds besides its tarball.
	documentLimit int64
	// failedLogins is how often an address may fail in a minute; the worlds of
	// many wrong tokens allow a thousand.
	failedLogins int
	// mount is the path prefix of the public URL, as behind a reverse proxy.
	mount string
}

// world is a running larder with its upstream.
type world struct {
	t        testing.TB
	dir      string
	store    *badgerstore.Store
	blobs    *disk.Store
	ledger   *names.Ledger
	accounts *accounts.Service
	registry *registry.Service
	proxy    *proxy.Proxy
	upstream *upstreamtest.Registry
	server   *httpd.Server
	witness  witness
	clock    *registrytest.Clock
	address  string
	url      string
	// mount is what the public URL has after url.
	mount  string
	client *http.Client

	tokens   map[string]string
	users    map[string]int64
	groups   map[string]int64
	projects map[string]int64
	// known are further numbers that a test looks up by words of its own.
	known map[string]int64
}

var console = accounts.Actor{Name: "console"}

// newClock returns a clock that never stands still, because documents are ordered
// by it.
func newClock() *registrytest.Clock {
	return registrytest.NewTickingClock(time.Now().UTC().Truncate(time.Millisecond), time.Millisecond)
}

// newWorld starts a larder with its administrator, whose token is "admin".
func newWorld(t testing.TB, o setup) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: newClock(), witness: make(witness, 64),
		upstream: upstreamtest.New(t), client: newClient(t), tokens: map[string]string{}, users: map[string]int64{},
		groups: map[string]int64{}, projects: map[string]int64{}, known: map[string]int64{}}
	if o.failedLogins == 0 {
		o.failedLogins = 1000
	}
	w.openRecords(o)
	w.proxy = w.openProxy()
	w.openRegistry(o, w.proxy)
	w.serve(o, w.proxy)
	token, _, err := w.accounts.Bootstrap(t.Context(), accounts.BootstrapInput{})
	w.must(err)
	w.tokens["admin"] = token
	w.projects["local/npm"] = 1
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// close closes something when the test is over.
func (w *world) close(closer func() error) {
	w.t.Cleanup(func() {
		if err := closer(); err != nil {
			w.t.Error(err)
		}
	})
}

func newClient(t testing.TB) *http.Client {
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (w *world) openRecords(o setup) {
	var err error
	w.store, err = badgerstore.Open(filepath.Join(w.dir, "registry"), badgerstore.Options{})
	w.must(err)
	w.close(w.store.Close)
	w.blobs, err = disk.New(filepath.Join(w.dir, "blobs"), disk.Options{})
	w.must(err)
	var private []npm.Pattern
	for _, text := range o.private {
		p, err := npm.ParsePattern(text)
		w.must(err)
		private = append(private, p)
	}
	w.ledger, err = names.New(w.store, names.Options{Private: private, Now: w.clock.Now})
	w.must(err)
	w.close(func() error { w.ledger.Close(); return nil })
	w.accounts, err = accounts.New(w.store, accounts.Options{Key: bytes.Repeat([]byte{7}, 32), Now: w.clock.Now,
		Forwarding: true, FailedLogins: o.failedLogins})
	w.must(err)
}

func (w *world) openProxy() *proxy.Proxy {
	recs, err := records.Open(filepath.Join(w.dir, "records"), records.Options{})
	w.must(err)
	w.close(recs.Close)
	files, err := disk.New(filepath.Join(w.dir, "files"), disk.Options{})
	w.must(err)
	set, err := upstream.New([]upstream.Options{{Name: "default", URL: w.upstream.URL()}}, upstream.Shared{
		InstanceID: "test", Sleep: func(context.Context, time.Duration) error { return nil },
		Timeouts: upstream.Timeouts{Header: 5 * time.Second, Idle: 5 * time.Second}})
	w.must(err)
	w.close(func() error { set.Close(); return nil })
	p, err := proxy.New(proxy.Deps{Upstreams: set, Names: w.ledger, Records: recs, Blobs: files,
		Logger: slog.New(slog.DiscardHandler)}, proxy.Options{})
	w.must(err)
	p.Apply(proxy.Rules{Engine: policy.New()})
	w.close(p.Close)
	return p
}

func (w *world) openRegistry(o setup, p *proxy.Proxy) {
	index, err := catalog.New(w.store, catalog.Options{})
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var indexing sync.WaitGroup
	indexing.Go(func() {
		if err := index.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.close(func() error { cancel(); indexing.Wait(); return nil })
	private, err := signature.NewPrivate()
	w.must(err)
	keys, err := signature.NewRing(private)
	w.must(err)
	w.registry, err = registry.New(registry.Deps{Store: w.store, Accounts: w.accounts, Names: w.ledger, Blobs: w.blobs, Upstream: p,
		Catalog: index}, registry.Options{Keys: keys, Now: w.clock.Now, Publish: o.publish, PackageLimit: o.packageLimit, DocumentLimit: o.documentLimit})
	w.must(err)
	w.close(w.registry.Close)
}

// serve runs the front end and what follows the store until the test ends.
func (w *world) serve(o setup, p *proxy.Proxy) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	api, err := rest.New(rest.Deps{Registry: w.registry, Accounts: w.accounts}, rest.Options{Version: "1.2.3", Now: w.clock.Now})
	w.must(err)
	pages, err := site.New(site.Deps{Registry: w.registry, Accounts: w.accounts}, site.Options{})
	w.must(err)
	w.address = ln.Addr().String()
	w.url, w.mount = "http://"+w.address, o.mount
	options := httpd.Options{PackageLimit: o.packageLimit, DocumentLimit: o.documentLimit}
	if o.mount != "" {
		options.PublicURL = w.url + o.mount
	}
	w.server, err = httpd.New(options,
		httpd.Sources{Packages: p, Services: p, Accounts: w.accounts, Registry: w.registry, API: api, Site: pages,
			Witness: w.witness})
	w.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := w.server.Serve(ln); err != nil {
			w.t.Error(err)
		}
	})
	group.Go(func() {
		err := record.Follow(ctx, w.store, slog.New(slog.DiscardHandler), w.ledger, w.accounts, w.registry)
		if err != nil && !errors.Is(err, context.Canceled) {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(func() {
		w.client.CloseIdleConnections()
		drain, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer stop()
		_ = w.server.Shutdown(drain) // tests leave connections open
		cancel()
		group.Wait()
	})
}

// group makes a group.
func (w *world) group(path string, v record.Visibility) {
	w.t.Helper()
	g, err := w.accounts.CreateGroup(w.t.Context(), console, accounts.NewGroup{Path: path, Visibility: v})
	w.must(err)
	w.groups[path] = g.ID
}

// project makes a project.
func (w *world) project(path string, v record.Visibility) {
	w.t.Helper()
	p, err := w.accounts.CreateProject(w.t.Context(), console, accounts.NewProject{Path: path, Visibility: v})
	w.must(err)
	w.projects[path] = p.ID
}

// user makes a user whose token has the user's name.
func (w *world) user(name string) {
	w.t.Helper()
	u, err := w.accounts.CreateUser(w.t.Context(), console, accounts.NewUser{Username: name})
	w.must(err)
	w.users[name] = u.ID
	w.token(name, name, accounts.NewToken{})
}

// token makes a personal token of a user and calls it so.
func (w *world) token(call, user string, n accounts.NewToken) {
	w.t.Helper()
	n.UserID, n.Name = w.users[user], call
	_, secret, err := w.accounts.CreateToken(w.t.Context(), console, n)
	w.must(err)
	w.tokens[call] = secret
}

// deploy makes a deploy token of a project and calls it so.
func (w *world) deploy(call, project, scope string) {
	w.t.Helper()
	_, secret, err := w.accounts.CreateDeployToken(w.t.Context(), console, accounts.NewDeployToken{Name: "deploy",
		Source: record.Source{Kind: record.ProjectSource, ID: w.projects[project]}, Scopes: []string{scope}})
	w.must(err)
	w.tokens[call] = secret
}

// job makes a pipeline of a user in a project and returns its number; the token
// of its jobs is called so.
func (w *world) job(call, user, project string) int64 {
	w.t.Helper()
	pr, err := w.accounts.Project(w.t.Context(), project)
	w.must(err)
	line, secret, err := w.accounts.CreatePipeline(w.t.Context(), w.caller(user).Principal, pr,
		accounts.NewPipeline{Ref: "main", SHA: "4a5b6c", Status: "running"})
	w.must(err)
	w.tokens[call] = secret
	return line.ID
}

// finish ends a pipeline.
func (w *world) finish(user, project string, pipeline int64) {
	w.t.Helper()
	pr, err := w.accounts.Project(w.t.Context(), project)
	w.must(err)
	_, err = w.accounts.SetPipelineStatus(w.t.Context(), w.caller(user).Principal, pr, pipeline, "success")
	w.must(err)
}

// expired makes a token of a user that is over.
func (w *world) expired(call, user string) {
	w.t.Helper()
	w.token(call, user, accounts.NewToken{ExpiresAt: w.clock.Now().Add(time.Second)})
	w.clock.Move(time.Minute)
}

// member gives a user a role in a group.
func (w *world) member(group, user string, level record.AccessLevel) {
	w.t.Helper()
	w.must(w.accounts.SetMember(w.t.Context(), console, record.Member{
		Source: record.Source{Kind: record.GroupSource, ID: w.groups[group]}, UserID: w.users[user], Level: level}))
}

// caller signs somebody in without HTTP, to prepare what a test is not about.
func (w *world) caller(who string) registry.Caller {
	w.t.Helper()
	c := accounts.Credential{}
	if token := w.tokens[who]; token != "" {
		c = accounts.Credential{Form: accounts.Bearer, Secret: token}
	}
	p, err := w.accounts.Authenticate(w.t.Context(), c, netip.MustParseAddr("192.0.2.1"))
	w.must(err)
	return registry.Caller{Principal: p, Address: "192.0.2.1"}
}

// The roles that members of a team have.
var roles = map[string]record.AccessLevel{"guest": record.Guest, "reporter": record.Reporter,
	"developer": record.Developer, "maintainer": record.Maintainer, "owner": record.Owner}

// newTeam starts a larder with the public group acme, in it a project of each
// visibility (pub, int, prv), a user of each role, and a stranger.
func newTeam(t testing.TB, o setup) *world {
	t.Helper()
	w := newWorld(t, o)
	w.group("acme", record.PublicVisibility)
	w.project("acme/pub", record.PublicVisibility)
	w.project("acme/int", record.InternalVisibility)
	w.project("acme/prv", record.PrivateVisibility)
	w.user("stranger")
	for role, level := range roles {
		w.user(role)
		w.member("acme", role, level)
	}
	return w
}

// in is the project prefix of a project by its number.
func (w *world) in(project string) string {
	w.t.Helper()
	id, ok := w.projects[project]
	if !ok {
		w.t.Fatalf("no project %s", project)
	}
	return "/api/v4/projects/" + strconv.FormatInt(id, 10) + "/packages/npm"
}

// below is the group prefix of a group.
func (w *world) below(group string) string {
	return "/api/v4/groups/" + strconv.FormatInt(w.groups[group], 10) + "/-/packages/npm"
}

// instance is the instance prefix.
const instance = "/api/v4/packages/npm"

// files counts the published files and what is unfinished beside them.
func (w *world) files() (n int) {
	w.t.Helper()
	w.must(filepath.WalkDir(filepath.Join(w.dir, "blobs"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}
