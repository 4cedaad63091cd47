package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Name is what the ledger says of one name, for administrators.
type Name struct {
	Name string `json:"name"`
	// Origin is whose the name is: "private", "public", "dual" or "unclaimed".
	// What is declared counts more than what was claimed.
	Origin string `json:"origin"`
	// Pattern is the entry of names.private that declares the name, empty where
	// none does.
	Pattern string `json:"pattern,omitempty"`
	// ClaimedBy tells what made the claim, such as "publish" or "upstream", and
	// is empty where there is none.
	ClaimedBy string     `json:"claimed_by,omitempty"`
	ClaimedAt *time.Time `json:"claimed_at"`
	// Upstream is the one that answered for a public name.
	Upstream string `json:"upstream,omitempty"`
	// Project is the one whose publish claimed the name, nil where none did or
	// it is gone.
	Project *NameProject `json:"project"`
	// Tombstone tells that all packages of the name were deleted here, Release
	// that it was made free since.
	Tombstone *record.Tombstone `json:"tombstone"`
	Release   *record.Tombstone `json:"release"`
}

// NameProject is a project that has to do with a name.
type NameProject struct {
	ID       int64  `json:"id"`
	FullPath string `json:"path_with_namespace"`
}

// NameDetail is Name with all that hangs on it.
type NameDetail struct {
	Name
	// Projects are those that hold packages of the name now.
	Projects []NameProject `json:"projects"`
	// Burned are the versions that nobody may publish again.
	Burned []NameBurn `json:"burned"`
	// Pins is how many versions have a pin: what their tarball was when first
	// seen.
	Pins int `json:"pins"`
}

// NameBurn is a version that was deleted.
type NameBurn struct {
	Version string `json:"version"`
	record.Tombstone
}

// errAdmin refuses whoever is no administrator.
func errAdmin(what string) error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Text: "only administrators " + what}
}

// Names lists the ledger for administrators, see names.Ledger.List.
func (s *Service) Names(ctx context.Context, c Caller, q names.Query) ([]Name, string, error) {
	if !c.Principal.Admin {
		return nil, "", errAdmin("list names")
	}
	claims, next, err := s.deps.Names.List(ctx, q)
	if err != nil {
		return nil, "", err
	}
	list := make([]Name, 0, len(claims))
	for _, claim := range claims {
		n, err := s.named(ctx, claim)
		if err != nil {
			return nil, "", err
		}
		list = append(list, n)
	}
	return list, next, nil
}

// named is what a claim says, and what a pattern says about it.
func (s *Service) named(ctx context.Context, claim record.Claim) (Name, error) {
	n := Name{Name: claim.Name, Origin: claim.Origin.String(), ClaimedBy: claim.By, Upstream: claim.Upstream,
		Tombstone: claim.Tombstone, Release: claim.Release}
	if !claim.ClaimedAt.IsZero() {
		at := claim.ClaimedAt.UTC()
		n.ClaimedAt = &at
	}
	if name, err := npm.ParseName(claim.Name); err == nil {
		s.declared(&n, name)
	}
	pr, ok, err := s.nameProject(ctx, claim.ProjectID)
	if ok {
		n.Project = &pr
	}
	return n, err
}

func (s *Service) declared(n *Name, name npm.Name) {
	if p, ok := s.deps.Names.DeclaredBy(name); ok {
		n.Origin, n.Pattern = record.Private.String(), p.String()
	} else if s.deps.Names.Dual(name) {
		n.Origin = record.Dual.String()
	}
}

// nameProject returns a project by its number, and whether there is one.
func (s *Service) nameProject(ctx context.Context, id int64) (p NameProject, ok bool, err error) {
	if id == 0 {
		return p, false, nil
	}
	pr, err := s.deps.Accounts.ProjectByID(ctx, id)
	if errors.Is(err, npm.ErrNotFound) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	return NameProject{pr.ID, pr.FullPath}, true, nil
}

// NameOf tells an administrator all that the ledger has of a name. One that
// nobody claimed and no pattern declares is npm.ErrNotFound.
func (s *Service) NameOf(ctx context.Context, c Caller, name npm.Name) (NameDetail, error) {
	if !c.Principal.Admin {
		return NameDetail{}, errAdmin("look at names")
	}
	kept, err := s.readName(ctx, name.String())
	if err != nil {
		return NameDetail{}, fmt.Errorf("read name: %w", err)
	}
	out := NameDetail{Projects: []NameProject{}, Burned: []NameBurn{}, Pins: kept.pins}
	if out.Name, err = s.named(ctx, kept.claim); err != nil {
		return out, err
	}
	if kept.claim.By == "" && out.Pattern == "" && out.Origin != record.Dual.String() {
		return out, &npm.Error{Kind: npm.ErrNotFound, Package: name.String(), Message: "Name Not Found",
			Text: "nobody has claimed " + name.String() + " and no pattern declares it"}
	}
	for _, h := range kept.held {
		pr, ok, err := s.nameProject(ctx, h.ProjectID)
		if err != nil {
			return out, err
		}
		if ok {
			out.Projects = append(out.Projects, pr)
		}
	}
	for _, b := range kept.burns {
		out.Burned = append(out.Burned, NameBurn{b.Version, b.Tombstone})
	}
	return out, nil
}

// keptName is what the store has of a name.
type keptName struct {
	claim record.Claim
	held  []record.Holding
	burns []record.Burn
	pins  int
}

func (s *Service) readName(ctx context.Context, name string) (keptName, error) {
	var k keptName
	err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
		k.claim, err = tx.Names().Claim(name)
		if errors.Is(err, npm.ErrNotFound) {
			k.claim, err = record.Claim{Name: name}, nil
		}
		if err != nil {
			return err
		}
		if k.held, err = tx.Catalog().HoldingsOf(name); err != nil {
			return err
		}
		if k.burns, err = tx.Names().Burns(name); err != nil {
			return err
		}
		pins, err := tx.Names().Pins(name)
		k.pins = len(pins)
		return err
	})
	return k, err
}
