package proxy_test

import (
	"errors"
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

// against are the rules of the one guard that an attack is made for, with what
// it needs to be known.
func against(t *testing.T, a upstreamtest.Attack) proxy.Rules {
	t.Helper()
	c := policy.Config{Level: policy.NoLevel, Modes: []policy.ModeRule{{Guard: a.Guard, Mode: "enforce"}},
		Licenses: policy.Licenses{Deny: []string{"GPL-3.0-only"}}}
	r := proxy.Rules{Lookalikes: policy.NewLookalikes([]npm.Name{name(t, "@acme/private")})}
	if a.Resembles != "" {
		r.Lookalikes = policy.NewLookalikes([]npm.Name{name(t, a.Resembles)})
	}
	var sources []advisory.Source
	for file, text := range map[string]string{"feed.jsonl": a.Feed, "hashes.txt": a.Indicators} {
		if text == "" {
			continue
		}
		path := filepath.Join(t.TempDir(), file)
		check(t, os.WriteFile(path, []byte(text), 0o600))
		format := advisory.Lines
		if file == "hashes.txt" {
			format = advisory.Hashes
		}
		sources = append(sources, advisory.Source{Path: path, Format: format})
	}
	if len(sources) > 0 {
		r.Feeds = must(advisory.Load(ctx(t), sources...))(t)
	}
	if a.Guard == policy.G39.String() {
		c.Blocks = []policy.Block{{Match: a.Package, Versions: a.Bad, Reason: "not here"}}
	}
	r.Engine = must(policy.Compile(c))(t)
	return r
}

// TestAttacks makes every attack on a larder that never saw the package, or that
// saw it before where that matters, and asks for the document and the tarball.
func TestAttacks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, a := range upstreamtest.Attacks(now) {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			l := start(t, up, func(l *larder) { l.rules = against(t, a) })
			look := func() {
				_, _ = l.full(t, a.Package)
				l.clock.forward(6 * time.Minute)
			}
			a.Publish(up)
			if a.Known {
				look()
			}
			if a.Fetched {
				l.Apply(proxy.Rules{Engine: policy.New()})
				must(l.bytesOf(t, a.Package, a.Bad))(t)
				l.Apply(l.rules)
			}
			if a.Forgotten {
				must(l.Purge(ctx(t), name(t, a.Package)))(t)
			}
			a.Strike(up, look)
			for _, other := range a.Beside {
				_, _ = l.full(t, other)
			}
			l.clock.forward(6 * time.Minute)
			refused(t, l, a)
		})
	}
}

// refused checks that nobody gets the bad version, from memory or after a start.
func refused(t *testing.T, l *larder, a upstreamtest.Attack) {
	t.Helper()
	for _, again := range []string{"first", "again", "after a restart"} {
		if again == "after a restart" {
			l.restart(t)
		}
		answer, err := l.full(t, a.Package)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		d := decode(t, answer)
		if _, listed := d.Versions[a.Bad]; listed || d.Tags["latest"] != a.Good {
			t.Errorf("%s: %s is listed: %t; latest is %q, want %q", again, a.Bad, listed, d.Tags["latest"], a.Good)
		}
		_, err = l.bytesOf(t, a.Package, a.Bad)
		var refusal *npm.Error
		if !errors.As(err, &refusal) || refusal.Guard != a.Guard {
			t.Errorf("%s: the tarball is %v, want a refusal by %s", again, err, a.Guard)
		}
	}
}
