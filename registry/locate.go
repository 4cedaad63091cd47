package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Location says where a name comes from for one caller at one place.
type Location struct {
	name npm.Name
	// holders are the holdings of the place that the caller may read.
	holders []holder
	// Forward tells that the name comes from upstream. With holders, which a
	// name of both sides has, it is merged.
	Forward bool
}

// Local tells whether anything of the name is local.
func (l Location) Local() bool { return len(l.holders) > 0 }

// holder is a project that holds a name.
type holder struct {
	project *accounts.Project
	rev     uint64
}

// Locate decides, before anything is looked up or forwarded, whether a caller
// may read a name at a place and where it comes from then. Names that are local
// or ever were are never forwarded.
func (s *Service) Locate(ctx context.Context, c Caller, p Place, name npm.Name) (Location, error) {
	w, err := s.enter(ctx, c, p)
	if err != nil {
		return Location{}, err
	}
	origin, err := s.deps.Names.Origin(ctx, name)
	if err != nil {
		return Location{}, errLedger(err)
	}
	held, err := s.holdersOf(ctx, name)
	if err != nil {
		return Location{}, err
	}
	loc := Location{name: name}
	hidden := false
	for _, h := range held {
		if !w.holds(h.project) {
			continue
		}
		if s.mayRead(c, h.project, name) {
			loc.holders = append(loc.holders, h)
		} else {
			hidden = true
		}
	}
	switch {
	case origin == record.Dual:
		loc.Forward = w.forward
	case len(loc.holders) > 0:
		return loc, nil
	case hidden && c.anonymous():
		return Location{}, errSignIn()
	case hidden && !c.Principal.Covers(name):
		return Location{}, errUncovered(name)
	case hidden:
		return Location{}, &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Package: name.String(),
			Text: name.String() + " is in a project that you may not read"}
	case origin == record.Private || len(held) > 0:
		return Location{}, s.absentPrivate(ctx, name)
	default:
		loc.Forward = w.forward
	}
	if !loc.Forward && len(loc.holders) == 0 {
		return Location{}, errNotHere(w.kind)
	}
	return loc, nil
}

// errNotHere is GitLab's answer for a name that a place does not have while
// forwarding is off.
func errNotHere(kind PlaceKind) error {
	if kind == ProjectPlace || kind == GroupPlace {
		return &npm.Error{Kind: npm.ErrNotFound, Text: "Packages not found"}
	}
	return errNoProject()
}

func (s *Service) mayRead(c Caller, pr *accounts.Project, name npm.Name) bool {
	return s.deps.Accounts.ProjectAccess(c.Principal, pr).Read && c.Principal.Covers(name)
}

// absentPrivate words the answer for a private name that is not there.
func (s *Service) absentPrivate(ctx context.Context, name npm.Name) error {
	e := &npm.Error{Kind: npm.ErrNotFound, Guard: "G01", Code: "E_PRIVATE_NAME", Package: name.String(),
		Text: "private name: " + name.String() + " is not published here and is never forwarded"}
	claim, err := s.deps.Names.ClaimOf(ctx, name)
	switch {
	case errors.Is(err, npm.ErrNotFound):
	case err != nil:
		return errLedger(err)
	case claim.Tombstone != nil:
		e.Guard, e.Code = "G03", "E_TOMBSTONE"
		e.Text = fmt.Sprintf("tombstone: %s was deleted %s by %s; the name stays reserved and is not forwarded",
			name, claim.Tombstone.At.UTC().Format("2006-01-02"), claim.Tombstone.By)
	}
	return e
}

func errLedger(err error) error {
	return &npm.Error{Kind: npm.ErrUnavailable, Err: err,
		Text: "the name ledger cannot be read; nothing is served while whose name this is remains unknown"}
}

// enter finds a place and checks that the caller may look at it. What is absent
// and what is invisible look alike.
func (s *Service) enter(ctx context.Context, c Caller, p Place) (where, error) {
	w := where{kind: p.Kind}
	var err error
	switch p.Kind {
	case ProjectPlace:
		w.project, err = s.project(ctx, c, p.Ref)
		if err == nil {
			w.forward = w.project.Forward
		}
	case GroupPlace:
		w.group, err = s.group(ctx, c, p.Ref)
		if err == nil {
			w.forward = w.group.Forward
		}
	default:
		w.forward, err = s.deps.Accounts.Forwarding(ctx)
	}
	return w, err
}

// Forwards tells whether a place that the caller may look at forwards names to
// upstream.
func (s *Service) Forwards(ctx context.Context, c Caller, p Place) (bool, error) {
	w, err := s.enter(ctx, c, p)
	return w.forward, err
}

// project finds a project whose packages the caller may at least ask for.
func (s *Service) project(ctx context.Context, c Caller, ref string) (*accounts.Project, error) {
	pr, err := s.deps.Accounts.Project(ctx, ref)
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return nil, err
	}
	var access accounts.Access
	if err == nil {
		access = s.deps.Accounts.ProjectAccess(c.Principal, pr)
	}
	switch {
	case err == nil && access.Read:
		return pr, nil
	case c.anonymous():
		return nil, errSignIn()
	case !access.See:
		return nil, errNoProject()
	case pr.Registry == record.RegistryDisabled:
		return nil, &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Text: "the package registry of " + pr.FullPath + " is switched off"}
	}
	return nil, errRole("reading packages", pr.FullPath, record.Guest, access.Level)
}

// group finds a group that the caller may look at.
func (s *Service) group(ctx context.Context, c Caller, ref string) (*accounts.Group, error) {
	g, err := s.deps.Accounts.Group(ctx, ref)
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return nil, err
	}
	switch {
	case err == nil && s.deps.Accounts.GroupAccess(c.Principal, g).See:
		return g, nil
	case c.anonymous():
		return nil, errSignIn()
	}
	return nil, errNoGroup()
}
