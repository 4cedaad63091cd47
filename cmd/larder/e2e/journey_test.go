package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestJourneyOfNpm installs one application with the npm of this machine:
// straight from the registry, and then through larder cold, warm, from the
// lockfile, and with the registry gone. All must give the same node_modules.
func TestJourneyOfNpm(t *testing.T) {
	t.Parallel()
	journey(t, npmOnPath(t), upstreamtest.New(t, upstreamtest.Plain()))
}

// TestEveryClient makes the journey with every client, in front of a registry
// that has everything and of a mirror that does the minimum.
func TestEveryClient(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	for _, c := range everyClient(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			journey(t, c, upstreamtest.New(t, upstreamtest.Plain()))
		})
		t.Run(c.name+" from a poor mirror", func(t *testing.T) {
			t.Parallel()
			journey(t, c.leavingOut(upstreamtest.TaggedName), upstreamtest.New(t, upstreamtest.Poor(), upstreamtest.Plain()))
		})
	}
}

// TestChecksumsForThoseWithout installs, with a client that crashes on it, a
// version that declares no checksum: larder has seen the bytes and adds it.
func TestChecksumsForThoseWithout(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	c := yarn1(t)
	c.without = nil
	reg := upstreamtest.New(t, upstreamtest.Plain())
	reg.Add(upstreamtest.Fixtures()...)
	l := start(t, t.TempDir(), reg.URL())
	npmOnPath(t).installIn(t, l.url, "")
	yarn := c.installIn(t, l.url, "")
	npm := npmOnPath(t).installIn(t, l.url, "")
	want := reg.Integrity(upstreamtest.HashlessName, "0.1.0")
	if !strings.Contains(yarn.lock, want) {
		t.Error("the lockfile of yarn lacks the checksum")
	}
	if !strings.Contains(npm.lock, want) {
		t.Error("the lockfile of npm lacks the checksum")
	}
}

// journey makes all installs of one client against one registry.
func journey(t *testing.T, c client, reg *upstreamtest.Registry) {
	reg.Add(upstreamtest.Fixtures()...)
	direct := c.installIn(t, reg.URL(), "")
	reg.Reset()

	l := start(t, t.TempDir(), reg.URL())
	cold := c.installIn(t, l.url, "")
	cold.tree.equal(t, direct.tree)
	sameLock(t, cold.lock, direct.lock)
	onceEach(t, reg)
	nothingForwarded(t, reg)

	steps := []struct {
		name string
		lock string
		down bool
	}{
		{"warm", "", false},
		{"from the lockfile", cold.lock, false},
		{"offline", "", true},
		{"offline from the lockfile", cold.lock, true},
	}
	for _, s := range steps {
		reg.Reset()
		if s.down {
			reg.Down()
		}
		out, err := c.tryInstall(t, l.url, s.lock)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		t.Logf("%s: upstream requests: %v", s.name, kinds(reg))
		out.tree.equal(t, direct.tree)
		if n := reg.Count(upstreamtest.KindTarball); n > 0 {
			t.Errorf("%s: %d tarballs came from upstream again", s.name, n)
		}
		if s.lock != "" && out.lock != s.lock {
			t.Errorf("%s: the lockfile changed", s.name)
		}
	}
}

// kinds counts the requests that the registry saw.
func kinds(reg *upstreamtest.Registry) map[upstreamtest.Kind]int {
	out := map[upstreamtest.Kind]int{}
	for _, q := range reg.Requests() {
		out[q.Kind]++
	}
	return out
}

// onceEach checks that no document and no tarball was fetched twice.
func onceEach(t *testing.T, reg *upstreamtest.Registry) {
	t.Helper()
	seen := map[string]int{}
	for _, q := range reg.Requests(upstreamtest.KindPackument, upstreamtest.KindTarball) {
		seen[q.Method+" "+q.Target]++
	}
	for target, n := range seen {
		if n > 1 {
			t.Errorf("%d upstream requests for %s", n, target)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d upstream requests for a cold install", len(seen))
	}
}

// nothingForwarded checks that what clients say about themselves and their
// machine stays here.
func nothingForwarded(t *testing.T, reg *upstreamtest.Registry) {
	t.Helper()
	for _, q := range reg.Requests() {
		for header := range q.Header {
			name := strings.ToLower(header)
			if strings.HasPrefix(name, "npm-") || strings.HasPrefix(name, "pacote-") ||
				slices.Contains([]string{"referer", "authorization", "cookie", "x-forwarded-for"}, name) {
				t.Errorf("%s: header %s went upstream", q.Target, header)
			}
		}
		agent := strings.ToLower(q.Header.Get("User-Agent"))
		for _, name := range []string{"npm/", "yarn", "bun/", "node"} {
			if strings.Contains(agent, name) {
				t.Errorf("%s: the client's agent %q went upstream", q.Target, agent)
			}
		}
	}
}

// hashInLock finds the checksums that a lockfile names.
var hashInLock = regexp.MustCompile(`sha(1|512)-[A-Za-z0-9+/]+=*|\b[0-9a-f]{40}\b|\b[0-9a-f]{128}\b`)

// sameLock checks that every checksum of a direct install is in the lockfile
// that came through larder. A version that declares none may have got one.
func sameLock(t *testing.T, through, direct string) {
	t.Helper()
	have := hashInLock.FindAllString(through, -1)
	want := hashInLock.FindAllString(direct, -1)
	for _, hash := range want {
		if !slices.Contains(have, hash) {
			t.Errorf("the lockfile lacks %s, which a direct install has", hash)
		}
	}
	if len(want) < 50 {
		t.Errorf("only %d checksums in the lockfile of a direct install", len(want))
	}
}
