package registry

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// retryWindow is how long the same publish again counts as a retry.
const retryWindow = 10 * time.Minute

// keep stores the bytes of a publish: its tarball, its attestation and what is
// long of its document. The records follow within the sweeper's grace.
func (x *publication) keep(ctx context.Context, doc *npm.PublishDocument) error {
	name := x.name.String()
	x.file = x.tarball.file(tarballName(name, x.version.Key))
	if _, err := x.tarball.blob.Commit(ctx, x.file.SHA512); err != nil {
		return err
	}
	var err error
	if x.manifest.Text, err = x.s.keepText(ctx, x.version.Manifest); err != nil {
		return err
	}
	if x.manifest.Readme, err = x.s.keepText(ctx, doc.Readme); err != nil {
		return err
	}
	for _, a := range doc.Attachments {
		if a.Key == provenanceName(name, x.version.Key) {
			return x.keepProvenance(ctx, a)
		}
	}
	return nil
}

// keepProvenance stores an attestation, which is served as it came.
func (x *publication) keepProvenance(ctx context.Context, a npm.Attachment) error {
	if !json.Valid(a.Text) {
		return &npm.Error{Kind: npm.ErrInvalid, Package: x.name.String(), Version: x.version.Key,
			Text: "the attestation " + a.Key + " is not a sigstore bundle"}
	}
	u := &upload{s: x.s, ctx: ctx}
	defer u.close()
	w, err := u.attach(a.Key)
	if err != nil {
		return err
	}
	if _, err := w.Write(a.Text); err != nil {
		return err
	}
	x.provenance = u.parts[0].file(a.Key)
	_, err = u.parts[0].blob.Commit(ctx, x.provenance.SHA512)
	return err
}

// commit writes all records of a publish in one transaction. Afterwards the
// version is there for everybody.
func (x *publication) commit(ctx context.Context) (Written, error) {
	var out Written
	name := x.name.String()
	err := x.s.update(ctx, name, func(tx record.Tx) error {
		out = Written{Done: "published"}
		old, err := x.free(tx)
		if err != nil {
			return err
		}
		if old.ID != 0 {
			out = Written{ID: old.ID, Done: "published already"}
			return nil
		}
		if err := x.owns(tx); err != nil {
			return err
		}
		if err := x.s.deps.Names.ClaimPrivate(tx, x.name, x.project.ID); err != nil {
			return err
		}
		if err := x.takeBuilds(tx); err != nil {
			return err
		}
		pkg, err := x.write(tx)
		if err != nil {
			return err
		}
		out.ID = pkg.ID
		if out.Rev, err = x.s.touch(tx, x.project, name, x.caller); err != nil {
			return err
		}
		_, err = tx.Audit().Append(x.caller.entry("package.publish", name+"@"+x.version.Key, x.project.FullPath))
		return err
	})
	return out, err
}

// write adds the package with its files and moves its tag.
func (x *publication) write(tx record.Tx) (record.Package, error) {
	now, c := x.s.opts.Now().UTC(), tx.Catalog()
	pkg := record.Package{ProjectID: x.project.ID, Type: record.NPM, Name: x.name.String(), Version: x.version.Key,
		Status: record.StatusDefault, Publisher: publisher(x.caller), PublisherKey: x.caller.Principal.Key(),
		CreatedAt: now, UpdatedAt: now}
	if x.caller.Principal.Kind != accounts.Deploy {
		pkg.CreatorID = x.caller.Principal.UserID
	}
	if id := x.caller.Principal.Token.PipelineID; id != 0 {
		pkg.Pipelines = []int64{id}
	}
	if text := x.version.Deprecated(); text != "" {
		pkg.Deprecated, pkg.Status = text, record.StatusDeprecated
	}
	pkg, err := c.PutPackage(pkg)
	if err != nil {
		return pkg, err
	}
	manifest := x.manifest
	manifest.PackageID = pkg.ID
	if err := c.PutManifest(manifest); err != nil {
		return pkg, err
	}
	for _, f := range []record.File{x.file, x.provenance} {
		if f.Name == "" {
			continue
		}
		f.PackageID, f.CreatedAt = pkg.ID, now
		if _, err := c.PutFile(f); err != nil {
			return pkg, err
		}
	}
	return pkg, x.moveTag(tx, pkg)
}

// publisher is the name that documents show for whoever published.
func publisher(c Caller) string {
	if c.Principal.Username != "" {
		return c.Principal.Username
	}
	return c.Principal.Actor()
}

// moveTag points the publish's tag to its version. Publishing never moves
// latest backward (X18), be it set or computed.
func (x *publication) moveTag(tx record.Tx, pkg record.Package) error {
	if x.tag == latest {
		current, err := x.s.currentLatest(tx.Catalog(), pkg)
		if err != nil && !errors.Is(err, npm.ErrNotFound) {
			return err
		}
		if err == nil && lower(pkg.Version, current) {
			return nil
		}
	}
	return putTag(tx.Catalog(), pkg, x.tag, x.s.opts.Now())
}

// latestOf returns the package that a stored latest points to, or
// npm.ErrNotFound.
func latestOf(c record.Catalog, project int64, name string) (record.Package, error) {
	tags, err := c.Tags(project, name)
	if err != nil {
		return record.Package{}, err
	}
	for _, t := range tags {
		if t.Name != latest {
			continue
		}
		p, err := c.Package(t.PackageID)
		if err == nil && !p.Installable() {
			err = npm.ErrNotFound
		}
		return p, err
	}
	return record.Package{}, npm.ErrNotFound
}

// lower tells whether version a comes before b.
func lower(a, b string) bool {
	va, errA := npm.ParseLoose(a)
	vb, errB := npm.ParseLoose(b)
	return errA == nil && errB == nil && va.Compare(vb) < 0
}

// putTag points a tag of the package's name to it.
func putTag(c record.Catalog, pkg record.Package, tag string, now time.Time) error {
	now = now.UTC()
	_, err := c.PutTag(record.Tag{ProjectID: pkg.ProjectID, Package: pkg.Name, Name: tag, PackageID: pkg.ID,
		CreatedAt: now, UpdatedAt: now})
	return err
}

// touch gives a holding its next revision, making it where there is none. Every
// write of a name calls it, because clients and ready bytes rely on it.
func (s *Service) touch(tx record.Tx, pr *accounts.Project, name string, c Caller) (uint64, error) {
	now := s.opts.Now().UTC()
	h, err := tx.Catalog().Holding(pr.ID, name)
	if errors.Is(err, npm.ErrNotFound) {
		h, err = record.Holding{ProjectID: pr.ID, Name: name, CreatedAt: now}, nil
		if who := publisher(c); c.Principal.UserID != 0 && !slices.Contains(h.Maintainers, who) {
			h.Maintainers = append(h.Maintainers, who)
		}
	}
	if err != nil {
		return 0, err
	}
	// A holding that went and came back must not repeat a revision.
	h.Rev = max(h.Rev+1, uint64(now.UnixMicro())) //nolint:gosec // times are after 1970
	h.ModifiedAt = now
	return h.Rev, tx.Catalog().PutHolding(h)
}

// topOf returns the first part of a full path.
func topOf(full string) string {
	top, _, _ := strings.Cut(full, "/")
	return top
}
