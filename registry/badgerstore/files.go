package badgerstore

import (
	"errors"

	"github.com/larderhq/larder/registry/record"
)

type fileRow struct {
	record.File
	MD5    []byte `json:"md5"`
	SHA1   []byte `json:"sha1"`
	SHA256 []byte `json:"sha256"`
	SHA512 []byte `json:"sha512"`
}

// Validate refuses a row that no file made.
func (r fileRow) Validate() error {
	f := r.file()
	if len(r.MD5) != len(f.MD5) || len(r.SHA1) != len(f.SHA1) || len(r.SHA256) != len(f.SHA256) || len(r.SHA512) != len(f.SHA512) {
		return record.ErrCorrupt
	}
	return f.Validate()
}

func (r fileRow) file() record.File {
	f := r.File
	copy(f.MD5[:], r.MD5)
	copy(f.SHA1[:], r.SHA1)
	copy(f.SHA256[:], r.SHA256)
	copy(f.SHA512[:], r.SHA512)
	return f
}

func fileKey(id int64) []byte { return numberKey(tableFile, id) }

// File implements record.Files.
func (c catalog) File(id int64) (record.File, error) {
	r, err := find[fileRow](c.tx, fileKey(id), "file", id)
	if err != nil {
		return record.File{}, err
	}
	return r.file(), nil
}

// PutFile implements record.Files. A file keeps its package, which must be
// there.
func (c catalog) PutFile(f record.File) (record.File, error) {
	if err := f.Validate(); err != nil {
		return record.File{}, err
	}
	utc(&f.CreatedAt, &f.DeletedAt)
	p, err := c.Package(f.PackageID)
	if err != nil {
		return record.File{}, err
	}
	old, err := stored(f.ID, c.File)
	if err == nil && old.ID != 0 && old.PackageID != f.PackageID {
		err = errNoPackage("file")
	}
	if err == nil && f.ID == 0 {
		f.ID, err = c.tx.next(tableFile)
	}
	if err != nil {
		return record.File{}, err
	}
	r := fileRow{File: f, MD5: f.MD5[:], SHA1: f.SHA1[:], SHA256: f.SHA256[:], SHA512: f.SHA512[:]}
	if err := errors.Join(c.tx.mark(numberKey(tableFileOf, f.PackageID, f.ID)), c.pend(old, f),
		save(c.tx, fileKey(f.ID), r, "file")); err != nil {
		return record.File{}, err
	}
	c.changed(p.Name)
	return f, nil
}

// pend keeps the index of files that are to be destroyed.
func (c catalog) pend(old, now record.File) error {
	switch {
	case now.Pending && !old.Pending:
		return c.tx.mark(pendingKey(now.ID))
	case old.Pending && !now.Pending:
		return c.tx.remove(pendingKey(now.ID))
	}
	return nil
}

func pendingKey(id int64) []byte { return numberKey(tablePending, id) }

// PendingFiles implements record.Files.
func (c catalog) PendingFiles(after int64, limit int) ([]record.File, error) {
	ids, err := c.tx.numbers([]byte{tablePending}, after, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, c.File)
}

// RemoveFile implements record.Files.
func (c catalog) RemoveFile(id int64) error {
	f, err := c.File(id)
	if err != nil {
		return err
	}
	p, err := indexed(c.Package(f.PackageID))
	if err != nil {
		return err
	}
	c.changed(p.Name)
	return c.tx.remove(fileKey(id), pendingKey(id), numberKey(tableFileOf, f.PackageID, id))
}

// Files implements record.Files.
func (c catalog) Files(packageID int64) ([]record.File, error) {
	ids, err := c.tx.numbers(numberKey(tableFileOf, packageID), 0, all)
	if err != nil {
		return nil, err
	}
	return list(ids, c.File)
}
