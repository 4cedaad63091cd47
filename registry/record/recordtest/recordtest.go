// Package recordtest is what every record.Store must pass.
package recordtest

import (
	"errors"
	"slices"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Run runs the suite. open returns a fresh, empty store and closes it when the
// test ends.
func Run(t *testing.T, open func(t *testing.T) record.Store) {
	for _, c := range slices.Concat(ofNames(), ofAccounts(), ofPackages(), ofGuards()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

// aspect is one thing that every store must do.
type aspect struct {
	name string
	run  func(*testing.T, record.Store)
}

// ofNames is about names, settings and transactions.
func ofNames() []aspect {
	return []aspect{
		{"claims are read as written", claims},
		{"names are exact", exactNames},
		{"claims keep how they ended", endedClaims},
		{"claims are paged by name", claimPages},
		{"burns are read as written", burns},
		{"pins are read as written", pins},
		{"pins of a name are its own", pinsOfName},
		{"settings are read as written", settings},
		{"invalid records are refused", invalid},
		{"a failed update writes nothing", failedUpdate},
		{"a transaction sees its own writes", ownWrites},
		{"views cannot write", readOnly},
		{"views are snapshots", snapshot},
		{"changes come in order", changes},
		{"changes are paged", changePages},
		{"a reader of other data is told", behind},
		{"concurrent updates are all kept", concurrent},
		{"an ended context stops", ended},
		{"updates that fail together leave nothing", failingUpdates},
		{"one of many gets what is unique", rivals},
		{"who waits may leave", leaving},
	}
}

// ofAccounts is about people and what is theirs.
func ofAccounts() []aspect {
	return []aspect{
		{"users are read as written", users},
		{"usernames are unique in any case", usernames},
		{"a removed user takes along what was theirs", removedUser},
		{"tokens are read as written", tokens},
		{"tokens are found by their digest", tokenDigests},
		{"tokens are listed by owner", tokenLists},
		{"logins expire", logins},
		{"groups and projects are read as written", spaces},
		{"paths are unique among siblings", siblings},
		{"paths are found in any case", paths},
		{"earlier paths lead on", earlierPaths},
		{"groups stay trees", trees},
		{"what holds something stays", held},
		{"a removed project takes along what was its own", removedProject},
		{"members are read as written", members},
		{"rules are read as written", rules},
		{"pipelines are counted and newest first", pipelines},
	}
}

// ofPackages is about packages and what is written down about them.
func ofPackages() []aspect {
	return []aspect{
		{"packages are read as written", packages},
		{"packages are unique", uniquePackages},
		{"package names are exact", exactPackages},
		{"packages are paged by number", packagePages},
		{"packages of all projects are paged by number", allPackages},
		{"manifests are read as written", manifests},
		{"files are read as written", files},
		{"files to be destroyed are listed", pendingFiles},
		{"downloads are no change", downloads},
		{"tags keep their numbers", tags},
		{"a removed package takes along what was its own", removedPackage},
		{"holdings are read as written", holdings},
		{"holdings are paged by whole names", holdingPages},
		{"the audit log is newest first", auditLog},
		{"every write is noted once", notes},
		{"changes of packages are numbered", numberedNotes},
		{"records of nothing are refused", orphans},
	}
}

func sameClaim(a, b record.Claim) bool {
	same := a.ClaimedAt.Equal(b.ClaimedAt) && a.FirstUpstreamSeen.Equal(b.FirstUpstreamSeen) &&
		sameStone(a.Tombstone, b.Tombstone) && sameStone(a.Release, b.Release)
	a.ClaimedAt, a.FirstUpstreamSeen = b.ClaimedAt, b.FirstUpstreamSeen
	a.Tombstone, a.Release = b.Tombstone, b.Release
	return same && a == b
}

func sameStone(a, b *record.Tombstone) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.At.Equal(b.At) && a.By == b.By && a.Reason == b.Reason
}

func samePin(a, b record.Pin) bool {
	same := a.FirstSeen.Equal(b.FirstSeen)
	a.FirstSeen = b.FirstSeen
	return same && a == b
}

func claims(t *testing.T, s record.Store) {
	written := []record.Claim{
		claim("react"),
		{Name: "@acme/x", Origin: record.Private, By: "publish", ClaimedAt: when()},
		{Name: "both", Origin: record.Dual, By: "operator"},
	}
	update(t, s, func(tx record.Tx) error {
		for _, c := range written {
			if err := tx.Names().PutClaim(c); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx record.Tx) error {
		for _, want := range written {
			got, err := tx.Names().Claim(want.Name)
			if err != nil || !sameClaim(got, want) {
				t.Errorf("Claim(%q) = %+v, %v, want %+v", want.Name, got, err, want)
			}
			if want.FirstUpstreamSeen.IsZero() != got.FirstUpstreamSeen.IsZero() {
				t.Errorf("Claim(%q): a zero time became %v", want.Name, got.FirstUpstreamSeen)
			}
		}
		if _, err := tx.Names().Claim("absent"); !errors.Is(err, npm.ErrNotFound) {
			t.Errorf("Claim of an absent name: %v", err)
		}
		return nil
	})
	again := claim("react")
	again.Origin = record.Dual
	update(t, s, func(tx record.Tx) error { return tx.Names().PutClaim(again) })
	view(t, s, func(tx record.Tx) error {
		if got, err := tx.Names().Claim("react"); err != nil || !sameClaim(got, again) {
			t.Errorf("after writing again: %+v, %v", got, err)
		}
		return nil
	})
}

func exactNames(t *testing.T, s record.Store) {
	update(t, s, func(tx record.Tx) error {
		return errors.Join(tx.Names().PutClaim(claim("ab")), tx.Names().PutClaim(claim("@a/b")), tx.Names().PutClaim(claim("JSONStream")))
	})
	view(t, s, func(tx record.Tx) error {
		for _, name := range []string{"a", "abc", "b", "@a", "@a/", "@a/b/", "@a/bc", "AB", "jsonstream", "", "ab\x00", "\x00ab"} {
			if c, err := tx.Names().Claim(name); !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("Claim(%q) = %+v, %v", name, c, err)
			}
		}
		return nil
	})
}

func pins(t *testing.T, s record.Store) {
	least := record.Pin{Name: "least", Version: "0.0.0", SHA512: [64]byte{1}}
	update(t, s, func(tx record.Tx) error {
		return errors.Join(tx.Names().PutPin(pin("react", "1.0.0")), tx.Names().PutPin(least))
	})
	view(t, s, func(tx record.Tx) error {
		for _, want := range []record.Pin{pin("react", "1.0.0"), least} {
			got, err := tx.Names().Pin(want.Name, want.Version)
			if err != nil || !samePin(got, want) {
				t.Errorf("Pin = %+v, %v, want %+v", got, err, want)
			}
		}
		return nil
	})
	again := pin("react", "1.0.0")
	again.SHA512[5]++
	update(t, s, func(tx record.Tx) error { return tx.Names().PutPin(again) })
	view(t, s, func(tx record.Tx) error {
		if got, err := tx.Names().Pin("react", "1.0.0"); err != nil || !samePin(got, again) {
			t.Errorf("after writing again: %+v, %v", got, err)
		}
		return nil
	})
}

func pinsOfName(t *testing.T, s record.Store) {
	all := []record.Pin{pin("a", "1.0.0"), pin("a", "1.0.0-rc.1"), pin("a", "1.0.0+b"), pin("a", "10.0.0"), pin("a", "1.0.01"),
		pin("ab", "1.0.0"), pin("@a/b", "1.0.0"), pin("@a/bb", "2.0.0"), pin("a.b", "3.0.0"), pin("A", "4.0.0")}
	update(t, s, func(tx record.Tx) error {
		for _, p := range all {
			if err := tx.Names().PutPin(p); err != nil {
				return err
			}
		}
		return nil
	})
	want := map[string][]string{
		"a": {"1.0.0", "1.0.0+b", "1.0.0-rc.1", "1.0.01", "10.0.0"}, "ab": {"1.0.0"}, "@a/b": {"1.0.0"}, "@a/bb": {"2.0.0"},
		"a.b": {"3.0.0"}, "A": {"4.0.0"}, "@a": {}, "@a/": {}, "": {}, "b": {}, "a\x00": {},
	}
	view(t, s, func(tx record.Tx) error {
		for name, versions := range want {
			got, err := tx.Names().Pins(name)
			if err != nil || len(got) != len(versions) {
				t.Errorf("Pins(%q) = %d pins, %v, want %d", name, len(got), err, len(versions))
				continue
			}
			for i, p := range got {
				if !samePin(p, pin(name, versions[i])) {
					t.Errorf("Pins(%q)[%d] = %+v, want %s", name, i, p, versions[i])
				}
			}
		}
		for _, miss := range [][2]string{{"a", "1.0"}, {"a", "1.0.0-rc"}, {"a", ""}, {"a\x001.0.0", ""}, {"", "1.0.0"}, {"ab", "10.0.0"}} {
			if _, err := tx.Names().Pin(miss[0], miss[1]); !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("Pin(%q, %q): %v", miss[0], miss[1], err)
			}
		}
		return nil
	})
}

func settings(t *testing.T, s record.Store) {
	update(t, s, func(tx record.Tx) error {
		return errors.Join(tx.Settings().Put("a", "1"), tx.Settings().Put("ab", "zwei ✓\n"), tx.Settings().Put("empty", ""))
	})
	update(t, s, func(tx record.Tx) error { return tx.Settings().Put("a", "3") })
	view(t, s, func(tx record.Tx) error {
		for key, want := range map[string]string{"a": "3", "ab": "zwei ✓\n", "empty": ""} {
			if got, err := tx.Settings().Get(key); err != nil || got != want {
				t.Errorf("Get(%q) = %q, %v", key, got, err)
			}
		}
		for _, key := range []string{"", "abc", "b", "a\x00"} {
			if got, err := tx.Settings().Get(key); !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("Get(%q) = %q, %v", key, got, err)
			}
		}
		return nil
	})
}

