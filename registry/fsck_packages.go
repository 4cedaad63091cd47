package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// fsckPage is how many records one transaction of a check reads.
const fsckPage = 200

// projects checks the packages of every project.
func (f *fsck) projects(ctx context.Context) error {
	for after := int64(0); ; {
		var page []record.Project
		err := f.Store.View(ctx, func(tx record.Tx) (err error) {
			page, err = tx.Spaces().Projects(0, after, fsckPage)
			return err
		})
		if err != nil {
			return f.unreadable(fmt.Sprintf("projects after number %d", after), err)
		}
		for _, pr := range page {
			after = pr.ID
			f.report.Projects++
			if err := f.packages(ctx, pr); err != nil {
				return err
			}
		}
		if len(page) < fsckPage {
			return nil
		}
	}
}

// inspected is a package with all that belongs to it, read at one moment.
type inspected struct {
	record.Package
	subject  string
	files    []record.File
	manifest record.Manifest
	// unread is set where that cannot be read.
	unread error
	// noManifest, noHolding and burned tell what the store has of it besides.
	noManifest, noHolding, burned bool
}

// packages checks those of one project. Where a list cannot be read, what
// follows in the project stays unseen, and the report says so.
func (f *fsck) packages(ctx context.Context, pr record.Project) error {
	q := record.PackageQuery{ProjectID: pr.ID, Limit: fsckPage}
	for {
		var page []inspected
		err := f.Store.View(ctx, func(tx record.Tx) (err error) {
			page, err = readPackages(tx, pr, q)
			return err
		})
		if err != nil {
			return f.unreadable(fmt.Sprintf("packages of %s after number %d", pr.FullPath, q.After), err)
		}
		for _, x := range page {
			q.After = x.ID
			if err := f.inspect(ctx, x); err != nil {
				return err
			}
		}
		if len(page) < fsckPage {
			return nil
		}
	}
}

// readPackages reads a page of packages with what belongs to them.
func readPackages(tx record.Tx, pr record.Project, q record.PackageQuery) ([]inspected, error) {
	list, err := tx.Catalog().Packages(q)
	page := make([]inspected, 0, len(list))
	for _, p := range list {
		x := inspected{Package: p, subject: fmt.Sprintf("%s@%s in %s", p.Name, p.Version, pr.FullPath)}
		if x.unread = x.read(tx); x.unread != nil && !errors.Is(x.unread, record.ErrCorrupt) {
			return nil, fmt.Errorf("%s: %w", x.subject, x.unread)
		}
		page = append(page, x)
	}
	return page, err
}

// read fills in what belongs to the package.
func (x *inspected) read(tx record.Tx) (err error) {
	absent := func(err error) (bool, error) {
		if errors.Is(err, npm.ErrNotFound) {
			return true, nil
		}
		return false, err
	}
	if x.files, err = tx.Catalog().Files(x.ID); err != nil {
		return err
	}
	x.manifest, err = tx.Catalog().Manifest(x.ID)
	if x.noManifest, err = absent(err); err != nil {
		return err
	}
	_, err = tx.Catalog().Holding(x.ProjectID, x.Name)
	if x.noHolding, err = absent(err); err != nil {
		return err
	}
	_, err = tx.Names().Burn(x.Name, x.Version)
	free, err := absent(err)
	x.burned = !free
	return err
}

// inspect checks one package.
func (f *fsck) inspect(ctx context.Context, x inspected) error {
	f.report.Packages++
	defer f.tell(false)
	if x.unread != nil {
		return f.unreadable(x.subject, x.unread)
	}
	if x.Type == record.NPM {
		f.checkStanding(x)
	}
	for _, file := range x.files {
		f.report.Files++
		if err := f.checkFile(ctx, x, file); err != nil {
			return err
		}
	}
	if x.noManifest {
		return nil
	}
	return f.checkManifest(ctx, x)
}

// checkStanding checks what the records of an npm package say of each other.
func (f *fsck) checkStanding(x inspected) {
	deleted := x.Status == record.StatusPendingDestruction || x.Hollow
	switch {
	case deleted && !x.burned:
		f.add(badBurn, x.subject, "was deleted, but its number is not burned")
	case !deleted && x.burned:
		f.add(badBurn, x.subject, "is there, but its number is burned")
	}
	if x.noHolding && !deleted {
		f.add(badHolding, x.subject, "is there, but its project does not hold the name")
	}
	if x.noManifest {
		f.add(badManifest, x.subject, "has no manifest")
	}
	if x.Hollow {
		return // its tarball was deleted, and may be purged by now
	}
	for _, file := range x.files {
		if file.Name == tarballName(x.Name, x.Version) {
			return
		}
	}
	f.add(badFile, x.subject, "has no tarball")
}

// checkFile compares a file's record with its bytes.
func (f *fsck) checkFile(ctx context.Context, x inspected, file record.File) error {
	f.named[key(file.SHA512)] = struct{}{}
	sums, problem, err := f.hashAll(ctx, file.SHA512)
	if err != nil {
		return err
	}
	switch {
	case problem != "":
		if gone, err := f.gone(ctx, file); err != nil || gone {
			return err
		}
	case sums.size != file.Size:
		problem = fmt.Sprintf("has %d bytes, its record says %d", sums.size, file.Size)
	case sums.md5 != file.MD5:
		problem = "does not have the md5 of its record"
	case sums.sha1 != file.SHA1:
		problem = "does not have the sha1 of its record"
	case sums.sha256 != file.SHA256:
		problem = "does not have the sha256 of its record"
	}
	if problem != "" {
		f.add(badFile, x.subject, "file "+file.Name+" "+problem)
	}
	return nil
}

// gone tells whether a file was removed since it was read: then it is no
// problem that its bytes are not there.
func (f *fsck) gone(ctx context.Context, file record.File) (bool, error) {
	err := f.Store.View(ctx, func(tx record.Tx) error {
		_, err := tx.Catalog().File(file.ID)
		return err
	})
	if errors.Is(err, npm.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// checkManifest reads a manifest and compares it with its package.
func (f *fsck) checkManifest(ctx context.Context, x inspected) error {
	text, ok, err := f.text(ctx, x, x.manifest.Text, "manifest")
	if err != nil {
		return err
	}
	if ok {
		var m struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		}
		switch err := json.Unmarshal(text, &m); {
		case err != nil:
			f.add(badManifest, x.subject, "manifest cannot be read: "+err.Error())
		case x.Type == record.NPM && (m.Name != x.Name || m.Version != x.Version):
			f.add(badManifest, x.subject, fmt.Sprintf("manifest is that of %q@%q", clip(m.Name), clip(m.Version)))
		}
	}
	if x.manifest.Readme.IsZero() {
		return nil
	}
	text, ok, err = f.text(ctx, x, x.manifest.Readme, "readme")
	if err == nil && ok && !json.Valid(text) {
		f.add(badManifest, x.subject, "readme is not valid JSON")
	}
	return err
}

// clip keeps a text from a file short enough for one line.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
