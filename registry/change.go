package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// change does what a document without attachments says: it deprecates, stars or
// names maintainers. Nothing else of the document counts, whatever the client
// sends back: it cannot change what was published.
func (p *Put) change(ctx context.Context, doc *npm.PublishDocument) (Written, error) {
	deprecations := doc.Deprecations()
	switch {
	case p.caller.Command == "deprecate" || p.caller.Command == "undeprecate":
		return p.deprecate(ctx, deprecations)
	case strings.Contains(p.caller.Command, "star"), doc.Users != nil && len(doc.Versions) == 0:
		return p.star(ctx, doc)
	case doc.Maintainers != nil && len(doc.Versions) == 0:
		return p.own(ctx, doc)
	}
	return p.deprecate(ctx, deprecations)
}

// again checks the rights of a change that turned out to be another than the
// one that was authorised.
func (p *Put) again(ctx context.Context, kind writeKind) error {
	return p.s.authorize(ctx, p.caller, p.project, p.name, kind)
}

// deprecate sets and removes the deprecations of versions. Versions that do not
// exist are ignored, as by GitLab.
func (p *Put) deprecate(ctx context.Context, list []npm.Deprecation) (Written, error) {
	if err := p.again(ctx, changing); err != nil {
		return Written{}, err
	}
	if len(list) == 0 {
		return Written{}, errNotGiven("package versions to deprecate")
	}
	name := p.name.String()
	var out Written
	err := p.s.update(ctx, name, func(tx record.Tx) error {
		out = Written{Done: "deprecated"}
		changed, err := p.deprecateIn(tx, list)
		if err != nil || changed == nil {
			return err
		}
		if out.Rev, err = p.s.touch(tx, p.project, name, p.caller); err != nil {
			return err
		}
		_, err = tx.Audit().Append(p.caller.entry("package.deprecate", name, strings.Join(changed, " ")))
		return err
	})
	return out, err
}

// deprecateIn writes what differs and returns the versions.
func (p *Put) deprecateIn(tx record.Tx, list []npm.Deprecation) ([]string, error) {
	var changed []string
	found := false
	for _, d := range list {
		pkg, err := tx.Catalog().PackageOf(p.project.ID, p.name.String(), d.Version)
		if errors.Is(err, npm.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !pkg.Status.Installable() {
			continue
		}
		found = true
		if pkg.Deprecated == d.Text {
			continue
		}
		pkg.Deprecated, pkg.UpdatedAt = d.Text, p.s.opts.Now().UTC()
		if pkg.Status != record.StatusHidden {
			pkg.Status = record.StatusDeprecated
			if d.Text == "" {
				pkg.Status = record.StatusDefault
			}
		}
		if _, err := tx.Catalog().PutPackage(pkg); err != nil {
			return nil, err
		}
		changed = append(changed, d.Version)
	}
	if !found {
		return nil, errNoPackage()
	}
	return changed, nil
}

// errNotGiven is GitLab's answer where something that is needed is blank.
func errNotGiven(what string) error {
	text := fmt.Sprintf("%q not given", what)
	return &npm.Error{Kind: npm.ErrInvalid, Message: "Bad request - " + text, Text: text}
}

// star notes or removes the caller's own star, whatever the document says of
// others.
func (p *Put) star(ctx context.Context, doc *npm.PublishDocument) (Written, error) {
	if err := p.again(ctx, starring); err != nil {
		return Written{}, err
	}
	return p.s.starIn(ctx, p, doc.Users[p.caller.Principal.Username])
}

// starIn writes a star of the caller.
func (s *Service) starIn(ctx context.Context, p *Put, starred bool) (Written, error) {
	who := p.caller.Principal.Username
	if who == "" {
		return Written{}, errNoPerson()
	}
	return p.editHolding(ctx, "package.star", func(h *record.Holding) error {
		h.Stars = slices.DeleteFunc(h.Stars, func(u string) bool { return u == who })
		if starred {
			h.Stars = append(h.Stars, who)
		}
		return nil
	})
}

// editHolding changes what a project says of a name.
func (p *Put) editHolding(ctx context.Context, action string, edit func(*record.Holding) error) (Written, error) {
	name := p.name.String()
	var out Written
	err := p.s.update(ctx, name, func(tx record.Tx) error {
		out = Written{Done: action}
		if err := p.current(tx); err != nil {
			return err
		}
		h, err := tx.Catalog().Holding(p.project.ID, name)
		if errors.Is(err, npm.ErrNotFound) {
			return errNoPackage()
		}
		if err != nil {
			return err
		}
		if err := edit(&h); err != nil {
			return err
		}
		if err := tx.Catalog().PutHolding(h); err != nil {
			return err
		}
		if out.Rev, err = p.s.touch(tx, p.project, name, p.caller); err != nil {
			return err
		}
		_, err = tx.Audit().Append(p.caller.entry(action, name, p.project.FullPath))
		return err
	})
	return out, err
}
