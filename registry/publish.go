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

// publication is one publish on its way into the records.
type publication struct {
	*Put
	version  npm.PublishVersion
	tag      string
	manifest record.Manifest
	tarball  *part
	file     record.File
	// provenance is the attestation published beside the tarball; its Name is
	// empty without one.
	provenance record.File
	// notice tells whoever publishes of secrets that the tarball may hold.
	notice string
}

// publish checks a document with its tarball in the order of GitLab's API and
// stores both.
func (p *Put) publish(ctx context.Context, doc *npm.PublishDocument, u *upload) (Written, error) {
	if err := p.again(ctx, pushing); err != nil {
		return Written{}, err
	}
	version, err := doc.CheckPublish(p.name)
	if err != nil {
		return Written{}, err
	}
	x := &publication{Put: p, version: version, tag: latest, tarball: u.find(tarballName(p.name.String(), version.Key))}
	if len(doc.Tags) > 0 {
		x.tag = doc.Tags[0].Name
	}
	if err := x.early(ctx); err != nil {
		return Written{}, err
	}
	if err := x.checkTarball(doc); err != nil {
		return Written{}, err
	}
	if err := p.s.checkName(ctx, p.name); err != nil {
		return Written{}, err
	}
	if err := errors.Join(x.checkDual(ctx), x.findOwners(ctx)); err != nil {
		return Written{}, err
	}
	if err := x.checkScope(ctx); err != nil {
		return Written{}, err
	}
	if err := x.keep(ctx, doc); err != nil {
		return Written{}, err
	}
	out, err := x.commit(ctx)
	if err == nil && x.notice != "" {
		out.Notice = x.notice
		x.s.log.Warn("package may hold secrets", "pkg", x.name.String(), "version", x.version.Key, "notice", x.notice)
	}
	return out, err
}

// early refuses a version that exists before its bytes are looked at. Commit
// looks again.
func (x *publication) early(ctx context.Context) error {
	return x.s.deps.Store.View(ctx, func(tx record.Tx) error {
		_, err := x.free(tx)
		return err
	})
}

// free checks that the version may be published now. It returns the package
// that is there already where this is the same publish again (X13).
func (x *publication) free(tx record.Tx) (record.Package, error) {
	name, version := x.name.String(), x.version.Key
	if err := x.unburned(tx, version); err != nil {
		return record.Package{}, err
	}
	old, err := tx.Catalog().PackageOf(x.project.ID, name, version)
	if errors.Is(err, npm.ErrNotFound) {
		if err := x.freeOfBuilds(tx); err != nil {
			return record.Package{}, err
		}
		return record.Package{}, x.freeInSiblings(tx)
	}
	if err != nil {
		return record.Package{}, err
	}
	if again, err := x.isRetry(tx, old); err != nil || again {
		return old, err
	}
	return record.Package{}, errPublished(x.name, version)
}

// isRetry tells whether a client sends again what it sent a moment ago, because
// the answer was lost: the same bytes and the same tag, by the same account.
func (x *publication) isRetry(tx record.Tx, old record.Package) (bool, error) {
	recent := x.s.opts.Now().Sub(old.CreatedAt) <= retryWindow
	if x.tarball == nil || !recent || !old.Installable() || old.PublisherKey != x.caller.Principal.Key() {
		return false, nil
	}
	f, err := fileOf(tx.Catalog(), old, tarballName(old.Name, old.Version))
	if errors.Is(err, npm.ErrNotFound) || err == nil && f.SHA512 != x.tarball.blob.Sum() {
		return false, nil
	}
	if err != nil || x.tag == latest {
		return err == nil, err
	}
	tags, err := tx.Catalog().Tags(old.ProjectID, old.Name)
	return slices.ContainsFunc(tags, func(t record.Tag) bool { return t.Name == x.tag && t.PackageID == old.ID }), err
}

// freeOfBuilds refuses a version that differs from a published or deleted one
// only by build metadata: to npm the two are the same.
func (x *publication) freeOfBuilds(tx record.Tx) error {
	name, version := x.name.String(), x.version.Key
	plain, mark := buildMark(version)
	burned := []string{mark}
	if plain != version {
		burned = append(burned, plain)
		switch _, err := tx.Catalog().PackageOf(x.project.ID, name, plain); {
		case err == nil:
			return errPublished(x.name, version)
		case !errors.Is(err, npm.ErrNotFound):
			return err
		}
	}
	return x.unburned(tx, burned...)
}

// unburned refuses the version where one of the numbers is burned.
func (x *publication) unburned(tx record.Tx, numbers ...string) error {
	for _, number := range numbers {
		switch _, err := tx.Names().Burn(x.name.String(), number); {
		case err == nil:
			return errPublished(x.name, x.version.Key)
		case !errors.Is(err, npm.ErrNotFound):
			return err
		}
	}
	return nil
}

// buildMark returns a version without its build metadata, and what is burned
// when one that has some is published. The latter is no version itself.
func buildMark(version string) (plain, mark string) {
	plain, _, _ = strings.Cut(version, "+")
	return plain, plain + "+"
}

// takeBuilds takes the number of a version with build metadata, so that neither
// the plain version nor another build can be published, whatever is deleted.
func (x *publication) takeBuilds(tx record.Tx) error {
	plain, mark := buildMark(x.version.Key)
	if plain == x.version.Key {
		return nil
	}
	return tx.Names().PutBurn(record.Burn{Name: x.name.String(), Version: mark,
		Tombstone: record.Tombstone{At: x.s.opts.Now().UTC(), By: x.caller.Principal.Actor()}})
}

