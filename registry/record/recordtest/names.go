package recordtest

import (
	"slices"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func stone(by, reason string) *record.Tombstone {
	return &record.Tombstone{At: when(), By: by, Reason: reason}
}

func endedClaims(t *testing.T, s record.Store) {
	buried := record.Claim{Name: "gone", Origin: record.Private, By: "publish", ClaimedAt: when(), Tombstone: stone("ann", "")}
	free := record.Claim{Name: "free", Origin: record.Unclaimed, By: "publish", ClaimedAt: when(),
		Tombstone: stone("ann", "old"), Release: stone("root", "asked for")}
	for _, want := range []record.Claim{buried, free} {
		update(t, s, func(tx record.Tx) error { return tx.Names().PutClaim(want) })
		view(t, s, func(tx record.Tx) error {
			if got, err := tx.Names().Claim(want.Name); err != nil || !sameClaim(got, want) {
				t.Errorf("Claim(%q) = %+v, %v", want.Name, got, err)
			}
			return nil
		})
	}
	buried.Tombstone = nil
	update(t, s, func(tx record.Tx) error { return tx.Names().PutClaim(buried) })
	view(t, s, func(tx record.Tx) error {
		if got, err := tx.Names().Claim("gone"); err != nil || got.Tombstone != nil {
			t.Errorf("a tombstone that was taken away: %+v, %v", got.Tombstone, err)
		}
		return nil
	})
}

func claimPages(t *testing.T, s record.Store) {
	for _, name := range []string{"b", "@a/b", "a", "ab", "@a/a"} {
		update(t, s, func(tx record.Tx) error {
			return tx.Names().PutClaim(record.Claim{Name: name, Origin: record.Public, By: record.ByUpstream, ClaimedAt: when()})
		})
	}
	for _, tt := range []struct {
		after string
		limit int
		want  []string
	}{
		{"", 9, []string{"@a/a", "@a/b", "a", "ab", "b"}},
		{"", 2, []string{"@a/a", "@a/b"}},
		{"@a/b", 2, []string{"a", "ab"}},
		{"a", 9, []string{"ab", "b"}},
		{"aa", 1, []string{"ab"}},
		{"b", 9, []string{}},
		{"", 0, []string{}},
	} {
		view(t, s, func(tx record.Tx) error {
			claims, err := tx.Names().ClaimsAfter(tt.after, tt.limit)
			got := []string{}
			for _, c := range claims {
				got = append(got, c.Name)
				if c.Origin != record.Public || !c.ClaimedAt.Equal(when()) {
					t.Errorf("ClaimsAfter: %+v", c)
				}
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("ClaimsAfter(%q, %d) = %v, %v, want %v", tt.after, tt.limit, got, err, tt.want)
			}
			return nil
		})
	}
}

func burn(name, version string) record.Burn {
	return record.Burn{Name: name, Version: version, SHA512: [64]byte{7, 63: 1},
		Tombstone: record.Tombstone{At: at(), By: "ann", Reason: version}}
}

func burns(t *testing.T, s record.Store) {
	bare := record.Burn{Name: "ab", Version: "1.0.0", Tombstone: record.Tombstone{At: at(), By: "root"}}
	all := []record.Burn{burn("a", "2.0.0"), burn("a", "1.0.0-rc.1"), burn("a", "1.0.0"), bare, burn("@a/b", "3.0.0")}
	update(t, s, func(tx record.Tx) error {
		for _, b := range all {
			if err := tx.Names().PutBurn(b); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range all {
		same(t, s, want, func(tx record.Tx) (record.Burn, error) { return tx.Names().Burn(want.Name, want.Version) })
	}
	for _, miss := range [][2]string{{"a", "1.0"}, {"a", ""}, {"a\x001.0.0", ""}, {"", "1.0.0"}, {"ab", "2.0.0"}} {
		absent(t, s, func(tx record.Tx) (record.Burn, error) { return tx.Names().Burn(miss[0], miss[1]) })
	}
	for name, want := range map[string][]string{"a": {"1.0.0", "1.0.0-rc.1", "2.0.0"}, "ab": {"1.0.0"}, "@a": {}, "": {}, "a\x00": {}} {
		same(t, s, want, func(tx record.Tx) ([]string, error) { return burned(tx, name) })
	}
	for range 2 { // the second time there is none
		update(t, s, func(tx record.Tx) error { return tx.Names().RemoveBurn("a", "1.0.0") })
	}
	same(t, s, []string{"1.0.0-rc.1", "2.0.0"}, func(tx record.Tx) ([]string, error) { return burned(tx, "a") })
	again := burn("a", "2.0.0")
	again.By = "root"
	update(t, s, func(tx record.Tx) error { return tx.Names().PutBurn(again) })
	same(t, s, again, func(tx record.Tx) (record.Burn, error) { return tx.Names().Burn("a", "2.0.0") })
	if err := try(t, s, func(tx record.Tx) (struct{}, error) { return none(tx.Names().PutBurn(record.Burn{Name: "a"})) }); !slices.Contains(kinds(err), npm.ErrInvalid) {
		t.Errorf("a burn of nothing: %v", err)
	}
}

func burned(tx record.Tx, name string) ([]string, error) {
	list, err := tx.Names().Burns(name)
	out := []string{}
	for _, b := range list {
		out = append(out, b.Version)
	}
	return out, err
}
