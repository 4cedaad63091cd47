package badgerstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TestSightShrinks writes a sight of several parts and then a smaller one.
func TestSightShrinks(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	seen := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	parts := func() (n int) {
		for key := range tables(t, s) {
			if key[0] == tableSight {
				n++
			}
		}
		return n
	}
	for _, later := range []int{4000, 0, 300} {
		sight := record.Sight{Name: "react", FirstSeen: seen, LastSeen: seen}
		for i := range later {
			sight.Later = append(sight.Later, record.LaterVersion{Version: fmt.Sprintf("1.0.%04d", i), First: seen, Without: seen})
		}
		if err := s.Update(t.Context(), func(tx record.Tx) error { return tx.Guards().PutSight(sight) }); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(sight)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := parts(), (len(text)+sightPart-1)/sightPart; got != want {
			t.Errorf("%d parts hold %d later versions, want %d", got, later, want)
		}
		err = s.View(t.Context(), func(tx record.Tx) error {
			got, err := tx.Guards().Sight("react")
			if err == nil && len(got.Later) != later {
				err = fmt.Errorf("%d later versions, want %d", len(got.Later), later)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSightTooLarge(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	seen := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sight := record.Sight{Name: "react", FirstSeen: seen, LastSeen: seen}
	for i := range 4000 {
		sight.Later = append(sight.Later, record.LaterVersion{Version: fmt.Sprintf("1.0.%04d-%0400d", i, 0), First: seen})
	}
	err := s.Update(t.Context(), func(tx record.Tx) error { return tx.Guards().PutSight(sight) })
	if !errors.Is(err, npm.ErrTooLarge) {
		t.Errorf("a sight over the limit: %v", err)
	}
}

// TestTamperedDecisions changes rows behind the log's back, with checksums that
// are right.
func TestTamperedDecisions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		prune int
		do    func(x *kv.Txn, rows []record.Decision) error
		want  error
	}{
		{"untouched", 0, func(*kv.Txn, []record.Decision) error { return nil }, nil},
		{"untouched after pruning", 2, func(*kv.Txn, []record.Decision) error { return nil }, nil},
		{"another reason", 0, func(x *kv.Txn, rows []record.Decision) error {
			rows[2].Reason = "none"
			return putRow(x, decisionKey(3), rows[2])
		}, record.ErrCorrupt},
		{"another newest reason", 0, func(x *kv.Txn, rows []record.Decision) error {
			rows[4].Reason = "none"
			return putRow(x, decisionKey(5), rows[4])
		}, record.ErrCorrupt},
		{"another oldest reason after pruning", 2, func(x *kv.Txn, rows []record.Decision) error {
			rows[2].Reason = "none"
			return putRow(x, decisionKey(3), rows[2])
		}, record.ErrCorrupt},
		{"a row that is gone", 0, func(x *kv.Txn, _ []record.Decision) error { return x.Delete(decisionKey(3)) }, record.ErrCorrupt},
		{"the first row is gone", 0, func(x *kv.Txn, _ []record.Decision) error { return x.Delete(decisionKey(1)) }, record.ErrCorrupt},
		{"a row with a new hash", 0, func(x *kv.Txn, rows []record.Decision) (err error) {
			rows[2].Reason = "none"
			rows[2].Hash, err = rows[2].Chained(rows[1].Hash)
			return errors.Join(err, putRow(x, decisionKey(3), rows[2]))
		}, record.ErrCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := openStore(t, t.TempDir(), Options{})
			rows := appendDecisions(t, s, 5)
			err := s.Update(t.Context(), func(tx record.Tx) error {
				_, err := tx.Guards().PruneDecisions(rows[4].At, tt.prune)
				return err
			})
			err = errors.Join(err, s.db.Update(t.Context(), func(x *kv.Txn) error { return tt.do(x, rows) }))
			if err != nil {
				t.Fatal(err)
			}
			checked, err := record.VerifyDecisions(t.Context(), s)
			if !errors.Is(err, tt.want) || tt.want == nil && checked != 5-tt.prune {
				t.Errorf("VerifyDecisions = %d, %v, want %v", checked, err, tt.want)
			}
		})
	}
}

// TestDecisionsCutOff takes the newest row away: no further one is chained to
// nothing.
func TestDecisionsCutOff(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	appendDecisions(t, s, 2)
	if err := s.db.Update(t.Context(), func(x *kv.Txn) error { return x.Delete(decisionKey(2)) }); err != nil {
		t.Fatal(err)
	}
	err := s.Update(t.Context(), func(tx record.Tx) error {
		_, err := tx.Guards().AppendDecision(record.Decision{Name: "a", Guard: "G11", Action: "refused"})
		return err
	})
	if !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("AppendDecision: %v", err)
	}
}

func appendDecisions(t *testing.T, s *Store, n int) (rows []record.Decision) {
	t.Helper()
	for i := range n {
		d := record.Decision{At: time.Date(2026, 1, 2, 3, i, 5, 0, time.UTC), Name: "a", Guard: "G11", Action: "refused", Reason: "young <1h>"}
		err := s.Update(t.Context(), func(tx record.Tx) (err error) {
			d, err = tx.Guards().AppendDecision(d)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, d)
	}
	return rows
}
