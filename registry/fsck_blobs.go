package registry

import (
	"context"
	"crypto/md5"  //nolint:gosec // compared with a record, relied on by nothing
	"crypto/sha1" //nolint:gosec // npm's shasum
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// allSums are all hashes of one blob.
type allSums struct {
	size   int64
	md5    [16]byte
	sha1   [20]byte
	sha256 [32]byte
}

// hashAll reads a blob. problem says what is wrong with it in itself.
func (f *fsck) hashAll(ctx context.Context, digest [64]byte) (sums allSums, problem string, err error) {
	a, b, c := md5.New(), sha1.New(), sha256.New() //nolint:gosec // see above
	sums.size, problem, err = f.hash(ctx, digest, io.MultiWriter(a, b, c))
	a.Sum(sums.md5[:0])
	b.Sum(sums.sha1[:0])
	c.Sum(sums.sha256[:0])
	return sums, problem, err
}

// hash reads a blob into w and compares it with its name.
func (f *fsck) hash(ctx context.Context, digest [64]byte, w io.Writer) (size int64, problem string, err error) {
	b, err := f.Blobs.Open(ctx, digest)
	if errors.Is(err, npm.ErrNotFound) {
		return 0, "has no bytes: blob " + short(digest) + " is missing", nil
	}
	if err != nil {
		return 0, "", err
	}
	defer b.Close()
	sum := sha512.New()
	size, err = io.Copy(io.MultiWriter(sum, w), &heedful{ctx: ctx, r: b, f: f})
	switch {
	case ctx.Err() != nil:
		return size, "", ctx.Err()
	case err != nil:
		return size, "cannot be read: blob " + short(digest) + ": " + err.Error(), nil
	case [64]byte(sum.Sum(nil)) != digest:
		return size, "has other bytes than were stored: blob " + short(digest) + " does not hash to its name", nil
	}
	return size, "", nil
}

// short is as much of a digest as a person needs to find the file.
func short(digest [64]byte) string { return blob.Digest(digest).Hex()[:16] }

// heedful reads until the context ends, and counts.
type heedful struct {
	ctx context.Context
	r   io.Reader
	f   *fsck
}

// Read implements io.Reader.
func (h *heedful) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := h.r.Read(p)
	h.f.report.Bytes += int64(n)
	h.f.tell(false)
	return n, err
}

// text reads a text of a manifest, from its blob where it has one. ok is false
// where that is not possible, which it notes.
func (f *fsck) text(ctx context.Context, x inspected, t record.Text, what string) (text []byte, ok bool, err error) {
	if t.Blob == [64]byte{} {
		return t.Inline, true, nil
	}
	f.named[key(t.Blob)] = struct{}{}
	out := &bounded{}
	size, problem, err := f.hash(ctx, t.Blob, out)
	if err != nil {
		return nil, false, err
	}
	switch {
	case problem != "":
		if gone, err := f.goneManifest(ctx, x.ID); err != nil || gone {
			return nil, false, err
		}
	case size != t.Size:
		problem = fmt.Sprintf("has %d bytes, its record says %d", size, t.Size)
	case out.over:
		problem = "is too long to be one"
	}
	if problem != "" {
		f.add(badManifest, x.subject, what+" "+problem)
	}
	return out.text, problem == "", nil
}

// goneManifest tells whether a manifest was removed since it was read.
func (f *fsck) goneManifest(ctx context.Context, id int64) (bool, error) {
	err := f.Store.View(ctx, func(tx record.Tx) error {
		_, err := tx.Catalog().Manifest(id)
		return err
	})
	if errors.Is(err, npm.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// maxFsckText bounds the text of one manifest that is kept in memory.
const maxFsckText = 256 << 20

// bounded keeps a text up to that bound.
type bounded struct {
	text []byte
	over bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.over = b.over || len(b.text)+len(p) > maxFsckText; !b.over {
		b.text = append(b.text, p...)
	}
	return len(p), nil
}

// blobs checks those that no record names and lists them. Those that records
// name were looked at with them.
func (f *fsck) blobs(ctx context.Context) error {
	for info, err := range f.Blobs.List(ctx) {
		if err != nil {
			return fmt.Errorf("list blobs: %w", err)
		}
		f.report.Blobs++
		f.tell(false)
		if _, named := f.named[key(info.Digest)]; named {
			continue
		}
		_, problem, err := f.hash(ctx, info.Digest, io.Discard)
		if err != nil {
			return err
		}
		if _, err := f.Blobs.Stat(ctx, info.Digest); errors.Is(err, npm.ErrNotFound) {
			continue // swept since it was listed
		} else if err != nil {
			return err
		}
		if problem != "" {
			f.add(badBlob, info.Digest.Hex(), "is named by no record and "+problem)
		}
		f.orphan(info)
	}
	return nil
}

// orphan lists a blob that no record names. A young one may belong to a publish
// that came meanwhile.
func (f *fsck) orphan(info blob.Info) {
	if f.report.Partial || !info.ModTime.Before(f.began) {
		return
	}
	f.report.Unused++
	if len(f.report.Orphans) < MaxFsckListed {
		f.report.Orphans = append(f.report.Orphans, FsckOrphan{Blob: info.Digest.Hex(), Size: info.Size, Modified: info.ModTime.UTC()})
	}
}
