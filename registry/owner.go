package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// owns refuses to add to a name that belongs to another team. The first
// publish claims a name for the top-level group of its project: everybody who
// reads several projects gets the versions of all of them, so that a stranger's
// project must not add to them. Whoever may publish where the name already is
// may do so elsewhere too.
func (p *Put) owns(tx record.Tx) error {
	owners, err := p.owners(tx)
	if err != nil || len(owners) == 0 || p.caller.Principal.Admin {
		return err
	}
	for _, id := range owners {
		owner, err := tx.Spaces().Project(id)
		if errors.Is(err, npm.ErrNotFound) {
			continue // an administrator has to release the name
		}
		if err != nil {
			return err
		}
		if topOf(owner.FullPath) == topOf(p.project.FullPath) || p.pushes[id] {
			return nil
		}
	}
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G02", Code: "E_NAME_OWNED", Package: p.name.String(), Message: "Forbidden",
		Text: fmt.Sprintf("name %s belongs to another group, which published it first; choose a name of your own scope", p.name)}
}

// owners are the projects that hold a name, or the one that did before all of
// it was deleted.
func (p *Put) owners(tx record.Tx) ([]int64, error) {
	held, err := tx.Catalog().HoldingsOf(p.name.String())
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, h := range held {
		ids = append(ids, h.ProjectID)
	}
	if len(ids) > 0 {
		return ids, nil
	}
	claim, err := tx.Names().Claim(p.name.String())
	if errors.Is(err, npm.ErrNotFound) || err == nil && (claim.Origin != record.Private || claim.ProjectID == 0) {
		return nil, nil
	}
	return []int64{claim.ProjectID}, err
}

// findOwners notes, before the transaction, to which of the owners the caller
// may publish. One that comes up only in the transaction is not among them.
func (p *Put) findOwners(ctx context.Context) error {
	var ids []int64
	err := p.s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
		ids, err = p.owners(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("find whose %s is: %w", p.name, err)
	}
	p.pushes = map[int64]bool{}
	for _, id := range ids {
		pr, err := p.s.deps.Accounts.ProjectByID(ctx, id)
		if errors.Is(err, npm.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		p.pushes[id] = p.s.deps.Accounts.ProjectAccess(p.caller.Principal, pr).Push
	}
	return nil
}
