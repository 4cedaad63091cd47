package registry

import (
	"context"
	"crypto/md5"  //nolint:gosec // GitLab's API shows it; nothing relies on it
	"crypto/sha1" //nolint:gosec // npm's shasum
	"crypto/sha256"
	"hash"
	"io"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// upload receives the tarballs of one publish. Each becomes an unfinished blob
// that is hashed as it comes; whatever is not committed is gone at the end.
type upload struct {
	s     *Service
	ctx   context.Context
	parts []*part
}

// part is one tarball in transfer.
type part struct {
	key    string
	blob   blob.Writer
	md5    hash.Hash
	sha1   hash.Hash
	sha256 hash.Hash
	size   int64
}

// attach begins a tarball.
func (u *upload) attach(key string) (io.Writer, error) {
	if len(u.parts) > 0 {
		return nil, &npm.Error{Kind: npm.ErrInvalid, Text: "a publish holds one tarball; this one holds several"}
	}
	w, err := u.s.deps.Blobs.Create(u.ctx)
	if err != nil {
		return nil, err
	}
	p := &part{key: key, blob: w, md5: md5.New(), sha1: sha1.New(), sha256: sha256.New()} //nolint:gosec // see above
	u.parts = append(u.parts, p)
	return p, nil
}

// Write implements io.Writer.
func (p *part) Write(b []byte) (int, error) {
	for _, h := range []hash.Hash{p.md5, p.sha1, p.sha256} {
		_, _ = h.Write(b) // hashes never fail
	}
	n, err := p.blob.Write(b)
	p.size += int64(n)
	return n, err
}

// find returns the part of an attachment's key.
func (u *upload) find(key string) *part {
	for _, p := range u.parts {
		if p.key == key {
			return p
		}
	}
	return nil
}

// close drops what was not committed.
func (u *upload) close() {
	for _, p := range u.parts {
		_ = p.blob.Close() // what was committed stays, what was not is to go
	}
}

// sums returns the hashes of what came, as npm's checks want them.
func (p *part) sums() npm.Sums {
	s := npm.Sums{SHA512: p.blob.Sum(), HasSHA256: true, Size: p.size}
	p.sha1.Sum(s.SHA1[:0])
	p.sha256.Sum(s.SHA256[:0])
	return s
}

// file makes the record of the tarball.
func (p *part) file(name string) record.File {
	f := record.File{Name: name, Size: p.size, SHA512: p.blob.Sum()}
	p.md5.Sum(f.MD5[:0])
	p.sha1.Sum(f.SHA1[:0])
	p.sha256.Sum(f.SHA256[:0])
	return f
}

// reader reads what came from the beginning.
func (p *part) reader() io.Reader { return io.NewSectionReader(p.blob, 0, p.size) }
