package registry

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TagWrite is a dist-tag to be written or removed.
type TagWrite struct {
	Name npm.Name
	Tag  string
	// Version is what the tag is to point to; unused where it is removed.
	Version string
}

// AuthorizeTag checks the rights of setting a tag before its body is read.
func (s *Service) AuthorizeTag(ctx context.Context, c Caller, p Place, w TagWrite) error {
	_, err := s.tagTarget(ctx, c, p, w, false)
	return err
}

func (s *Service) tagTarget(ctx context.Context, c Caller, p Place, w TagWrite, remove bool) (*accounts.Project, error) {
	kind := pushing
	if remove {
		kind = changing
	}
	return s.target(ctx, c, p, w.Name, kind)
}

// SetTag points a dist-tag to a version. It never moves latest backward (G67).
func (s *Service) SetTag(ctx context.Context, c Caller, p Place, w TagWrite) error {
	pr, err := s.tagTarget(ctx, c, p, w, false)
	if err != nil {
		return err
	}
	w.Tag, w.Version = strings.TrimSpace(w.Tag), strings.TrimSpace(w.Version)
	switch {
	case w.Version == "":
		return errNotGiven("Version")
	case w.Tag == "":
		return errNotGiven("Tag")
	}
	if err := npm.CheckTag(w.Tag); err != nil {
		return err
	}
	name := w.Name.String()
	return s.update(ctx, name, func(tx record.Tx) error {
		pkg, err := tx.Catalog().PackageOf(pr.ID, name, w.Version)
		if errors.Is(err, npm.ErrNotFound) || err == nil && !pkg.Installable() {
			return s.errNoTagged(p)
		}
		if err != nil {
			return err
		}
		if w.Tag == latest {
			if err := s.forward(tx.Catalog(), pkg); err != nil {
				return err
			}
		}
		if err := putTag(tx.Catalog(), pkg, w.Tag, s.opts.Now()); err != nil {
			return err
		}
		return s.tagWritten(tx, c, pr, "tag.set", w)
	})
}

// errNoTagged is GitLab's answer for a tag of what does not exist.
func (s *Service) errNoTagged(p Place) error {
	if p.Kind == GroupPlace || p.Kind == InstancePlace {
		return errNoProject()
	}
	return errNoPackage()
}

// forward refuses to move latest to a lower version.
func (s *Service) forward(c record.Catalog, pkg record.Package) error {
	current, err := s.currentLatest(c, pkg)
	if errors.Is(err, npm.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !lower(pkg.Version, current) {
		return nil
	}
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G67", Code: "E_LATEST_BACKWARD", Message: "Forbidden",
		Package: pkg.Name, Version: pkg.Version,
		Text: "latest may not move from " + current + " to " + pkg.Version + ", which is lower"}
}

// currentLatest returns the version that latest shows, set or computed.
func (s *Service) currentLatest(c record.Catalog, pkg record.Package) (string, error) {
	set, err := latestOf(c, pkg.ProjectID, pkg.Name)
	if err == nil || !errors.Is(err, npm.ErrNotFound) {
		return set.Version, err
	}
	list, err := installable(c, pkg.ProjectID, pkg.Name)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", npm.ErrNotFound
	}
	return highestOf(list), nil
}

// installable lists the versions of a name that clients may get.
func installable(c record.Catalog, project int64, name string) ([]string, error) {
	var list []string
	err := eachPackage(c, project, name, func(p record.Package) error {
		if p.Type == record.NPM && p.Installable() {
			list = append(list, p.Version)
		}
		return nil
	})
	return list, err
}

// anyInstallable tells whether clients may get any version of a name.
func anyInstallable(c record.Catalog, project int64, name string) (bool, error) {
	err := eachPackage(c, project, name, func(p record.Package) error {
		if p.Type == record.NPM && p.Installable() {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

// RemoveTag removes a dist-tag. Without a latest the highest version is latest.
func (s *Service) RemoveTag(ctx context.Context, c Caller, p Place, w TagWrite) error {
	pr, err := s.tagTarget(ctx, c, p, w, true)
	if err != nil {
		return err
	}
	if w.Tag = strings.TrimSpace(w.Tag); w.Tag == "" {
		return errNotGiven("Tag")
	}
	name := w.Name.String()
	return s.update(ctx, name, func(tx record.Tx) error {
		tags, err := tx.Catalog().Tags(pr.ID, name)
		if err != nil {
			return err
		}
		set := slices.ContainsFunc(tags, func(t record.Tag) bool { return t.Name == w.Tag })
		list, err := installable(tx.Catalog(), pr.ID, name)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return s.errNoTagged(p)
		case !set && w.Tag == latest:
			return nil // it is computed anyway
		case !set:
			return &npm.Error{Kind: npm.ErrNotFound, Text: "Package tag not found"}
		}
		if err := tx.Catalog().RemoveTag(pr.ID, name, w.Tag); err != nil {
			return err
		}
		return s.tagWritten(tx, c, pr, "tag.remove", w)
	})
}

func (s *Service) tagWritten(tx record.Tx, c Caller, pr *accounts.Project, action string, w TagWrite) error {
	if _, err := s.touch(tx, pr, w.Name.String(), c); err != nil {
		return err
	}
	_, err := tx.Audit().Append(c.entry(action, w.Name.String(), w.Tag+" "+w.Version))
	return err
}
