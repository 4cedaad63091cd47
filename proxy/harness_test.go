package proxy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const base = "http://larder.example.com"

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// counts is a proxy.Recorder that tests read.
type counts struct {
	mu     sync.Mutex
	shared map[string]int
	failed map[string]int
	change int
	behind int
	left   int
}

func (c *counts) add(m *map[string]int, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *m == nil {
		*m = make(map[string]int)
	}
	(*m)[key]++
}

func (c *counts) FlightShared(kind string)      { c.add(&c.shared, kind) }
func (c *counts) IntegrityFailed(reason string) { c.add(&c.failed, reason) }

func (c *counts) IntegrityChanged() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.change++
}

func (c *counts) BackgroundRefresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.behind++
}

func (c *counts) AuditScrubbed(names int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left += names
}

func (c *counts) scrubs() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}

func (c *counts) sharing(kind string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shared[kind]
}

func (c *counts) failures(reason string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed[reason]
}

// larder is a proxy over real stores in front of a real registry server.
type larder struct {
	*proxy.Proxy
	up           *upstreamtest.Registry
	clock        *clock
	counts       *counts
	ledger       *names.Ledger
	data         string
	private      []string
	opts         proxy.Options
	rules        proxy.Rules // idle ones where a test names none
	more         []upstream.Options
	allow        []string
	allowPrivate bool
	wrap         func(blob.Store) blob.Store // may stand before the blobs
	stop         func()
}

// start opens the stores and the proxy; setup may change the settings first.
func start(t *testing.T, up *upstreamtest.Registry, setup ...func(*larder)) *larder {
	t.Helper()
	l := &larder{up: up, data: t.TempDir(), counts: &counts{},
		clock: &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
	l.opts = proxy.Options{Now: l.clock.Now, RevalidateWait: 10 * time.Second}
	for _, s := range setup {
		s(l)
	}
	l.open(t)
	t.Cleanup(func() { l.stop() })
	return l
}

func (l *larder) open(t *testing.T) {
	t.Helper()
	store := must(badgerstore.Open(filepath.Join(l.data, "registry"), badgerstore.Options{}))(t)
	recs := must(records.Open(filepath.Join(l.data, "records"), records.Options{}))(t)
	var blobs blob.Store = must(disk.New(filepath.Join(l.data, "files"), disk.Options{}))(t)
	if l.wrap != nil {
		blobs = l.wrap(blobs)
	}
	var private []npm.Pattern
	for _, text := range l.private {
		private = append(private, must(npm.ParsePattern(text))(t))
	}
	l.ledger = must(names.New(store, names.Options{Private: private, Now: l.clock.Now}))(t)
	all := append([]upstream.Options{{Name: "default", URL: l.up.URL(), TarballHosts: l.allow, AllowPrivate: l.allowPrivate}}, l.more...)
	set := must(upstream.New(all, upstream.Shared{
		InstanceID: "test", Sleep: func(context.Context, time.Duration) error { return nil },
		Timeouts: upstream.Timeouts{Header: 5 * time.Second, Idle: 5 * time.Second},
	}))(t)
	l.Proxy = must(proxy.New(proxy.Deps{Upstreams: set, Names: l.ledger, Records: recs, Blobs: blobs,
		Metrics: l.counts, Logger: slog.New(slog.DiscardHandler)}, l.opts))(t)
	if l.rules.Engine == nil {
		l.rules.Engine = policy.New()
	}
	l.Apply(l.rules)
	var once sync.Once
	ledger := l.ledger
	l.stop = func() {
		once.Do(func() {
			check(t, l.Proxy.Close())
			set.Close()
			ledger.Close()
			check(t, recs.Close())
			check(t, store.Close())
		})
	}
}

// restart closes everything and opens it again on the same data.
func (l *larder) restart(t *testing.T) {
	t.Helper()
	l.stop()
	l.open(t)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func name(t *testing.T, s string) npm.Name {
	t.Helper()
	return must(npm.ParseName(s))(t)
}

func ctx(t *testing.T) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return c
}

// full asks for a full packument.
func (l *larder) full(t *testing.T, pkg string) (proxy.Answer, error) {
	t.Helper()
	return l.Packument(ctx(t), proxy.PackumentRequest{Name: name(t, pkg), Base: base})
}

func (l *larder) tarball(t *testing.T, pkg, version string) (*proxy.Tarball, error) {
	t.Helper()
	n := name(t, pkg)
	return l.Tarball(ctx(t), proxy.TarballRequest{Name: n, File: n.TarballFile(version)})
}

// bytesOf reads a whole tarball.
func (l *larder) bytesOf(t *testing.T, pkg, version string) ([]byte, error) {
	t.Helper()
	ball, err := l.tarball(t, pkg, version)
	if err != nil {
		return nil, err
	}
	defer ball.Body.Close()
	return io.ReadAll(ball.Body)
}

// doc is the part of a packument that tests look at.
type doc struct {
	Name     string            `json:"name"`
	Tags     map[string]string `json:"dist-tags"`
	Time     map[string]string `json:"time"`
	Versions map[string]struct {
		Dist struct {
			Tarball, Integrity, Shasum string
		} `json:"dist"`
	} `json:"versions"`
}

func text(t *testing.T, a proxy.Answer) []byte {
	t.Helper()
	gz := must(gzip.NewReader(bytes.NewReader(a.Gzip)))(t)
	body := must(io.ReadAll(gz))(t)
	if int64(len(body)) != a.Size {
		t.Fatalf("document says %d bytes and has %d", a.Size, len(body))
	}
	return body
}

func decode(t *testing.T, a proxy.Answer) doc {
	t.Helper()
	var d doc
	check(t, json.Unmarshal(text(t, a), &d))
	return d
}

// forgetTarballs deletes the disposable data, as an administrator may.
func (l *larder) forgetTarballs(t *testing.T) {
	t.Helper()
	l.stop()
	check(t, os.RemoveAll(filepath.Join(l.data, "records")))
	check(t, os.RemoveAll(filepath.Join(l.data, "files")))
	l.open(t)
}
