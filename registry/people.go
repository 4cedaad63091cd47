package registry

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
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

// within returns the projects of a place whose packages the caller may read.
func (s *Service) within(ctx context.Context, c Caller, w where) ([]*accounts.Project, error) {
	tree, err := s.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	switch w.kind {
	case ProjectPlace:
		return s.readableOf(c, tree, []*accounts.Project{w.project}), nil
	case GroupPlace:
		return s.readableOf(c, tree, tree.Below(w.group.ID, true)), nil
	}
	return s.readableOf(c, tree, tree.Projects()), nil
}

// namesPage is how many names of a walk are looked at together.
const namesPage = 1000

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// nameWalk is a walk through the npm names of some projects, of which the caller
// may read all packages.
type nameWalk struct {
	projects []*accounts.Project
	// search is what names must hold; empty for all.
	search string
}

// eachName calls fn with every name of a walk and with those of the projects that
// have it, by name. Names that the caller's token does not cover are left out. fn
// may end it with errEnough.
func (s *Service) eachName(ctx context.Context, c Caller, w nameWalk, fn func(npm.Name, []*accounts.Project) error) error {
	q, byID := catalog.Query{Search: w.search}, map[int64]*accounts.Project{}
	for _, pr := range w.projects {
		q.Projects, byID[pr.ID] = append(q.Projects, pr.ID), pr
	}
	for offset := 0; ; offset += namesPage {
		hits, total, err := s.deps.Catalog.Names(ctx, q, offset, namesPage)
		if err != nil {
			return err
		}
		for _, hit := range hits {
			name, err := npm.ParseName(hit.Name)
			if err != nil || !c.Principal.Covers(name) {
				continue
			}
			if err := fn(name, pick(byID, hit.Projects)); errors.Is(err, errEnough) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if offset+namesPage >= total {
			return nil
		}
	}
}

func pick(byID map[int64]*accounts.Project, ids []int64) []*accounts.Project {
	var out []*accounts.Project
	for _, id := range ids {
		if pr, ok := byID[id]; ok {
			out = append(out, pr)
		}
	}
	return out
}

// permissions collects names with what the caller may do to each.
type permissions struct {
	s      *Service
	caller Caller
	names  map[string]string
}

func (s *Service) permissionsOf(c Caller) *permissions {
	return &permissions{s: s, caller: c, names: map[string]string{}}
}

// add notes a name in some projects. It fails with errEnough where there are
// enough names.
func (p *permissions) add(name npm.Name, of []*accounts.Project) error {
	for _, pr := range of {
		perm := permRead
		if p.s.deps.Accounts.ProjectAccess(p.caller.Principal, pr).Push {
			perm = permWrite
		}
		if p.names[name.String()] != permWrite {
			p.names[name.String()] = perm
		}
	}
	if len(p.names) >= maxListed {
		return errEnough
	}
	return nil
}

// ScopePackages lists the local names of a scope, or of a top-level group of
// that name.
func (s *Service) ScopePackages(ctx context.Context, c Caller, scope string) (map[string]string, error) {
	if c.anonymous() {
		return nil, errSignIn()
	}
	all, err := s.within(ctx, c, where{})
	if err != nil {
		return nil, err
	}
	found := s.permissionsOf(c)
	var own []*accounts.Project
	for _, pr := range all {
		if topOf(pr.FullPath) == scope {
			own = append(own, pr)
		}
	}
	if err := s.eachName(ctx, c, nameWalk{projects: own}, found.add); err != nil {
		return nil, err
	}
	err = s.eachName(ctx, c, nameWalk{projects: all, search: "@" + scope + "/"}, func(name npm.Name, of []*accounts.Project) error {
		if name.Scope() != "@"+scope {
			return nil
		}
		return found.add(name, of)
	})
	if err == nil && len(found.names) == 0 {
		err = &npm.Error{Kind: npm.ErrNotFound, Text: "Scope not found"}
	}
	return found.names, err
}

// UserPackages lists the local names that a user maintains.
func (s *Service) UserPackages(ctx context.Context, c Caller, username string) (map[string]string, error) {
	if c.anonymous() {
		return nil, errSignIn()
	}
	if _, err := s.deps.Accounts.UserByName(ctx, username); err != nil {
		return nil, err
	}
	return s.heldOf(ctx, c, func(h record.Holding) bool { return slices.Contains(h.Maintainers, username) })
}

// heldOf lists the local names that the caller may read and whose holdings keep
// picks.
func (s *Service) heldOf(ctx context.Context, c Caller, keep func(record.Holding) bool) (map[string]string, error) {
	all, err := s.within(ctx, c, where{})
	if err != nil {
		return nil, err
	}
	found := s.permissionsOf(c)
	err = s.eachName(ctx, c, nameWalk{projects: all}, func(name npm.Name, of []*accounts.Project) error {
		var kept []*accounts.Project
		err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
			kept, err = keptOf(tx, name, of, keep)
			return err
		})
		if err != nil {
			return err
		}
		return found.add(name, kept)
	})
	return found.names, err
}

// keptOf returns those of the projects whose holdings of a name keep picks.
func keptOf(tx record.Tx, name npm.Name, of []*accounts.Project, keep func(record.Holding) bool) ([]*accounts.Project, error) {
	var kept []*accounts.Project
	for _, pr := range of {
		h, err := tx.Catalog().Holding(pr.ID, name.String())
		if err != nil && !errors.Is(err, npm.ErrNotFound) {
			return nil, err
		}
		if err == nil && keep(h) {
			kept = append(kept, pr)
		}
	}
	return kept, nil
}

// Starred lists the local names that a user starred.
func (s *Service) Starred(ctx context.Context, c Caller, username string) ([]string, error) {
	found, err := s.heldOf(ctx, c, func(h record.Holding) bool { return slices.Contains(h.Stars, username) })
	return slices.AppendSeq(make([]string, 0, len(found)), slices.Values(slices.Sorted(maps.Keys(found)))), err
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
