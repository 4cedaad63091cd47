package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// phase is a time in which all guards have one mode.
type phase struct {
	name, mode string
	// expect is what a route has to answer to an attack.
	expect func(route) func(*testing.T, *arena, *upstreamtest.Attack)
}

// TestGuards makes every attack, and asks every route for its bad version while
// the guard that the attack is made for refuses, only looks, or warns. At first
// larder has no tarball but those that it judged; in the end it has all that
// may be had.
func TestGuards(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	refused := func(r route) func(*testing.T, *arena, *upstreamtest.Attack) { return r.refused }
	served := func(r route) func(*testing.T, *arena, *upstreamtest.Attack) { return r.served }
	etags := map[string]map[string]string{}
	for _, p := range []phase{
		{"enforce", "enforce", refused}, {"off", "off", served}, {"dry-run", "dry-run", served},
		{"warn", "warn", served}, {"enforce again", "enforce", refused},
	} {
		a.apply(t, p.mode)
		etags[p.name] = map[string]string{}
		for i := range a.attacks {
			k := &a.attacks[i]
			a.run(t, p, k)
			etags[p.name][k.Name] = a.do(t, get("/"+escaped(k.Package))).Header.Get("ETag")
		}
	}
	for i := range a.attacks {
		etagsFollow(t, &a.attacks[i], etags)
	}
}

// run asks every route for one attack in one mode.
func (a *arena) run(t *testing.T, p phase, k *upstreamtest.Attack) {
	t.Helper()
	for _, r := range slices.Concat(routes(), services()) {
		check := p.expect(r)
		if k.Unlisted && !r.bytes {
			continue // no document has had it since
		}
		if p.mode == "warn" && r.warned != nil {
			check = r.warned
		}
		if p.mode != "enforce" && always[k.Name] {
			check = r.refused
			if !r.bytes {
				continue
			}
		}
		t.Run(strings.Join([]string{k.Guard, k.Name, p.name, r.name}, "/"), func(t *testing.T) { check(t, a, k) })
	}
}

// always are attacks whose bytes are refused whatever the mode of their guard:
// what is pinned is the name of those bytes, and a file that is no archive of
// its own version could not be served as one.
var always = map[string]bool{"version with other bytes": true}

// etagsFollow checks that who has a document of one mode does not keep it in
// another, where it is not the same.
func etagsFollow(t *testing.T, k *upstreamtest.Attack, etags map[string]map[string]string) {
	t.Helper()
	if k.Unlisted {
		return
	}
	of := func(phase string) string { return etags[phase][k.Name] }
	if of("enforce") == of("off") || of("enforce again") == of("off") {
		t.Errorf("%s: the document has the same ETag whether the guard enforces or not: %s", k.Name, of("off"))
	}
	if of("dry-run") != of("off") {
		t.Errorf("%s: a dry run changes the ETag from %s to %s", k.Name, of("off"), of("dry-run"))
	}
}

// TestEveryGuardIsAttacked looks for guards that no attack is made for.
func TestEveryGuardIsAttacked(t *testing.T) {
	t.Parallel()
	attacked := map[string]bool{}
	for _, k := range upstreamtest.Attacks(newClock().Now()) {
		attacked[k.Guard] = true
	}
	for _, g := range policy.Guards() {
		if !attacked[g.String()] {
			t.Errorf("no attack shows what %s (%s) is for", g, g.Word())
		}
		delete(attacked, g.String())
	}
	for g := range attacked {
		t.Errorf("there is no guard %s", g)
	}
}
