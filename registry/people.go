package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// maxListed bounds the lists of packages and people of one answer.
const maxListed = 10_000

// Public tells whether everybody may read a local name: what npm calls its
// visibility. It follows the project.
func (s *Service) Public(ctx context.Context, l Location) (bool, error) {
	for _, h := range l.holders {
		if s.deps.Accounts.ProjectAccess(accounts.Nobody(), h.project).Read {
			return true, nil
		}
	}
	return false, nil
}

// SetPublic answers "npm access set status": visibility belongs to the project,
// so only what is so already is accepted.
func (s *Service) SetPublic(ctx context.Context, c Caller, p Place, name npm.Name, public bool) error {
	pr, err := s.target(ctx, c, p, name, changing)
	if err != nil {
		return err
	}
	if s.deps.Accounts.ProjectAccess(accounts.Nobody(), pr).Read == public {
		return nil
	}
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Package: name.String(),
		Text: "visibility belongs to the project: change that of " + pr.FullPath + " (larder project set " + pr.FullPath + " --visibility …)"}
}

// The words of npm's access commands (npm's documentation, "npm access").
const (
	permRead  = "read"
	permWrite = "write"
)

// Collaborators lists who may read and write a local name.
func (s *Service) Collaborators(ctx context.Context, c Caller, l Location) (map[string]string, error) {
	if c.anonymous() {
		return nil, errSignIn()
	}
	out := map[string]string{}
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		for _, h := range l.holders {
			sources := []record.Source{{Kind: record.ProjectSource, ID: h.project.ID}}
			for _, id := range h.project.Groups {
				sources = append(sources, record.Source{Kind: record.GroupSource, ID: id})
			}
			for _, source := range sources {
				if err := collaborators(tx, source, out); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return out, err
}

func collaborators(tx record.Tx, source record.Source, out map[string]string) error {
	members, err := tx.Spaces().Members(source, 0, maxListed)
	if err != nil {
		return err
	}
	for _, m := range members {
		u, err := tx.Accounts().User(m.UserID)
		if errors.Is(err, npm.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if m.Level >= record.Developer {
			out[u.Username] = permWrite
		} else if out[u.Username] == "" {
			out[u.Username] = permRead
		}
	}
	return nil
}

// packagesOf lists the local names that the caller may read and that keep picks,
// with what the caller may do to each.
func (s *Service) packagesOf(ctx context.Context, c Caller, keep func(record.Holding, *accounts.Project) bool) (map[string]string, error) {
	out := map[string]string{}
	err := s.eachHolding(ctx, func(h record.Holding) error {
		pr, err := s.deps.Accounts.ProjectByID(ctx, h.ProjectID)
		if err != nil {
			return err
		}
		name, err := npm.ParseName(h.Name)
		if err != nil || !s.mayRead(c, pr, name) || !keep(h, pr) {
			return nil //nolint:nilerr // names were parsed when they came
		}
		perm := permRead
		if s.deps.Accounts.ProjectAccess(c.Principal, pr).Push {
			perm = permWrite
		}
		if out[h.Name] != permWrite {
			out[h.Name] = perm
		}
		if len(out) >= maxListed {
			return errEnough
		}
		return nil
	})
	return out, err
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// eachHolding calls fn with every holding, by name, in pages of their own
// snapshots. fn may end it with errEnough.
func (s *Service) eachHolding(ctx context.Context, fn func(record.Holding) error) error {
	const page = 1000
	after := ""
	for {
		var list []record.Holding
		err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
			list, err = tx.Catalog().HoldingsAfter(after, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, h := range list {
			after = h.Name
			if err := fn(h); errors.Is(err, errEnough) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if len(list) < page { // no name is ever split between pages
			return nil
		}
	}
}

// ScopePackages lists the local names of a scope, or of a top-level group of
// that name.
func (s *Service) ScopePackages(ctx context.Context, c Caller, scope string) (map[string]string, error) {
	if c.anonymous() {
		return nil, errSignIn()
	}
	out, err := s.packagesOf(ctx, c, func(h record.Holding, pr *accounts.Project) bool {
		name, err := npm.ParseName(h.Name)
		return err == nil && (name.Scope() == "@"+scope || topOf(pr.FullPath) == scope)
	})
	if err == nil && len(out) == 0 {
		err = &npm.Error{Kind: npm.ErrNotFound, Text: "Scope not found"}
	}
	return out, err
}

// UserPackages lists the local names that a user maintains.
func (s *Service) UserPackages(ctx context.Context, c Caller, username string) (map[string]string, error) {
	if c.anonymous() {
		return nil, errSignIn()
	}
	if _, err := s.deps.Accounts.UserByName(ctx, username); err != nil {
		return nil, err
	}
	return s.packagesOf(ctx, c, func(h record.Holding, _ *accounts.Project) bool {
		return slices.Contains(h.Maintainers, username)
	})
}

// Starred lists the local names that a user starred.
func (s *Service) Starred(ctx context.Context, c Caller, username string) ([]string, error) {
	found, err := s.packagesOf(ctx, c, func(h record.Holding, _ *accounts.Project) bool {
		return slices.Contains(h.Stars, username)
	})
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, err
}

// SetStar stars a name or takes the star back.
func (s *Service) SetStar(ctx context.Context, c Caller, p Place, name npm.Name, starred bool) error {
	pr, err := s.target(ctx, c, p, name, starring)
	if err != nil {
		return err
	}
	_, err = s.starIn(ctx, &Put{s: s, caller: c, place: p, name: name, project: pr}, starred)
	return err
}
