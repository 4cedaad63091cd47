package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// PackageType is a package format, in GitLab's words.
type PackageType string

const (
	// NPM is the format that larder takes itself; the others are only listed.
	NPM PackageType = "npm"
	// TerraformModule is the format that lists show only when they are asked for
	// it (GitLab's package finders).
	TerraformModule PackageType = "terraform_module"
)

// packageTypes are GitLab's formats with the numbers that order_by=type sorts
// by.
var packageTypes = map[PackageType]int{"maven": 1, NPM: 2, "conan": 3, "nuget": 4, "pypi": 5, "composer": 6,
	"generic": 7, "golang": 8, "debian": 9, "rubygems": 10, "helm": 11, TerraformModule: 12, "rpm": 13,
	"ml_model": 14, "cargo": 15}

// Number returns the number that GitLab sorts the type by, 0 for an unknown
// one.
func (t PackageType) Number() int { return packageTypes[t] }

func (t PackageType) validate() error {
	if t.Number() == 0 {
		return fmt.Errorf("package type %q: %w", t, npm.ErrInvalid)
	}
	return nil
}

// Status is what may be done with a package, in GitLab's words.
type Status string

// The statuses.
const (
	StatusDefault            Status = "default"
	StatusHidden             Status = "hidden"
	StatusProcessing         Status = "processing"
	StatusError              Status = "error"
	StatusDeprecated         Status = "deprecated"
	StatusPendingDestruction Status = "pending_destruction"
)

// Installable tells whether clients may get a package of that status.
func (s Status) Installable() bool {
	return s == StatusDefault || s == StatusHidden || s == StatusDeprecated
}

// HasPage tells whether packages of that status have a page of their own
// (GitLab's web_path).
func (s Status) HasPage() bool { return s == StatusDefault || s == StatusDeprecated }

func (s Status) validate() error {
	switch s {
	case StatusDefault, StatusHidden, StatusProcessing, StatusError, StatusDeprecated, StatusPendingDestruction:
		return nil
	}
	return fmt.Errorf("status %q: %w", s, npm.ErrInvalid)
}

