package recordtest

import (
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// decision makes a decision some minutes after at.
func decision(minutes int) record.Decision {
	return record.Decision{At: at().Add(time.Duration(minutes) * time.Minute), Principal: "ann", Address: "192.0.2.1", Name: "lib",
		Version: "1.0.0", Guard: "G11", Code: "E_COOLDOWN", Action: "refused", Mode: "enforce",
		Reason: "5h old, minimum 24h: \"<&>\u2028", Route: "tarball", RequestID: "r", Count: 3}
}

func appendDecisions(t *testing.T, s record.Store, n int) (rows []record.Decision) {
	t.Helper()
	for i := range n {
		rows = append(rows, put(t, s, func(tx record.Tx) (record.Decision, error) { return tx.Guards().AppendDecision(decision(i)) }))
	}
	return rows
}

func verified(t *testing.T, s record.Store, want int) {
	t.Helper()
	if checked, err := record.VerifyDecisions(t.Context(), s); err != nil || checked != want {
		t.Errorf("VerifyDecisions = %d, %v, want %d", checked, err, want)
	}
}

func listDecisions(before int64, limit int) func(record.Tx) ([]record.Decision, error) {
	return func(tx record.Tx) ([]record.Decision, error) { return tx.Guards().Decisions(before, limit) }
}

func decisions(t *testing.T, s record.Store) {
	verified(t, s, 0)
	rows := appendDecisions(t, s, 3)
	before := ""
	for i, d := range rows {
		want := decision(i)
		want.ID = int64(i + 1)
		hash, err := want.Chained(before)
		if want.Hash = hash; err != nil || d != want || len(hash) != 64 {
			t.Errorf("row %d is %+v, want %+v, %v", i, d, want, err)
		}
		before = hash
	}
	same(t, s, []record.Decision{rows[2], rows[1]}, listDecisions(0, 2))
	same(t, s, []record.Decision{rows[0]}, listDecisions(rows[1].ID, 9))
	same(t, s, []record.Decision{}, listDecisions(rows[0].ID, 9))
	verified(t, s, 3)
	again := put(t, s, func(tx record.Tx) (record.Decision, error) { return tx.Guards().AppendDecision(rows[0]) })
	if again.ID != 4 || again.Hash == rows[0].Hash {
		t.Errorf("a row was written over: %+v", again)
	}
	timeless := put(t, s, func(tx record.Tx) (record.Decision, error) {
		return tx.Guards().AppendDecision(record.Decision{Name: "a", Guard: "G01", Action: "refused"})
	})
	if time.Since(timeless.At).Abs() > time.Hour {
		t.Errorf("a decision without a time is of %v", timeless.At)
	}
	verified(t, s, 5)
}

func prunedDecisions(t *testing.T, s record.Store) {
	rows := appendDecisions(t, s, 5)
	for _, tt := range []struct {
		minutes, limit, want, left int
	}{{0, 9, 0, 5}, {9, 0, 0, 5}, {3, 2, 2, 3}, {3, 9, 1, 2}, {3, 9, 0, 2}, {9, 9, 2, 0}} {
		got := put(t, s, func(tx record.Tx) (int, error) {
			return tx.Guards().PruneDecisions(at().Add(time.Duration(tt.minutes)*time.Minute), tt.limit)
		})
		if got != tt.want {
			t.Errorf("PruneDecisions(%d minutes, %d) = %d, want %d", tt.minutes, tt.limit, got, tt.want)
		}
		verified(t, s, tt.left)
	}
	view(t, s, func(tx record.Tx) error {
		if id, hash, err := tx.Guards().DecisionAnchor(); err != nil || id != rows[4].ID || hash != rows[4].Hash {
			t.Errorf("DecisionAnchor = %d, %s, %v", id, hash, err)
		}
		return nil
	})
	if next := appendDecisions(t, s, 1)[0]; next.ID != rows[4].ID+1 {
		t.Errorf("after pruning all the next row is %d", next.ID)
	}
	verified(t, s, 1)
}
