package rest

import (
	"context"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// space is the group or project that a path names, for what both have alike.
type space struct {
	source record.Source
	// groups are the groups that it is in, the nearest first.
	groups []int64
	access accounts.Access
	// private is whether only members see it.
	private bool
}

// spaceRun answers a request about a group or project.
type spaceRun func(*API, context.Context, *Request, *space) (*Response, error)

// inProject is run for the project that the path names, which the caller sees.
func inProject(run spaceRun) func(*API, context.Context, *Request) (*Response, error) {
	return func(a *API, ctx context.Context, r *Request) (*Response, error) {
		pr, access, err := a.project(ctx, r)
		switch {
		case err != nil:
			return nil, err
		case !access.See: // packages may be read without seeing the project
			return nil, r.errNoProject()
		}
		return run(a, ctx, r, &space{
			source: record.Source{Kind: record.ProjectSource, ID: pr.ID}, groups: pr.Groups,
			access: access, private: pr.Visibility == record.PrivateVisibility,
		})
	}
}

// inGroup is inProject for a group.
func inGroup(run spaceRun) func(*API, context.Context, *Request) (*Response, error) {
	return func(a *API, ctx context.Context, r *Request) (*Response, error) {
		g, access, err := a.group(ctx, r)
		if err != nil {
			return nil, err
		}
		return run(a, ctx, r, &space{
			source: record.Source{Kind: record.GroupSource, ID: g.ID}, groups: g.Ancestors,
			access: access, private: g.Visibility == record.PrivateVisibility,
		})
	}
}

// sources are the space and what it is in, the nearest first.
func (s *space) sources() []record.Source {
	out := []record.Source{s.source}
	for _, id := range s.groups {
		out = append(out, record.Source{Kind: record.GroupSource, ID: id})
	}
	return out
}

// needRole refuses whoever has no such role there, and credentials that are
// limited: they could give themselves or others what they lack.
func (s *space) needRole(r *Request, level record.AccessLevel) error {
	if s.access.Level < level || !r.Principal.ManagesAccount() {
		return errForbidden("")
	}
	return nil
}

// admins is the role that gives roles: owner in a group, maintainer in a
// project.
func (s *space) admins() record.AccessLevel {
	if s.source.Kind == record.GroupSource {
		return record.Owner
	}
	return record.Maintainer
}