// Package is one version of a name in one project: what GitLab calls a package.
type Package struct {
	// ID is assigned by the store.
	ID        int64       `json:"id"`
	ProjectID int64       `json:"project_id"`
	Type      PackageType `json:"type"`
	Name      string      `json:"name"`
	// Version is the exact version; empty for a package without one.
	Version string `json:"version,omitempty"`
	Status  Status `json:"status"`
	// Deprecated is the text of a deprecation.
	Deprecated string `json:"deprecated,omitempty"`
	// CreatorID is the user who published; zero for a deploy token.
	CreatorID int64 `json:"creator_id,omitempty"`
	// Publisher is the name that documents show for whoever published.
	Publisher string `json:"publisher,omitempty"`
	// PublisherKey tells who published, to recognise a retry: the kind and
	// number of an account.
	PublisherKey string `json:"publisher_key,omitempty"`
	// Pipelines are the pipelines that published it, newest last.
	Pipelines []int64   `json:"pipelines,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// DeletedAt is when it became pending_destruction.
	DeletedAt time.Time `json:"deleted_at,omitzero"`
	// Hollow tells that the tarball of an npm version was deleted while the
	// version stays listed: clients cannot get it.
	Hollow bool `json:"hollow,omitempty"`
	// LastDownloadedAt is when a file of it was last downloaded; zero while none
	// was. It is written long after the download, and Downloads with it.
	LastDownloadedAt time.Time `json:"last_downloaded_at,omitzero"`
	// Downloads counts the downloads of its files.
	Downloads int64 `json:"downloads,omitempty"`
}

// Installable tells whether clients may get the package.
func (p Package) Installable() bool { return p.Status.Installable() && !p.Hollow }

// Validate refuses a package that no store may keep.
func (p Package) Validate() error {
	if p.ProjectID == 0 {
		return fmt.Errorf("package of no project: %w", npm.ErrInvalid)
	}
	if len(p.Pipelines) > maxListed {
		return tooMany("pipelines", len(p.Pipelines))
	}
	if p.Downloads < 0 {
		return fmt.Errorf("package with %d downloads: %w", p.Downloads, npm.ErrInvalid)
	}
	return errors.Join(p.Type.validate(), p.Status.validate(), check("name", p.Name, 1, maxName),
		check("version", p.Version, 0, maxVersion), check("deprecation", p.Deprecated, 0, maxDeclared),
		check("publisher", p.Publisher, 0, maxText))
}

// Text is a text that is kept in a record where it is short, and as a blob
// where it is long.
type Text struct {
	// Inline is the text itself; nil where Blob names it.
	Inline []byte `json:"inline,omitempty"`
	// Blob is the sha512 of the blob that holds it.
	Blob [64]byte `json:"-"`
	// Size is its length in bytes.
	Size int64 `json:"size"`
}

// MaxInline is the longest Text that a record holds itself, in bytes.
const MaxInline = 12 << 10

// IsZero tells whether there is no text.
func (t Text) IsZero() bool { return t.Inline == nil && t.Blob == [64]byte{} }

func (t Text) validate() error {
	inline := t.Inline != nil
	switch {
	case inline && t.Blob != [64]byte{}, len(t.Inline) > MaxInline, t.Size < 0, inline && t.Size != int64(len(t.Inline)):
		return fmt.Errorf("text of %d bytes in a record: %w", t.Size, npm.ErrInvalid)
	}
	return nil
}

// Manifest is what was published of one package besides its tarball.
type Manifest struct {
	PackageID int64 `json:"package_id"`
	// Text is the manifest, JSON, whole as published.
	Text Text `json:"text"`
	// Readme is the README that was published beside the manifest rather than
	// in it: a JSON string.
	Readme Text `json:"readme,omitzero"`
	// Facts are what the tarball itself says; names and versions are not kept.
	Facts npm.TarFacts `json:"facts,omitzero"`
}

// Validate refuses a manifest that no store may keep.
func (m Manifest) Validate() error {
	if m.PackageID == 0 || m.Text.IsZero() {
		return fmt.Errorf("manifest of nothing: %w", npm.ErrInvalid)
	}
	return errors.Join(m.Text.validate(), m.Readme.validate())
}

// File is one file of a package.
type File struct {
	// ID is assigned by the store.
	ID        int64 `json:"id"`
	PackageID int64 `json:"package_id"`
	// Name is GitLab's file name: "@scope/name-1.0.0.tgz".
	Name   string   `json:"name"`
	Size   int64    `json:"size"`
	MD5    [16]byte `json:"-"`
	SHA1   [20]byte `json:"-"`
	SHA256 [32]byte `json:"-"`
	// SHA512 is also the name of the blob.
	SHA512 [64]byte `json:"-"`
	// Pending tells that the file is to be destroyed and no longer listed.
	Pending   bool      `json:"pending,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// DeletedAt is when it became pending.
	DeletedAt time.Time `json:"deleted_at,omitzero"`
}

// Validate refuses a file that no store may keep.
func (f File) Validate() error {
	if f.PackageID == 0 || f.SHA512 == [64]byte{} || f.Size < 0 {
		return fmt.Errorf("file %q of nothing: %w", f.Name, npm.ErrInvalid)
	}
	return check("file name", f.Name, 1, 2*maxName)
}

// Tag is a dist-tag that was set; "latest" is computed where none is.
type Tag struct {
	// ID is assigned by the store.
	ID        int64 `json:"id"`
	ProjectID int64 `json:"project_id"`
	// Package is the name that the tag belongs to, Name the tag.
	Package string `json:"package"`
	Name    string `json:"name"`
	// PackageID is the package that it points to.
	PackageID int64     `json:"package_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Validate refuses a tag that no store may keep.
func (t Tag) Validate() error {
	if t.ProjectID == 0 || t.PackageID == 0 {
		return fmt.Errorf("tag %q of nothing: %w", t.Name, npm.ErrInvalid)
	}
	return errors.Join(check("name", t.Package, 1, maxName), check("tag", t.Name, 1, maxName))
}

// Holding is what one project has of one npm name besides its versions.
type Holding struct {
	ProjectID int64  `json:"project_id"`
	Name      string `json:"name"`
	// Rev counts the writes of the name; clients send it back as _rev.
	Rev        uint64    `json:"rev"`
	CreatedAt  time.Time `json:"created_at"`
	ModifiedAt time.Time `json:"modified_at"`
	// Maintainers are usernames, as "npm owner" shows them.
	Maintainers []string `json:"maintainers,omitempty"`
	// Stars are the usernames that starred the name.
	Stars []string `json:"stars,omitempty"`
}

// Validate refuses a holding that no store may keep.
func (h Holding) Validate() error {
	if h.ProjectID == 0 {
		return fmt.Errorf("holding of no project: %w", npm.ErrInvalid)
	}
	return errors.Join(check("name", h.Name, 1, maxName), checkList("maintainer", h.Maintainers),
		checkList("star", h.Stars))
}
