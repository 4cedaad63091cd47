package badgerstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// catalog implements record.Catalog.
type catalog struct{ tx *tx }

func packageKey(id int64) []byte { return numberKey(tablePackage, id) }

// identity is what tells packages of a project apart.
type identity struct {
	projectID     int64
	kind          record.PackageType
	name, version string
}

func identityOf(p record.Package) identity { return identity{p.ProjectID, p.Type, p.Name, p.Version} }

func (i identity) key() []byte {
	return textKey(numberKey(tableVersion, i.projectID), string(i.kind), i.name, i.version)
}

// namedKey is the prefix of the index that lists one npm name by number.
func namedKey(projectID int64, name string) []byte {
	return textKey(numberKey(tableNamed, projectID), name, "")
}

// entries are the keys of the indices that list a package.
func entries(p record.Package) [][]byte {
	keys := [][]byte{numberKey(tableContent, p.ProjectID, p.ID)}
	if p.Type == record.NPM {
		keys = append(keys, appendNumber(namedKey(p.ProjectID, p.Name), p.ID))
	}
	return keys
}

// Package implements record.Packages.
func (c catalog) Package(id int64) (record.Package, error) {
	return find[record.Package](c.tx, packageKey(id), "package", id)
}

// PackageOf implements record.Packages.
func (c catalog) PackageOf(projectID int64, name, version string) (record.Package, error) {
	id, ok, err := c.tx.number(identity{projectID, record.NPM, name, version}.key())
	if err != nil {
		return record.Package{}, err
	}
	if !ok || !plain(name) {
		return record.Package{}, missing("package", name+"@"+version)
	}
	return indexed(c.Package(id))
}

// PutPackage implements record.Packages. A package keeps its project, type,
// name and version.
func (c catalog) PutPackage(p record.Package) (record.Package, error) {
	if err := p.Validate(); err != nil {
		return record.Package{}, err
	}
	utc(&p.CreatedAt, &p.UpdatedAt, &p.DeletedAt, &p.LastDownloadedAt)
	old, err := stored(p.ID, c.Package)
	switch {
	case err != nil:
		return record.Package{}, err
	case p.ID == 0:
		if p.ID, err = c.enter(p); err != nil {
			return record.Package{}, err
		}
	case identityOf(old) != identityOf(p):
		return record.Package{}, fmt.Errorf("package %d is %s@%s for ever: %w", p.ID, old.Name, old.Version, npm.ErrInvalid)
	}
	if err := save(c.tx, packageKey(p.ID), p, "package"); err != nil {
		return record.Package{}, err
	}
	if !onlyDownloaded(old, p) {
		c.moved(p)
	}
	return p, nil
}

// onlyDownloaded tells whether two states of a package differ in its downloads
// alone.
func onlyDownloaded(old, now record.Package) bool {
	if old.LastDownloadedAt.Equal(now.LastDownloadedAt) && old.Downloads == now.Downloads {
		return false
	}
	old.LastDownloadedAt, old.Downloads = now.LastDownloadedAt, now.Downloads
	a, errA := json.Marshal(old)
	b, errB := json.Marshal(now)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// enter gives a new package a number and enters it into the indices.
func (c catalog) enter(p record.Package) (int64, error) {
	if _, err := spaces(c).project(p.ProjectID); err != nil {
		return 0, err
	}
	key := identityOf(p).key()
	if err := c.tx.free(key, 0, p.Name+"@"+p.Version); err != nil {
		return 0, err
	}
	id, err := c.tx.next(tablePackage)
	if err != nil {
		return 0, err
	}
	p.ID = id
	return id, errors.Join(c.tx.point(nil, key, id), c.tx.mark(entries(p)...))
}

// RemovePackage implements record.Packages.
func (c catalog) RemovePackage(id int64) error {
	p, err := c.Package(id)
	if err != nil {
		return err
	}
	files, err := c.Files(id)
	if err != nil {
		return err
	}
	tags, err := c.Tags(p.ProjectID, p.Name)
	if err != nil {
		return err
	}
	keys := append(entries(p), packageKey(id), manifestKey(id), identityOf(p).key())
	for _, f := range files {
		keys = append(keys, fileKey(f.ID), pendingKey(f.ID), numberKey(tableFileOf, id, f.ID))
	}
	for _, t := range tags {
		if t.PackageID == id {
			keys = append(keys, tagKey(t.ProjectID, t.Package, t.Name))
		}
	}
	c.moved(p)
	return c.tx.remove(keys...)
}

// Packages implements record.Packages.
func (c catalog) Packages(q record.PackageQuery) ([]record.Package, error) {
	if q.ProjectID == 0 && q.Name == "" {
		return c.everyPackage(q.After, q.Limit)
	}
	prefix := numberKey(tableContent, q.ProjectID)
	if q.Name != "" {
		prefix = namedKey(q.ProjectID, q.Name)
	}
	if !plain(q.Name) {
		return []record.Package{}, nil
	}
	ids, err := c.tx.numbers(prefix, q.After, q.Limit)
	if err != nil {
		return nil, err
	}
	return list(ids, c.Package)
}

// changed notes that something of a package name was written or removed.
func (c catalog) changed(name string) { c.tx.changed(record.PackageChanged, name, "") }

// moved notes that one package was written or removed, which says all that
// changed would say after it.
func (c catalog) moved(p record.Package) {
	c.tx.note(record.Change{Kind: record.PackageChanged, Key: p.Name, Number: p.ID})
	c.tx.noted[record.Change{Kind: record.PackageChanged, Key: p.Name}] = struct{}{}
}
