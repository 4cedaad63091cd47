// Package recordtest is what every record.Store must pass.
package recordtest

import (
	"errors"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Run runs the suite. open returns a fresh, empty store and closes it when the
// test ends.
func Run(t *testing.T, open func(t *testing.T) record.Store) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, record.Store)
	}{
		{"claims are read as written", claims},
		{"names are exact", exactNames},
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
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

// when is a time that needs all its digits and another zone.
func when() time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.FixedZone("east", 2*60*60))
}

func claim(name string) record.Claim {
	return record.Claim{Name: name, Origin: record.Public, By: record.ByUpstream, Upstream: "default",
		ClaimedAt: when(), FirstUpstreamSeen: when()}
}

// pin makes a pin whose digests tell it from others.
func pin(name, version string) record.Pin {
	p := record.Pin{Name: name, Version: version, Size: 1 << 40, FirstSeen: when(), Upstream: "default",
		Declared: "sha512-abc sha1-def"}
	copy(p.SHA512[:], "x"+name+"\x00"+version)
	p.SHA512[63] = 0xff
	copy(p.SHA1[:], version)
	return p
}

func update(t *testing.T, s record.Store, fn func(record.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t *testing.T, s record.Store, fn func(record.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

func sameClaim(a, b record.Claim) bool {
	same := a.ClaimedAt.Equal(b.ClaimedAt) && a.FirstUpstreamSeen.Equal(b.FirstUpstreamSeen)
	a.ClaimedAt, a.FirstUpstreamSeen = b.ClaimedAt, b.FirstUpstreamSeen
	return same && a == b
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
