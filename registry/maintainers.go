package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// BeginChange authorises a change of what a project says of a name.
func (s *Service) BeginChange(ctx context.Context, c Caller, p Place, name npm.Name) (*Put, error) {
	pr, err := s.target(ctx, c, p, name, changing)
	if err != nil {
		return nil, err
	}
	return &Put{s: s, caller: c, place: p, name: name, project: pr}, nil
}

// own replaces the list of maintainers that "npm owner" shows. Rights follow
// membership in the project; the list says whom to ask.
func (p *Put) own(ctx context.Context, doc *npm.PublishDocument) (Written, error) {
	if err := p.again(ctx, changing); err != nil {
		return Written{}, err
	}
	for _, who := range doc.Maintainers {
		if err := p.known(ctx, who); err != nil {
			return Written{}, err
		}
	}
	return p.editMaintainers(ctx, func([]string) []string { return slices.Clone(doc.Maintainers) })
}

// SetMaintainer adds one user to that list or takes one off it.
func (p *Put) SetMaintainer(ctx context.Context, user string, owns bool) (Written, error) {
	if owns {
		if err := p.known(ctx, user); err != nil {
			return Written{}, err
		}
	}
	return p.editMaintainers(ctx, func(list []string) []string {
		list = slices.DeleteFunc(slices.Clone(list), func(who string) bool { return who == user })
		if owns {
			list = append(list, user)
		}
		return list
	})
}

func (p *Put) editMaintainers(ctx context.Context, edit func([]string) []string) (Written, error) {
	return p.editHolding(ctx, "package.own", func(h *record.Holding) error {
		if h.Maintainers = edit(h.Maintainers); len(h.Maintainers) == 0 {
			return &npm.Error{Kind: npm.ErrInvalid, Text: "a package needs at least one maintainer"}
		}
		return nil
	})
}

// known checks that a maintainer is a user.
func (p *Put) known(ctx context.Context, who string) error {
	_, err := p.s.deps.Accounts.UserByName(ctx, who)
	if errors.Is(err, npm.ErrNotFound) {
		return &npm.Error{Kind: npm.ErrNotFound, Text: "there is no user " + who}
	}
	return err
}
