package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

const (
	maxGuard  = 64
	hexHash   = 2 * sha256.Size
	chainPage = 1000
)

// Decision is one row of the log of what guards did.
type Decision struct {
	// ID is assigned by the store; numbers follow each other without a gap.
	ID int64     `json:"id"`
	At time.Time `json:"at"`
	// Principal is whose request it was, and Address where that came from.
	Principal string `json:"principal,omitempty"`
	Address   string `json:"address,omitempty"`
	Name      string `json:"name"`
	Version   string `json:"version,omitempty"`
	// Guard is the guard's number, as in G11, and Code its word for clients.
	Guard string `json:"guard"`
	Code  string `json:"code,omitempty"`
	// Action is what was done: deny, warn, hide, dry-run or waived.
	Action string `json:"action"`
	// Mode is the mode of the guard.
	Mode   string `json:"mode,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Route is what was asked for: a document, a tarball.
	Route     string `json:"route,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	// Count is how many equal decisions the row stands for.
	Count int64 `json:"count,omitempty"`
	// Hash chains the row to the one before; the store sets it.
	Hash string `json:"hash,omitempty"`
}

// Validate refuses a decision that no store may keep.
func (d Decision) Validate() error {
	err := errors.Join(check("principal", d.Principal, 0, maxText), check("address", d.Address, 0, maxText),
		check("name", d.Name, 1, maxName), check("version", d.Version, 0, maxVersion), check("guard", d.Guard, 1, maxGuard),
		check("code", d.Code, 0, maxGuard), check("action", d.Action, 1, maxGuard), check("mode", d.Mode, 0, maxGuard),
		check("reason", d.Reason, 0, maxDeclared), check("route", d.Route, 0, maxText),
		check("request id", d.RequestID, 0, maxText), check("hash", d.Hash, 0, hexHash))
	if d.Count < 0 {
		err = errors.Join(err, fmt.Errorf("decision made %d times: %w", d.Count, npm.ErrInvalid))
	}
	return err
}

// Chained returns the hash of a row: SHA-256 over the hash of the row before
// and the row's JSON without its own, in hexadecimal digits. A field that joins
// Decision later must be left out of the JSON where it is zero, so that older
// rows keep their hashes.
func (d Decision) Chained(before string) (string, error) {
	d.Hash = ""
	text, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("chain decision: %w", err)
	}
	sum := sha256.Sum256(append([]byte(before), text...))
	return hex.EncodeToString(sum[:]), nil
}

// VerifyDecisions walks the chain from its newest row to its oldest, and
// returns how many rows hold. A row that was changed, or is missing between
// others, fails it with ErrCorrupt.
func VerifyDecisions(ctx context.Context, store Store) (checked int, err error) {
	err = store.View(ctx, func(tx Tx) error {
		checked, err = verifyChain(ctx, tx.Guards())
		return err
	})
	return checked, err
}

func verifyChain(ctx context.Context, log Decisions) (checked int, err error) {
	var newer Decision
	for {
		rows, err := log.Decisions(newer.ID, chainPage)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return checked, fmt.Errorf("verify decisions: %w", err)
		}
		for _, d := range rows {
			if newer.ID != 0 {
				if err := newer.follows(d.ID, d.Hash); err != nil {
					return checked, err
				}
				checked++
			}
			newer = d
		}
		if len(rows) < chainPage {
			break
		}
	}
	id, hash, err := log.DecisionAnchor()
	if err != nil || newer.ID == 0 {
		return checked, err
	}
	if err := newer.follows(id, hash); err != nil {
		return checked, err
	}
	return checked + 1, nil
}

// follows fails unless the row is the next one after that.
func (d Decision) follows(id int64, hash string) error {
	want, err := d.Chained(hash)
	if err == nil && (d.ID != id+1 || d.Hash != want) {
		err = ErrCorrupt
	}
	if err != nil {
		return fmt.Errorf("decision %d after %d: %w", d.ID, id, err)
	}
	return nil
}
