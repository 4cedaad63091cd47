package names

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// ByPublish is the Claim.By of a name that was published here.
const ByPublish = "publish"

// byCase begins the Claim.By of the lower-case spelling of a published name;
// the name follows.
const byCase = "publish of "

// ClaimPrivate makes a name private for ever, in the transaction of a project's publish,
// and with it its lower-case spelling. A tombstone goes, because there is
// something of the name again. A name that upstream was seen to have fails with
// npm.ErrForbidden (G05), and so does one that differs from a private name only
// in case.
func (l *Ledger) ClaimPrivate(tx record.Tx, name npm.Name, project int64) error {
	claim, err := tx.Names().Claim(name.String())
	switch {
	case errors.Is(err, npm.ErrNotFound):
		claim = record.Claim{Name: name.String()}
	case err != nil:
		return fmt.Errorf("claim name: %w", err)
	case claim.Origin == record.Dual || l.Dual(name):
		return nil
	case claim.Origin == record.Public && !l.Declared(name):
		return errPublic(name, claim.Upstream)
	case claim.Origin == record.Private && strings.HasPrefix(claim.By, byCase):
		return errCase(name, claim.By)
	case claim.Origin == record.Private && claim.Tombstone == nil:
		return nil
	}
	claim.Origin, claim.By, claim.Upstream, claim.ProjectID = record.Private, ByPublish, "", project
	claim.ClaimedAt, claim.Tombstone, claim.Release = l.opt.Now(), nil, nil
	if err := l.claimCase(tx, name); err != nil {
		return err
	}
	return tx.Names().PutClaim(claim)
}

// claimCase takes the lower-case spelling of a name along, unless upstream has
// a package of that name.
func (l *Ledger) claimCase(tx record.Tx, name npm.Name) error {
	if name.Fold() == name.String() {
		return nil
	}
	claim, err := tx.Names().Claim(name.Fold())
	mine := byCase + name.String()
	switch {
	case errors.Is(err, npm.ErrNotFound):
		return tx.Names().PutClaim(record.Claim{Name: name.Fold(), Origin: record.Private, By: mine, ClaimedAt: l.opt.Now()})
	case err != nil:
		return fmt.Errorf("claim name: %w", err)
	case claim.Origin == record.Private && claim.By != mine:
		return errCase(name, byCase+claim.Name)
	}
	return nil
}

func errPublic(name npm.Name, upstream string) error {
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G05", Code: "E_NAME_PUBLIC", Package: name.String(),
		Message: "Forbidden",
		Text: fmt.Sprintf("name %s belongs to upstream %s; publish under your own scope, or declare the name in names.private",
			name, upstream)}
}

func errCase(name npm.Name, by string) error {
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G09", Code: "E_NAME_CASE", Package: name.String(),
		Message: "Forbidden", Text: fmt.Sprintf("name %s differs only in case from %s, which is published here", name, strings.TrimPrefix(by, byCase))}
}

// Bury leaves a tombstone on a private name whose last version was deleted. The
// name stays private.
func (l *Ledger) Bury(tx record.Tx, name npm.Name, t record.Tombstone) error {
	claim, err := tx.Names().Claim(name.String())
	if errors.Is(err, npm.ErrNotFound) {
		claim, err = record.Claim{Name: name.String(), Origin: record.Private, By: ByPublish, ClaimedAt: t.At}, nil
	}
	if err != nil {
		return fmt.Errorf("leave tombstone: %w", err)
	}
	claim.Tombstone = &t
	return tx.Names().PutClaim(claim)
}

// Release makes a name free again whose versions are all deleted: it may be
// asked upstream, and claimed anew. Deleted version numbers stay burned.
func (l *Ledger) Release(tx record.Tx, name npm.Name, t record.Tombstone) error {
	claim, err := tx.Names().Claim(name.String())
	switch {
	case errors.Is(err, npm.ErrNotFound):
		return &npm.Error{Kind: npm.ErrNotFound, Package: name.String(), Text: "nobody has claimed it: there is nothing to release"}
	case err != nil:
		return fmt.Errorf("release name: %w", err)
	case claim.Origin != record.Private || claim.Tombstone == nil:
		return &npm.Error{Kind: npm.ErrConflict, Package: name.String(),
			Text: "only a private name whose packages are all deleted can be released"}
	}
	claim.Origin, claim.Release = record.Unclaimed, &t
	if name.Fold() != name.String() {
		if err := l.releaseCase(tx, name, t); err != nil {
			return err
		}
	}
	return tx.Names().PutClaim(claim)
}

func (l *Ledger) releaseCase(tx record.Tx, name npm.Name, t record.Tombstone) error {
	claim, err := tx.Names().Claim(name.Fold())
	if errors.Is(err, npm.ErrNotFound) || err == nil && claim.By != byCase+name.String() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("release name: %w", err)
	}
	claim.Origin, claim.Release = record.Unclaimed, &t
	return tx.Names().PutClaim(claim)
}

// ClaimOf returns the claim of exactly that name, or npm.ErrNotFound.
func (l *Ledger) ClaimOf(ctx context.Context, name npm.Name) (c record.Claim, err error) {
	err = l.store.View(ctx, func(tx record.Tx) error {
		c, err = tx.Names().Claim(name.String())
		return err
	})
	return c, err
}

// Dual tells whether a rule lets a name live here and upstream.
func (l *Ledger) Dual(name npm.Name) bool {
	for _, d := range l.opt.Dual {
		if d == name {
			return true
		}
	}
	return false
}
