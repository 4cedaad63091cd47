package upstreamtest

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Registry is a running npm registry.
type Registry struct {
	t      testing.TB
	opts   options
	base   string // URL without a slash at the end
	sign   *signer
	ctx    context.Context // ends when the registry closes
	cancel context.CancelFunc

	mu         sync.Mutex
	server     *httptest.Server // nil while down
	address    string
	log        []Request
	faults     []*planted
	packages   map[string]*entry
	advisories map[string][]Advisory
}

// entry is everything served for one package.
type entry struct {
	pkg   Package
	full  *document
	short *document // nil where the abbreviated form does not exist
	balls map[string]tarball
}

type options struct {
	poor   bool
	plain  bool
	tls    bool
	prefix string
	token  string
	host   string
}

// Option changes what kind of registry New starts.
type Option func(*options)

// Poor is a mirror that does the minimum: no validators, no compression, no
// abbreviated form, no dist-tag beside "latest", no search, keys or audit.
func Poor() Option { return func(o *options) { o.poor = true } }

// Plain is a registry that signs nothing and has no keys. Others sign every
// version that declares all checksums, so that one which does not is suspect.
func Plain() Option { return func(o *options) { o.plain = true } }

// TLS serves https with the certificate in CAFile.
func TLS() Option { return func(o *options) { o.tls = true } }

// Prefix mounts the registry below a path such as "/npm/public".
func Prefix(path string) Option {
	return func(o *options) { o.prefix = "/" + strings.Trim(path, "/") }
}

// Token makes the registry answer 401 to requests without this bearer token.
func Token(token string) Option { return func(o *options) { o.token = token } }

// Host names the registry differently in its own URL, for example
// "localhost", so that two registries are different hosts.
func Host(name string) Option { return func(o *options) { o.host = name } }

// New starts a registry on a free port of the loopback. It ends with the test.
func New(t testing.TB, opts ...Option) *Registry {
	t.Helper()
	r := &Registry{
		t: t, sign: newSigner(),
		packages:   map[string]*entry{},
		advisories: map[string][]Advisory{},
	}
	for _, o := range opts {
		o(&r.opts)
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	t.Cleanup(r.Close)
	r.start("127.0.0.1:0")
	scheme, host := "http://", r.address
	if r.opts.tls {
		scheme = "https://"
	}
	if r.opts.host != "" {
		_, port, _ := net.SplitHostPort(host) // the address of a listener
		host = net.JoinHostPort(r.opts.host, port)
	}
	r.base = scheme + host + r.opts.prefix
	return r
}

func (r *Registry) start(address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		r.t.Fatalf("start registry: %v", err)
	}
	server := httptest.NewUnstartedServer(r)
	must(server.Listener.Close())
	server.Listener = listener
	server.Config.BaseContext = func(net.Listener) context.Context { return r.ctx }
	server.Config.ErrorLog = quiet()
	if r.opts.tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server, r.address = server, listener.Addr().String()
}

// URL is the registry's address, without a slash at the end.
func (r *Registry) URL() string { return r.base }

// CAFile writes the certificate of a TLS registry into a file.
func (r *Registry) CAFile() string {
	r.t.Helper()
	block := &pem.Block{Type: "CERTIFICATE", Bytes: r.server.Certificate().Raw}
	path := filepath.Join(r.t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		r.t.Fatalf("write certificate: %v", err)
	}
	return path
}

// Down stops listening and cuts every connection: new ones are refused.
func (r *Registry) Down() {
	r.mu.Lock()
	server := r.server
	r.server = nil
	r.mu.Unlock()
	if server == nil {
		return
	}
	server.CloseClientConnections()
	server.Close()
}

// Up listens again at the same address.
func (r *Registry) Up() {
	r.t.Helper()
	r.start(r.address)
}

// Close ends the registry for good, with every request that a fault holds.
func (r *Registry) Close() {
	r.cancel()
	r.Down()
}

// Add serves these packages, replacing those of the same name.
func (r *Registry) Add(packages ...Package) {
	for _, p := range packages {
		e := &entry{pkg: p, balls: map[string]tarball{}}
		for i, v := range p.Versions {
			ball := pack(p.Name, v)
			ball.modified = p.published(i).Truncate(1e9)
			e.balls[v.Version] = ball
		}
		draw := renderer{base: r.base, poor: r.opts.poor, plain: r.opts.plain, sign: r.sign}
		body := encode(draw.full(p, e.balls))
		if r.opts.poor {
			body = spaced(body)
		} else if !p.Unpublished {
			e.short = newDocument(encode(draw.short(p, e.balls)), p.modified())
		}
		e.full = newDocument(body, p.modified())
		r.put(p.Name, e)
	}
}

// AddDocument serves a packument as it stands, without tarballs.
func (r *Registry) AddDocument(name string, body []byte) {
	r.put(name, &entry{
		pkg: Package{Name: name}, full: newDocument(body, firstPublish), balls: map[string]tarball{},
	})
}

// Release adds one version to a package that is already served.
func (r *Registry) Release(name string, v Version) {
	r.t.Helper()
	e, ok := r.find(name)
	if !ok {
		r.t.Fatalf("release: no package %q", name)
	}
	p := e.pkg
	p.Versions = append(append([]Version{}, p.Versions...), v)
	r.Add(p)
}

// Remove forgets a package.
func (r *Registry) Remove(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.packages, name)
}

// TarballURL is where the tarball of a version is.
func (r *Registry) TarballURL(name, version string) string {
	return r.base + TarballPath(name, version)
}

// Integrity is the sha512 of a version's tarball in SRI form.
func (r *Registry) Integrity(name, version string) string {
	r.t.Helper()
	return r.ball(name, version).integrity
}

// Bytes are the bytes of a version's tarball.
func (r *Registry) Bytes(name, version string) []byte {
	r.t.Helper()
	return r.ball(name, version).bytes
}

// Document is the full packument as it is served.
func (r *Registry) Document(name string) []byte {
	r.t.Helper()
	e, ok := r.find(name)
	if !ok {
		r.t.Fatalf("no package %q", name)
	}
	return e.full.body
}

func (r *Registry) ball(name, version string) tarball {
	r.t.Helper()
	e, ok := r.find(name)
	if !ok {
		r.t.Fatalf("no package %q", name)
	}
	ball, ok := e.balls[version]
	if !ok {
		r.t.Fatalf("no version %q of %q", version, name)
	}
	return ball
}

func (r *Registry) put(name string, e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packages[name] = e
}

func (r *Registry) find(name string) (*entry, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.packages[name]
	return e, ok
}

// String names the registry in test output.
func (r *Registry) String() string { return fmt.Sprintf("registry at %s", r.base) }

var _ http.Handler = (*Registry)(nil)
