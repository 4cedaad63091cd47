package blob

import (
	"context"
	"io"
	"iter"
	"os"
	"time"
)

// Store keeps blobs. Its methods may be called by many goroutines at once.
// A context that has ended makes them return its error.
//
// A record may refer to a blob that Commit wrote or confirmed within the
// sweeper's grace. To refer to older bytes that nothing refers to yet, commit
// them again: that renews their time, so that a sweep in progress spares them.
type Store interface {
	// Create starts a blob whose digest need not be known yet. The caller
	// closes the Writer.
	Create(ctx context.Context) (Writer, error)
	// Open returns the blob, or npm.ErrNotFound. The caller closes it.
	Open(ctx context.Context, digest Digest) (Blob, error)
	// Stat describes the blob, or returns npm.ErrNotFound.
	Stat(ctx context.Context, digest Digest) (Info, error)
	// Delete removes the blob. That it is absent is not an error. Whoever has
	// it open keeps reading.
	Delete(ctx context.Context, digest Digest) error
	// List yields every blob in no particular order. Blobs that come or go
	// meanwhile may be missed. The first error ends it.
	List(ctx context.Context) iter.Seq2[Info, error]
}

// Info describes a stored blob.
type Info struct {
	Digest Digest
	// Size is in bytes.
	Size int64
	// ModTime is when the blob was last committed, also when it was there
	// already.
	ModTime time.Time
}

// Blob is a stored blob, open for reading. ReadAt may be called by many
// goroutines, Read and Seek by one. A Blob says nothing about whether the bytes
// are still what their digest says: the disk may have changed them.
type Blob interface {
	io.ReadSeekCloser
	io.ReaderAt
	// Size is the length of the blob in bytes.
	Size() int64
}

// Filer is what a Blob also is when a file holds it, for a server that can send
// files. The file belongs to the Blob and is closed with it; its offset is the
// one that Read and Seek move.
type Filer interface {
	File() *os.File
}

// Writer takes the bytes of one blob and hashes them meanwhile. Nothing of it
// is visible in the store before Commit returned.
//
// Whoever called Create owns the Writer: it calls Close in the end, and
// `defer w.Close()` right after Create is always right. Anybody else who reads
// from the Writer does so between Retain and Release:
//
//	if !w.Retain() {
//		return ... // over: open the blob from the store instead
//	}
//	defer w.Release()
//	n, err := w.ReadAt(p, offset)
//
// All methods may be called by many goroutines at once.
type Writer interface {
	// Write appends. An error (a full disk, for one) is final: Commit returns
	// it too. After Commit, Cancel or Close it is fs.ErrClosed.
	io.Writer
	// ReadAt reads what has been written so far, also while Write runs, and
	// after Commit, Cancel and Close until the last reference is gone; then it
	// returns fs.ErrClosed. At the end of what has been written it returns
	// io.EOF, although more may follow: it never waits.
	io.ReaderAt
	// Size is the number of bytes written so far, all of which ReadAt can read.
	Size() int64
	// Sum is the digest of the bytes written so far.
	Sum() Digest
	// Commit stores the bytes under the digest, durably, and returns their
	// number. When they hash to something else it returns npm.ErrIntegrity. A
	// caller that did not know the digest beforehand says so by committing what
	// came: w.Commit(ctx, w.Sum()). The zero Digest has no meaning of its own,
	// it merely never matches. If the store has the blob already, its ModTime
	// is renewed and the new copy dropped. A Commit that fails leaves nothing
	// in the store and cannot be repeated.
	Commit(ctx context.Context, want Digest) (int64, error)
	// Cancel gives the blob up and frees its space once nobody reads. It does
	// nothing after Commit or a first Cancel.
	Cancel() error
	// Retain takes a reference. It is false when the last one is gone already.
	Retain() bool
	// Release gives back what one successful Retain took.
	Release() error
	// Close cancels, unless there was a Commit, and gives back the reference
	// of whoever called Create. Further calls do nothing.
	Close() error
}
