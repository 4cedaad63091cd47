package contract_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// arena is a larder whose upstream makes every attack that there is.
type arena struct {
	*world
	attacks    []upstreamtest.Attack
	feeds      *advisory.Set
	lookalikes *policy.Lookalikes
}

// contact is whom refusals say to ask.
const contact = "security@example.com"

// newArena makes the attacks while the guards enforce, as on a larder that had
// them from its first day.
func newArena(t *testing.T) *arena {
	t.Helper()
	a := &arena{world: newWorld(t, setup{}), attacks: upstreamtest.Attacks(time.Now())}
	a.feeds = a.loadFeeds(t)
	var private []npm.Name
	for i := range a.attacks {
		if like := a.attacks[i].Resembles; like != "" {
			private = append(private, nameOf(t, like))
		}
	}
	a.lookalikes = policy.NewLookalikes(private)
	a.apply(t, "enforce")
	for i := range a.attacks {
		a.strike(t, &a.attacks[i])
	}
	return a
}

func nameOf(t *testing.T, s string) npm.Name {
	t.Helper()
	n, err := npm.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// loadFeeds writes down what feeds know of the attacks, and reads it.
func (a *arena) loadFeeds(t *testing.T) *advisory.Set {
	t.Helper()
	var records, hashes string
	for i := range a.attacks {
		records += a.attacks[i].Feed
		hashes += a.attacks[i].Indicators
	}
	dir := t.TempDir()
	var sources []advisory.Source
	for name, text := range map[string]string{"malware.jsonl": records, "hashes.txt": hashes} {
		path, format := filepath.Join(dir, name), advisory.Lines
		if name == "hashes.txt" {
			format = advisory.Hashes
		}
		a.must(os.WriteFile(path, []byte(text), 0o600))
		sources = append(sources, advisory.Source{Path: path, Format: format})
	}
	set, err := advisory.Load(t.Context(), sources...)
	a.must(err)
	return set
}

// apply gives the guard of each attack a mode for its package, and leaves the
// others off.
func (a *arena) apply(t *testing.T, mode string) {
	t.Helper()
	c := policy.Config{Level: policy.NoLevel, Licenses: policy.Licenses{Deny: []string{"GPL-3.0-only"}}}
	c.Modes = append(c.Modes, policy.ModeRule{Guard: "license", Mode: "off"})
	for i := range a.attacks {
		k := &a.attacks[i]
		for _, name := range append([]string{k.Package}, k.Beside...) {
			c.Modes = append(c.Modes, policy.ModeRule{Guard: k.Guard, Match: name, Mode: mode})
		}
		if k.Guard == policy.G39.String() {
			c.Blocks = append(c.Blocks, policy.Block{Match: k.Package, Versions: k.Bad, Reason: "it steals tokens"})
		}
	}
	engine, err := policy.Compile(c)
	a.must(err)
	a.proxy.Apply(proxy.Rules{Engine: engine, Feeds: a.feeds, Lookalikes: a.lookalikes, Contact: contact})
}

// strike makes an attack, before the eyes of larder where that is the only way
// to see it.
func (a *arena) strike(t *testing.T, k *upstreamtest.Attack) {
	t.Helper()
	look := func() { // as npm does before it writes: upstream is asked anew
		for _, name := range append([]string{k.Package}, k.Beside...) {
			a.do(t, get("/"+escaped(name)+"?write=true"))
		}
	}
	k.Publish(a.upstream)
	if k.Known {
		look()
	}
	if k.Fetched {
		a.status(t, http.StatusOK, get(tarballPath(k)))
	}
	if k.Forgotten {
		_, err := a.proxy.Purge(t.Context(), nameOf(t, k.Package))
		a.must(err)
	}
	k.Strike(a.upstream, look)
	look()
}

// tarballPath is where larder has the tarball of the bad version.
func tarballPath(k *upstreamtest.Attack) string {
	return upstreamtest.TarballPath(k.Package, k.Bad)
}
