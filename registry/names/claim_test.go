package names_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TestClaimPrivate claims names that the ledger has something of already. The
// transaction decides, whatever was looked up before it.
func TestClaimPrivate(t *testing.T) {
	t.Parallel()
	stone := &record.Tombstone{By: "ada"}
	for what, test := range map[string]struct {
		there record.Claim // nothing where it has no origin
		want  error
		// project is whose the name is afterwards.
		project int64
	}{
		"of nobody":        {record.Claim{}, nil, 7},
		"of upstream":      {record.Claim{Name: "widget", Origin: record.Public, By: record.ByUpstream}, npm.ErrForbidden, 0},
		"declared":         {record.Claim{Name: "@acme/lib", Origin: record.Public, By: record.ByUpstream}, nil, 7},
		"published before": {record.Claim{Name: "widget", Origin: record.Private, By: "publish", ProjectID: 3}, nil, 3},
		"deleted":          {record.Claim{Name: "widget", Origin: record.Private, By: "publish", ProjectID: 3, Tombstone: stone}, nil, 7},
		"released":         {record.Claim{Name: "widget", Origin: record.Unclaimed, By: "publish", ProjectID: 3, Release: stone}, nil, 7},
		"spelling of other": {record.Claim{Name: "widget", Origin: record.Private, By: "publish of Widget"},
			npm.ErrForbidden, 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := openStore(t)
			l := open(t, s, "@acme/*")
			n := name(t, "widget")
			if test.there.Origin != record.Unclaimed || test.there.Release != nil {
				n = name(t, test.there.Name)
				if err := s.Update(t.Context(), func(tx record.Tx) error { return tx.Names().PutClaim(test.there) }); err != nil {
					t.Fatal(err)
				}
			}
			err := s.Update(t.Context(), func(tx record.Tx) error { return l.ClaimPrivate(tx, n, 7) })
			if !errors.Is(err, test.want) {
				t.Fatalf("err = %v, want %v", err, test.want)
			}
			c, err := l.ClaimOf(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == nil && (c.Origin != record.Private || c.ProjectID != test.project || c.Tombstone != nil || c.Release != nil) {
				t.Errorf("claim = %+v, want private of project %d", c, test.project)
			}
			if test.want != nil && (c.Origin != test.there.Origin || c.By != test.there.By) {
				t.Errorf("a refused claim changed %+v to %+v", test.there, c)
			}
		})
	}
}
