package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// installers is how many requests a client has on their way at once.
const installers = 16

// wanted is one request of an install.
type wanted struct {
	name, version string // without a version it is the packument
}

func (w wanted) path() string {
	if w.version == "" {
		return packumentPath(w.name)
	}
	return upstreamtest.TarballPath(w.name, w.version)
}

// shopping is what an install of all fixtures asks for: each packument and then
// the tarballs of its last versions.
func shopping() []wanted {
	var list []wanted
	for _, p := range upstreamtest.Fixtures() {
		list = append(list, wanted{name: p.Name})
		for _, v := range p.Versions[max(0, len(p.Versions)-3):] {
			list = append(list, wanted{p.Name, v.Version})
		}
	}
	return list
}

// shop makes the requests of an install. done is called after each.
func (l *larder) shop(list []wanted, done func(wanted, answer)) {
	next := make(chan wanted, len(list))
	for _, w := range list {
		next <- w
	}
	close(next)
	var wait sync.WaitGroup
	for range installers {
		wait.Go(func() {
			for w := range next {
				done(w, l.get(w.path()))
			}
		})
	}
	wait.Wait()
}

// completes runs an install in which everything must go well.
func (l *larder) completes(t *testing.T, reg *upstreamtest.Registry) {
	t.Helper()
	l.shop(shopping(), func(w wanted, a answer) {
		switch {
		case a.err != nil || a.status != http.StatusOK:
			t.Errorf("%s: %v", w.path(), a)
		case w.version != "":
			packed(t, a, reg, w.name, w.version)
		default:
			l.readable(t, a, w.name)
		}
	})
}

// readable checks that a packument is whole. Documents of versions without a
// checksum get one once the tarball was seen, so bytes are not compared.
func (l *larder) readable(t *testing.T, a answer, name string) {
	t.Helper()
	var doc struct{ Name string }
	if err := json.Unmarshal(a.body, &doc); err != nil || doc.Name != name {
		t.Errorf("packument of %s: %v: %v", name, err, a)
	}
}

// fixtures is a registry with all fixture packages.
func fixtures(t *testing.T) (*upstreamtest.Registry, *honest) {
	t.Helper()
	reg, h := upstreamtest.New(t), newHonest()
	reg.Add(upstreamtest.Fixtures()...)
	h.add(reg, upstreamtest.Fixtures()...)
	return reg, h
}

// TestKilledInAnInstall kills larder at several points of one cold install,
// each time on what the last kill left, and then looks at what there is.
func TestKilledInAnInstall(t *testing.T) {
	t.Parallel()
	reg, h := fixtures(t)
	list := shopping()
	s := setup{data: t.TempDir(), upstream: reg.URL()}
	for _, after := range []int64{1, 10, 40, 80, 120, 160} {
		l := start(t, s)
		var count atomic.Int64
		l.shop(list, func(wanted, answer) {
			if count.Add(1) == after {
				_ = l.cmd.Process.Kill() // requests go on, into the void
			}
		})
		l.kill()
		t.Logf("killed after %d answers: %d files stored, %d in transfer", after, l.keeps(t, h), l.temporaries())
		l.halfNothing(t, s, reg, h)
	}
	l := start(t, s)
	l.completes(t, reg)
	l.keeps(t, h)
	l.stop()
}

// halfNothing starts larder on what a kill left, without upstream: what it
// serves must be whole, and nothing of a transfer may be left.
func (l *larder) halfNothing(t *testing.T, s setup, reg *upstreamtest.Registry, h *honest) {
	t.Helper()
	s.env = []string{"LARDER_CACHE_OFFLINE=true"}
	offline := start(t, s)
	if n := offline.temporaries(); n != 0 {
		t.Errorf("%d temporary files after a start", n)
	}
	served := atomic.Int64{}
	offline.shop(shopping(), func(w wanted, a answer) {
		switch {
		case a.status == http.StatusNotFound && a.err == nil && strings.Contains(string(a.body), "offline mode"):
			return // not stored, and said so
		case w.version != "":
			packed(t, a, reg, w.name, w.version)
		default:
			offline.readable(t, a, w.name)
		}
		served.Add(1)
	})
	t.Logf("%d of %d can be served of %d files", served.Load(), len(shopping()), offline.keeps(t, h))
	offline.stop()
}

// TestKilledInATransfer kills larder while a tarball is half there.
func TestKilledInATransfer(t *testing.T) {
	t.Parallel()
	reg, h := fixtures(t)
	s := setup{data: t.TempDir(), upstream: reg.URL()}
	l := start(t, s)
	gate := upstreamtest.NewGate()
	reg.Fail(upstreamtest.OnTarball(upstreamtest.BigName, "1.0.0"), upstreamtest.HoldBody(mebibyte, gate))
	got := make(chan answer, 1)
	path := upstreamtest.TarballPath(upstreamtest.BigName, "1.0.0")
	go func() { got <- l.get(path) }()
	arrives(t, gate)
	if l.temporaries() == 0 {
		t.Error("the transfer has no temporary file")
	}
	l.kill()
	if a := <-got; a.err == nil {
		t.Errorf("a killed larder answered: %v", a)
	}
	reg.Heal()
	l = start(t, s)
	if n := l.temporaries(); n != 0 {
		t.Errorf("%d temporary files after a start", n)
	}
	packed(t, l.get(path), reg, upstreamtest.BigName, "1.0.0")
	l.completes(t, reg)
	l.keeps(t, h)
	l.stop()
}

// TestCacheDeletedAtRest deletes what is disposable. All is fetched again, but
// what was seen first still counts.
func TestCacheDeletedAtRest(t *testing.T) {
	t.Parallel()
	reg, h := fixtures(t)
	s := setup{data: t.TempDir(), upstream: reg.URL()}
	l := start(t, s)
	l.completes(t, reg)
	l.stop()
	if err := os.RemoveAll(filepath.Join(l.data, "cache")); err != nil {
		t.Fatal(err)
	}
	changed := upstreamtest.Simple("moss", "0.0.1", "0.0.2")
	changed.Versions[0].Files = map[string]string{"index.js": "module.exports = 'other';\n"}
	reg.Add(changed)
	h.add(reg, changed)
	reg.Reset()
	l = start(t, s)
	refused(t, l.get(upstreamtest.TarballPath("moss", "0.0.1")), http.StatusForbidden, "changed upstream since")
	doc := l.get("/moss")
	if doc.status != http.StatusOK || bytes.Contains(doc.body, []byte(reg.Integrity("moss", "0.0.1"))) {
		t.Errorf("the packument vouches for bytes that changed: %v", doc)
	}
	l.shop(shopping(), func(w wanted, a answer) {
		if w.name == "moss" {
			return
		}
		if a.err != nil || a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Status"), "fwd=miss") && w.version != "" {
			t.Errorf("%s: %s: %v", w.path(), a.header.Get("Cache-Status"), a)
		}
	})
	seen := map[string]int{}
	for _, q := range reg.Requests() {
		if seen[q.Target]++; seen[q.Target] > 1 && q.Package != "moss" {
			t.Errorf("%d upstream requests for %s", seen[q.Target], q.Target)
		}
	}
	l.keeps(t, h)
	l.stop()
}
