package names

import (
	"context"
	"fmt"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// listStep is how many claims one transaction of a list reads.
	listStep = 1000
	// maxPassed is how many claims a list passes over before it hands out what
	// it found, so that no page takes long.
	maxPassed = 50_000
)

// Query asks for claims. Empty fields do not restrict it.
type Query struct {
	// Origin is the origin that claims have.
	Origin *record.Origin
	// Tombstoned tells whether they have a tombstone.
	Tombstoned *bool
	// Search is a part of the name, in any case.
	Search string
	// After is the name that the list begins after, Limit its length.
	After string
	Limit int
}

func (q Query) wants(c record.Claim, search string) bool {
	return (q.Origin == nil || c.Origin == *q.Origin) &&
		(q.Tombstoned == nil || (c.Tombstone != nil) == *q.Tombstoned) &&
		(search == "" || strings.Contains(strings.ToLower(c.Name), search))
}

// List lists claims by name. next is the name that the next page begins after,
// empty where this page is the last. A page may be shorter than the limit, even
// empty, and not be the last: what restricts much is looked for piece by piece.
func (l *Ledger) List(ctx context.Context, q Query) (found []record.Claim, next string, err error) {
	search := strings.ToLower(q.Search)
	found = []record.Claim{}
	for passed := 0; passed < maxPassed; passed += listStep {
		var step []record.Claim
		err := l.store.View(ctx, func(tx record.Tx) (err error) {
			step, err = tx.Names().ClaimsAfter(q.After, listStep)
			return err
		})
		if err != nil {
			return nil, "", fmt.Errorf("list claims: %w", err)
		}
		for _, c := range step {
			wanted := q.wants(c, search)
			if wanted && len(found) == q.Limit {
				return found, q.After, nil
			}
			if wanted {
				found = append(found, c)
			}
			q.After = c.Name
		}
		if len(step) < listStep {
			return found, "", nil
		}
	}
	return found, q.After, nil
}

// DeclaredBy returns the pattern that declares a name private, and whether one
// does.
func (l *Ledger) DeclaredBy(name npm.Name) (npm.Pattern, bool) {
	for _, p := range l.opt.Private {
		if p.Match(name) {
			return p, true
		}
	}
	return npm.Pattern{}, false
}
