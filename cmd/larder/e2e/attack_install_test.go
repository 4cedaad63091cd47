package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// anyVersion is a range that every version is in.
const anyVersion = ">=0.0.0"

// TestAttacks makes every attack on every client, through a larder that has
// seen nothing before and through one that knows what was good. Who asks for a
// range gets the last good version, who asks for the bad one or has it in a
// lockfile gets nothing, and no payload ever runs.
func TestAttacks(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	clients := victims(t)
	for _, s := range []*siege{freshSiege(t), knownSiege(t)} {
		for _, v := range clients {
			t.Run(v.name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				s.ranges(t, v)
				s.exact(t, v)
				if s.fresh {
					s.confused(t, v)
				} else {
					s.locked(t, v)
				}
			})
		}
	}
}

// ranges asks for any version of everything at once.
func (s *siege) ranges(t *testing.T, v victim) {
	t.Helper()
	needs := map[string]string{}
	for i := range s.attacks {
		if s.attacks[i].Good != "" {
			needs[s.attacks[i].Package] = anyVersion
		}
	}
	o := v.installs(t, s.url, needs, "")
	o.spared(t)
	if o.err != nil {
		t.Errorf("%v\n%s", o.err, o.text)
		return
	}
	for i := range s.attacks {
		a := &s.attacks[i]
		if got := o.version(t, a.Package); a.Good != "" && got != a.Good {
			t.Errorf("%s: %s %s is installed, want %s", a.Name, a.Package, got, a.Good)
		}
	}
}

// shown are the attacks that a client meets one by one: one for each guard, and
// the one that runs something without a script. Those that both larders can tell
// are shared out between them.
func (s *siege) shown() []*upstreamtest.Attack {
	var out []*upstreamtest.Attack
	met := map[string]bool{}
	for i, a := range upstreamtest.Attacks(time.Now()) {
		mine := a.Known || s.fresh == (i%2 == 0)
		if k := slices.IndexFunc(s.attacks, func(own upstreamtest.Attack) bool { return own.Name == a.Name }); k >= 0 && mine &&
			(!met[a.Guard] || a.Name == "binding.gyp without a script") {
			out = append(out, &s.attacks[k])
		}
		met[a.Guard] = true
	}
	return out
}

// exact asks for bad versions, one by one.
func (s *siege) exact(t *testing.T, v victim) {
	t.Helper()
	for _, a := range s.shown() {
		t.Run("exactly "+a.Name, func(t *testing.T) {
			o := v.installs(t, s.url, map[string]string{a.Package: a.Bad}, "")
			var words []string
			if v.tellsOfDocument && !a.Unlisted {
				words = []string{s.reason(a), "security@example.com"}
			}
			o.refused(t, a.Package, a.Bad, words...)
		})
	}
}

// reason is how the refusal of an attack begins, as a regular expression. Where
// all guards are on, another may be the first to object: a registry that signs
// has to sign everything, and who knows when a version was not there yet does
// not believe that it is old.
func (s *siege) reason(a *upstreamtest.Attack) string {
	guards := a.Guard
	if a.Name == "stripped signature" {
		guards = "G28"
	}
	if !s.fresh {
		guards += "|G18"
	}
	return "blocked by registry policy (" + guards + ") "
}

// locked installs some bad versions from lockfiles, which were written while
// nobody guarded the client: there its payload runs.
func (s *siege) locked(t *testing.T, v victim) {
	t.Helper()
	picked := map[string]bool{"G11": true, "G14": true, "G34": true, "G19": true}
	for i := range s.attacks {
		a := &s.attacks[i]
		if !a.Runs || a.Good == "" || !picked[a.Guard] {
			continue
		}
		picked[a.Guard] = false
		t.Run("locked "+a.Name, func(t *testing.T) {
			needs := map[string]string{a.Package: a.Bad}
			before := v.installs(t, s.reg.URL(), needs, "")
			if before.err != nil || before.lock == "" {
				t.Fatalf("the attack fails where nobody guards: %v\n%s", before.err, before.text)
			}
			if before.marks == "" {
				t.Errorf("the payload does not run where nobody guards:\n%s", before.text)
			}
			o := v.installs(t, s.url, needs, strings.ReplaceAll(before.lock, s.reg.URL(), s.url))
			words := []string{"403"}
			if v.tellsOfTarball {
				words = append(words, s.reason(a))
			}
			o.refused(t, a.Package, a.Bad, words...)
		})
	}
}

// confused asks for private names that strangers have published.
func (s *siege) confused(t *testing.T, v victim) {
	t.Helper()
	for _, c := range s.confusions {
		t.Run("confused by a "+c.Name, func(t *testing.T) {
			o := v.installs(t, s.url, map[string]string{c.Package: anyVersion}, "")
			if c.Published == "" || c.Deleted {
				o.refused(t, c.Package, upstreamtest.ConfusionVersion)
				return
			}
			o.spared(t)
			if got := o.version(t, c.Package); o.err != nil || got != c.Published {
				t.Errorf("%s is installed, want %s: %v\n%s", got, c.Published, o.err, o.text)
			}
		})
	}
}
