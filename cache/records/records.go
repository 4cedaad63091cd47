// Package records keeps the disposable records of the cache: what is known of
// upstream documents and tarballs and where their bytes are. It refuses to
// know how bytes are stored and when a record is too old. Losing all of it
// costs only fetching again.
package records

import (
	"context"
	"log/slog"
	"time"

	"github.com/larderhq/larder/cache/kv"
)

// schema is the version of the key and value layout.
const schema = 1

// Options adjust a store.
type Options struct {
	// Folder is what the user calls the data folder, for the text of errors.
	Folder string
	// Logger gets warnings of the database; nil drops them.
	Logger *slog.Logger
}

// Store keeps the records. All methods are safe for concurrent use. Writes are
// not synced one by one: a crash of the machine may lose the last of them.
//
// A record that cannot be read counts as absent: fetching again replaces it.
//
// The namespace ns of a record stands for one upstream as seen with one
// credential, so that what one credential may read never answers for another.
type Store struct{ db *kv.DB }

// Document is what is known of an upstream packument.
type Document struct {
	// Digest is the sha512 of the blob with the gzipped document.
	Digest [64]byte
	// GzipSize and Size are the lengths of the blob and of the document.
	GzipSize, Size int64
	// BodyHash is the sha256 of the document.
	BodyHash [32]byte
	// ETag and LastModified are upstream's validators.
	ETag, LastModified string
	// Changed is when the document last became another one, Checked when
	// upstream last confirmed it.
	Changed, Checked time.Time
	// Gone is when upstream said that it does not have the name any more; zero
	// while it has. The document is then what it was before.
	Gone time.Time
}

// Tarball is where the verified bytes of one version are.
type Tarball struct {
	// Digest is the sha512 of the tarball, and so of its blob.
	Digest [64]byte
	// Size is its length.
	Size int64
	// SHA1 is its sha1.
	SHA1 [20]byte
	// Stored is when it was kept.
	Stored time.Time
}

// Raw is an upstream answer that is passed on as it is.
type Raw struct {
	// Digest is the sha512 of the blob with the body.
	Digest [64]byte
	// Size is its length.
	Size int64
	// ContentType is what clients are told it is.
	ContentType string
	// Checked is when upstream last confirmed it.
	Checked time.Time
}

// Open opens the store in dir, which is created when absent.
func Open(dir string, opt Options) (*Store, error) {
	db, err := kv.Open(dir, kv.Options{Schema: schema, Folder: opt.Folder, Logger: opt.Logger})
	if err != nil {
		return nil, err
	}
	return &Store{db: db}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// Probe writes, reads and deletes a record of its own.
func (s *Store) Probe(ctx context.Context) error { return s.db.Probe(ctx) }

// Size returns the bytes that the store takes on disk.
func (s *Store) Size() (int64, error) { return s.db.Size() }
