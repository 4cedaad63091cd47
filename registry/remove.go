package registry

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Revision is the address of a write of a document as it was read: "-rev/REV".
type Revision struct {
	Name npm.Name
	// Rev is the _rev of that document; a write of another one is a conflict.
	Rev string
}

// BeginRevision authorises "PUT /name/-rev/REV" before its body is read.
// Unpublishing one version and changing maintainers come this way.
func (s *Service) BeginRevision(ctx context.Context, c Caller, p Place, r Revision) (*RevisionPut, error) {
	pr, err := s.target(ctx, c, p, r.Name, changing)
	if err != nil {
		return nil, err
	}
	if err := s.checkRev(ctx, pr, r); err != nil {
		return nil, err
	}
	return &RevisionPut{Put: Put{s: s, caller: c, place: p, name: r.Name, project: pr, rev: r.Rev}}, nil
}

// RevisionPut is an authorised "PUT /name/-rev/REV".
type RevisionPut struct{ Put }

// Run reads the body. Versions that it lacks are unpublished; where it has none
// at all it is about maintainers or stars.
func (p *RevisionPut) Run(ctx context.Context, b Body) (Written, error) {
	doc, err := npm.ReadPublish(b, npm.PublishOptions{
		Attachment:  func(string) (io.Writer, error) { return io.Discard, nil },
		MaxDocument: p.s.opts.DocumentLimit, MaxAttachment: p.s.opts.PackageLimit, Grow: b.Grow,
	})
	if err != nil {
		return Written{}, err
	}
	if len(doc.Versions) == 0 && (doc.Maintainers != nil || doc.Users != nil) {
		return p.change(ctx, doc)
	}
	if len(doc.Versions) == 0 {
		return Written{}, &npm.Error{Kind: npm.ErrInvalid, Package: p.name.String(),
			Text: "the document has no versions; a whole package is deleted with DELETE"}
	}
	kept := make(map[string]bool, len(doc.Versions))
	for _, v := range doc.Versions {
		kept[v.Key] = true
	}
	return p.s.unpublish(ctx, &p.Put, func(version string) bool { return !kept[version] })
}

// DeleteRevision unpublishes a whole name: "DELETE /name/-rev/REV".
func (s *Service) DeleteRevision(ctx context.Context, c Caller, p Place, r Revision) (Written, error) {
	pr, err := s.target(ctx, c, p, r.Name, deleting)
	if err != nil {
		return Written{}, err
	}
	if err := s.checkRev(ctx, pr, r); err != nil {
		return Written{}, err
	}
	put := &Put{s: s, caller: c, place: p, name: r.Name, project: pr, rev: r.Rev}
	return s.unpublish(ctx, put, func(string) bool { return true })
}

// DeleteFile is the last step of npm's unpublish, "DELETE …tgz/-rev/REV": the
// version is gone already, or goes now.
func (s *Service) DeleteFile(ctx context.Context, c Caller, p Place, r Revision, file string) (Written, error) {
	pr, err := s.target(ctx, c, p, r.Name, deleting)
	if err != nil {
		return Written{}, err
	}
	if r.Rev == "" {
		return Written{}, errRev(r.Name)
	}
	version, ok := r.Name.VersionOfFile(strings.TrimPrefix(file, r.Name.Scope()+"/"))
	if !ok {
		return Written{}, errNoFile(r.Name, file)
	}
	put := &Put{s: s, caller: c, place: p, name: r.Name, project: pr, rev: r.Rev}
	w, err := s.unpublish(ctx, put, func(v string) bool { return v == version })
	if errors.Is(err, npm.ErrNotFound) {
		return Written{Done: "unpublished already"}, nil
	}
	return w, err
}

// checkRev compares a _rev with the one that the name has now.
func (s *Service) checkRev(ctx context.Context, pr *accounts.Project, r Revision) error {
	if r.Rev == "" {
		return errRev(r.Name)
	}
	p := &Put{name: r.Name, project: pr, rev: r.Rev}
	return s.deps.Store.View(ctx, func(tx record.Tx) error { return p.current(tx) })
}

// current fails with npm.ErrConflict where the name has another revision than
// the one that the write changes. It is asked once more in the transaction of
// the write: a document that was long on its way lacks what came meanwhile.
func (p *Put) current(tx record.Tx) error {
	if p.rev == "" {
		return nil
	}
	h, err := tx.Catalog().Holding(p.project.ID, p.name.String())
	if errors.Is(err, npm.ErrNotFound) {
		return errNoPackage()
	}
	if err != nil {
		return err
	}
	if p.rev != RevText(h.Rev) {
		return errRev(p.name)
	}
	return nil
}