func invalid(t *testing.T, s record.Store) {
	bad := map[string]func(record.Tx) error{
		"claim without a name":    func(tx record.Tx) error { return tx.Names().PutClaim(claim("")) },
		"claim with NUL":          func(tx record.Tx) error { return tx.Names().PutClaim(claim("a\x00b")) },
		"claim of nothing":        func(tx record.Tx) error { return tx.Names().PutClaim(record.Claim{Name: "a", By: "b"}) },
		"claim by nobody":         func(tx record.Tx) error { return tx.Names().PutClaim(record.Claim{Name: "a", Origin: record.Public}) },
		"claim of a long name":    func(tx record.Tx) error { return tx.Names().PutClaim(claim(string(make([]byte, 70_000)))) },
		"pin without a name":      func(tx record.Tx) error { return tx.Names().PutPin(pin("", "1.0.0")) },
		"pin without a version":   func(tx record.Tx) error { return tx.Names().PutPin(pin("a", "")) },
		"pin with NUL":            func(tx record.Tx) error { return tx.Names().PutPin(pin("a", "1\x00")) },
		"pin without a digest":    func(tx record.Tx) error { return tx.Names().PutPin(record.Pin{Name: "a", Version: "1.0.0"}) },
		"setting without a key":   func(tx record.Tx) error { return tx.Settings().Put("", "v") },
		"setting that is no text": func(tx record.Tx) error { return tx.Settings().Put("k", "\xff") },
	}
	for name, fn := range bad {
		if err := s.Update(t.Context(), fn); !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seq, err := s.Sequence(t.Context()); seq != 0 || err != nil {
		t.Errorf("Sequence = %d, %v", seq, err)
	}
}
