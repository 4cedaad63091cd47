package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// FileOrder is what files are ordered by.
type FileOrder uint8

// The orders of files.
const (
	FilesByID FileOrder = iota
	FilesByCreated
	FilesByName
)

// FileQuery asks for files of a package.
type FileQuery struct {
	Order FileOrder
	Desc  bool
	// Offset files are left out, Limit wanted.
	Offset, Limit int
}

// FilePage is a page of the files of a package.
type FilePage struct {
	// Package is whose they are; its pipelines made them.
	Package PackageItem
	Files   []record.File
	// Total is how many there are.
	Total int
}

// PackageFiles lists the files of a package that lists display, without those
// that are deleted.
func (s *Service) PackageFiles(ctx context.Context, c Caller, ref PackageRef, q FileQuery) (FilePage, error) {
	p, err := s.read(ctx, c, ref)
	if err != nil {
		return FilePage{}, err
	}
	var page FilePage
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		item, err := newItemReader(s, c, tx).item(p, ref.Project)
		if err != nil {
			return err
		}
		files, err := tx.Catalog().Files(p.ID)
		page = FilePage{Package: item, Files: slices.DeleteFunc(files, func(f record.File) bool { return f.Pending })}
		return err
	})
	if err != nil {
		return FilePage{}, fmt.Errorf("list files of package %d: %w", p.ID, err)
	}
	q.sort(page.Files)
	page.Total = len(page.Files)
	from := min(max(q.Offset, 0), page.Total)
	page.Files = page.Files[from : from+min(max(q.Limit, 0), page.Total-from)]
	return page, nil
}

func (q FileQuery) sort(files []record.File) {
	direction := 1
	if q.Desc {
		direction = -1
	}
	slices.SortFunc(files, func(a, b record.File) int {
		order := 0
		switch q.Order {
		case FilesByCreated:
			order = a.CreatedAt.Compare(b.CreatedAt)
		case FilesByName:
			order = strings.Compare(a.Name, b.Name)
		}
		return direction * cmp.Or(order, cmp.Compare(a.ID, b.ID))
	})
}

// FileRef names a file of a package.
type FileRef struct {
	PackageRef
	FileID int64
}

// OpenedFile is a file that is open for reading. The caller closes Body.
type OpenedFile struct {
	record.File
	// Package is whose file it is.
	Package record.Package
	Body    blob.Blob
	// ETag is the strong validator, with its quotes.
	ETag string
}

// OpenFile opens a file of a package that clients may get. It does not count as
// a download until Downloaded says so.
func (s *Service) OpenFile(ctx context.Context, c Caller, ref FileRef) (OpenedFile, error) {
	p, err := s.read(ctx, c, ref.PackageRef)
	if err == nil && !p.Status.Installable() {
		err = errAbsent()
	}
	if err != nil {
		return OpenedFile{}, err
	}
	var f record.File
	err = s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
		f, err = fileIn(tx, p, ref.FileID)
		return err
	})
	if err != nil {
		return OpenedFile{}, err
	}
	b, err := s.deps.Blobs.Open(ctx, blob.Digest(f.SHA512))
	if err != nil {
		return OpenedFile{}, fmt.Errorf("open file %d of package %d: %w", f.ID, p.ID, hideAbsence(err))
	}
	return OpenedFile{File: f, Package: p, Body: b, ETag: tagOf(f.SHA512)}, nil
}

// fileIn returns a file of a package that is not deleted.
func fileIn(tx record.Tx, p record.Package, id int64) (record.File, error) {
	f, err := tx.Catalog().File(id)
	if errors.Is(err, npm.ErrNotFound) || err == nil && (f.PackageID != p.ID || f.Pending) {
		return record.File{}, errAbsent()
	}
	return f, err
}

// tagOf makes the strong validator of a file.
func tagOf(digest blob.Digest) string { return `"sha512-` + digest.Hex()[:40] + `"` }