func errRev(name npm.Name) error {
	return &npm.Error{Kind: npm.ErrConflict, Package: name.String(), Message: "Conflict",
		Text: "the package has changed since it was read; read it again"}
}

// RevText writes a revision as documents and answers carry it: a count and a
// digest once, opaque to clients today.
func RevText(rev uint64) string { return strconv.FormatUint(rev, 10) + "-0" }

// unpublish takes away the versions that pick names. They are hidden at once,
// their numbers burned, and their bytes kept for the grace time.
func (s *Service) unpublish(ctx context.Context, p *Put, pick func(version string) bool) (Written, error) {
	if err := p.again(ctx, deleting); err != nil {
		return Written{}, err
	}
	var out Written
	name := p.name.String()
	err := s.update(ctx, name, func(tx record.Tx) error {
		out = Written{Done: "unpublished"}
		var gone []record.Package
		err := eachPackage(tx.Catalog(), p.project.ID, name, func(pkg record.Package) error {
			if pkg.Type == record.NPM && pkg.Status != record.StatusPendingDestruction && pick(pkg.Version) {
				gone = append(gone, pkg)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(gone) == 0 {
			return errNoPackage() // and so it does not matter what the client read
		}
		if err := p.current(tx); err != nil {
			return err
		}
		for _, pkg := range gone {
			if err := s.bury(tx, p.caller, pkg); err != nil {
				return err
			}
		}
		out.Rev, err = s.settle(tx, p, name)
		return err
	})
	return out, err
}

// bury hides a package and burns its number.
func (s *Service) bury(tx record.Tx, c Caller, pkg record.Package) error {
	now := s.opts.Now().UTC()
	pkg.Status, pkg.DeletedAt, pkg.UpdatedAt = record.StatusPendingDestruction, now, now
	if _, err := tx.Catalog().PutPackage(pkg); err != nil {
		return err
	}
	if err := s.burn(tx, c, pkg); err != nil {
		return err
	}
	if err := dropTags(tx.Catalog(), pkg); err != nil {
		return err
	}
	_, err := tx.Audit().Append(c.entry("package.delete", pkg.Name+"@"+pkg.Version, ""))
	return err
}

// burn takes the number of an npm version for ever. One that is burned already
// stays as it is.
func (s *Service) burn(tx record.Tx, c Caller, pkg record.Package) error {
	_, err := tx.Names().Burn(pkg.Name, pkg.Version)
	if !errors.Is(err, npm.ErrNotFound) {
		return err
	}
	b := record.Burn{Name: pkg.Name, Version: pkg.Version,
		Tombstone: record.Tombstone{At: s.opts.Now().UTC(), By: c.Principal.Actor()}}
	if f, err := fileOf(tx.Catalog(), pkg, tarballName(pkg.Name, pkg.Version)); err == nil {
		b.SHA512 = f.SHA512
	} else if !errors.Is(err, npm.ErrNotFound) {
		return err
	}
	return tx.Names().PutBurn(b)
}

// dropTags removes the tags that point to a package.
func dropTags(c record.Catalog, pkg record.Package) error {
	tags, err := c.Tags(pkg.ProjectID, pkg.Name)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if t.PackageID != pkg.ID {
			continue
		}
		if err := c.RemoveTag(pkg.ProjectID, pkg.Name, t.Name); err != nil {
			return err
		}
	}
	return nil
}

// settle brings holding and ledger in line with what is left of a name.
func (s *Service) settle(tx record.Tx, p *Put, name string) (uint64, error) {
	left, err := anyInstallable(tx.Catalog(), p.project.ID, name)
	if err != nil {
		return 0, err
	}
	if left {
		return s.touch(tx, p.project, name, p.caller)
	}
	err = tx.Catalog().RemoveHolding(p.project.ID, name)
	if errors.Is(err, npm.ErrNotFound) {
		return 0, nil // nothing was left before either
	}
	if err != nil {
		return 0, err
	}
	others, err := tx.Catalog().HoldingsOf(name)
	if err != nil || len(others) > 0 || s.deps.Names.Dual(p.name) {
		return 0, err
	}
	return 0, s.deps.Names.Bury(tx, p.name, record.Tombstone{At: s.opts.Now().UTC(), By: p.caller.Principal.Actor()})
}