// freeInSiblings refuses a version that another project below the same top
// group has, where the name follows GitLab's convention that its scope is that
// group.
func (x *publication) freeInSiblings(tx record.Tx) error {
	scope := x.name.Scope()
	if scope == "" || scope[1:] != topOf(x.project.FullPath) {
		return nil
	}
	list, err := tx.Catalog().HoldingsOf(x.name.String())
	if err != nil {
		return err
	}
	for _, h := range list {
		other, err := tx.Spaces().Project(h.ProjectID)
		if err != nil {
			return err
		}
		if h.ProjectID == x.project.ID || topOf(other.FullPath) != scope[1:] {
			continue
		}
		plain, _ := buildMark(x.version.Key)
		for _, version := range []string{x.version.Key, plain} {
			switch _, err := tx.Catalog().PackageOf(h.ProjectID, x.name.String(), version); {
			case err == nil:
				return &npm.Error{Kind: npm.ErrInvalid, Package: x.name.String(), Version: x.version.Key,
					Text: "Validation failed: Package already exists"}
			case !errors.Is(err, npm.ErrNotFound):
				return err
			}
		}
	}
	return nil
}

// errPublished is npm's sentence, which tools look for, with GitLab's behind.
func errPublished(name npm.Name, version string) error {
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G44", Code: "E_VERSION_EXISTS", Package: name.String(), Version: version,
		Message: "Forbidden",
		Text:    "You cannot publish over the previously published versions: " + version + ". Package already exists."}
}

// checkTarball compares the tarball with what the document says of it, and
// looks into it.
func (x *publication) checkTarball(doc *npm.PublishDocument) error {
	if x.tarball == nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "Attachment data is empty."}
	}
	for _, a := range doc.Attachments {
		if a.Key == x.tarball.key && a.Length >= 0 && a.Length != x.tarball.size {
			return x.mismatch(fmt.Sprintf("the tarball has %d bytes, its document says %d", x.tarball.size, a.Length))
		}
	}
	declared, err := x.version.Integrity()
	if err != nil {
		return err
	}
	for _, i := range declared {
		if i.Verify(x.tarball.sums()) != nil {
			return x.mismatch("tarball integrity mismatch: its bytes do not have the hash that the document declares")
		}
	}
	report, err := npm.InspectTar(x.tarball.reader(), npm.TarLimits{})
	if err != nil {
		return err
	}
	x.manifest.Facts, x.notice = report.Facts, report.Notice()
	return report.Check(x.name, x.version)
}

func (x *publication) mismatch(text string) error {
	return &npm.Error{Kind: npm.ErrInvalid, Guard: "G43", Code: "E_INTEGRITY", Package: x.name.String(),
		Version: x.version.Key, Text: text}
}

// checkName looks a name up that nobody has claimed: what upstream has cannot
// be published here, and while upstream cannot be asked nobody knows.
func (s *Service) checkName(ctx context.Context, name npm.Name) error {
	origin, err := s.deps.Names.Origin(ctx, name)
	if err != nil {
		return errLedger(err)
	}
	switch origin {
	case record.Unclaimed:
	case record.Public:
		// The claim may still wait to be stored, so that the transaction would
		// not find it.
		return errNamePublic(name)
	default:
		return nil // the ledger decides, in the transaction
	}
	has, err := s.deps.Upstream.Has(ctx, name)
	switch {
	case err != nil:
		return &npm.Error{Kind: npm.ErrUnavailable, Err: err, Guard: "G05", Code: "E_NAME_UNKNOWN", Package: name.String(),
			Text: fmt.Sprintf("upstream cannot be asked whether it has %s; to publish it without asking, declare it: names.private: [%q]",
				name, declaration(name))}
	case has:
		return errNamePublic(name)
	}
	return nil
}

// errNamePublic refuses to publish what upstream has.
func errNamePublic(name npm.Name) error {
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G05", Code: "E_NAME_PUBLIC", Package: name.String(), Message: "Forbidden",
		Text: fmt.Sprintf("name %s belongs to the upstream registry; publish under your own scope, or declare the name in names.private", name)}
}

// declaration is the line of names.private that covers a name.
func declaration(name npm.Name) string {
	if scope := name.Scope(); scope != "" {
		return scope + "/*"
	}
	return name.String()
}

// checkDual holds a name that lives on both sides to its rule: only versions of
// the pattern are published here, and none that upstream has (G06).
func (x *publication) checkDual(ctx context.Context) error {
	if !x.s.deps.Names.Dual(x.name) {
		return nil
	}
	for _, d := range x.s.opts.Dual {
		if d.Name == x.name.String() && !wildcard(d.Versions, x.version.Key) {
			return &npm.Error{Kind: npm.ErrConflict, Guard: "G06", Code: "E_DUAL_VERSION", Package: x.name.String(),
				Version: x.version.Key, Message: "Conflict",
				Text: fmt.Sprintf("versions of %s that are published here must match %s; all others are upstream's", x.name, d.Versions)}
		}
	}
	has, err := x.s.deps.Upstream.HasVersion(ctx, x.name, x.version.Key)
	switch {
	case err != nil:
		return &npm.Error{Kind: npm.ErrUnavailable, Err: err, Package: x.name.String(),
			Text: fmt.Sprintf("upstream cannot be asked whether it has %s@%s", x.name, x.version.Key)}
	case has:
		return &npm.Error{Kind: npm.ErrConflict, Guard: "G06", Code: "E_DUAL_VERSION", Package: x.name.String(),
			Version: x.version.Key, Message: "Conflict", Text: "version exists upstream: " + x.name.String() + "@" + x.version.Key}
	}
	return nil
}
