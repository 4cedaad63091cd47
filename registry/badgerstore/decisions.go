package badgerstore

import (
	"fmt"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/record"
)

// markDecisions names the last decision that was pruned.
const markDecisions = "decisions"

type anchorRow struct {
	ID   int64  `json:"id"`
	Hash string `json:"hash"`
}

func decisionKey(id int64) []byte { return numberKey(tableDecision, id) }

// AppendDecision implements record.Decisions.
func (g guards) AppendDecision(d record.Decision) (record.Decision, error) {
	d.ID, d.Hash = 0, ""
	if err := d.Validate(); err != nil {
		return record.Decision{}, err
	}
	if d.At.IsZero() {
		d.At = time.Now()
	}
	utc(&d.At)
	id, err := g.tx.next(tableDecision)
	if err != nil {
		return record.Decision{}, err
	}
	before, err := g.hashOf(id - 1)
	if err != nil {
		return record.Decision{}, fmt.Errorf("append decision: %w", err)
	}
	d.ID = id
	if d.Hash, err = d.Chained(before); err != nil {
		return record.Decision{}, err
	}
	if err := save(g.tx, decisionKey(id), d, "decision"); err != nil {
		return record.Decision{}, err
	}
	return d, nil
}

// hashOf returns the hash of the row that the next one follows.
func (g guards) hashOf(id int64) (string, error) {
	anchor, hash, err := g.DecisionAnchor()
	if err != nil || id == anchor {
		return hash, err
	}
	d, err := indexed(g.decision(id))
	return d.Hash, err
}

func (g guards) decision(id int64) (record.Decision, error) {
	return find[record.Decision](g.tx, decisionKey(id), "decision", id)
}

// Decisions implements record.Decisions.
func (g guards) Decisions(before int64, limit int) ([]record.Decision, error) {
	ids, err := g.tx.numbersDown([]byte{tableDecision}, before, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, g.decision)
}

// DecisionAnchor implements record.Decisions.
func (g guards) DecisionAnchor() (id int64, hash string, err error) {
	var r anchorRow
	if _, err := row(g.tx.kv, markKey(markDecisions), &r); err != nil {
		return 0, "", fmt.Errorf("read anchor of decisions: %w", err)
	}
	return r.ID, r.Hash, nil
}

// PruneDecisions implements record.Decisions.
func (g guards) PruneDecisions(before time.Time, limit int) (int, error) {
	var gone []record.Decision
	if limit <= 0 {
		return 0, nil
	}
	err := g.tx.kv.Scan([]byte{tableDecision}, nil, func(key, value []byte) error {
		var d record.Decision
		if err := decodeRow(key, value, &d); err != nil {
			return err
		}
		if !d.At.Before(before) || len(gone) == limit {
			return kv.ErrStop
		}
		gone = append(gone, d)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("prune decisions: %w", err)
	}
	if len(gone) == 0 {
		return 0, nil
	}
	for _, d := range gone {
		if err := g.tx.remove(decisionKey(d.ID)); err != nil {
			return 0, fmt.Errorf("prune decisions: %w", err)
		}
	}
	last := gone[len(gone)-1]
	return len(gone), save(g.tx, markKey(markDecisions), anchorRow{ID: last.ID, Hash: last.Hash}, "anchor of decisions")
}
