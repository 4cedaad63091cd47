package npm

import (
	"archive/tar"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
)

// knownSearch hashes the files of an archive while they are read, until one of
// them is known. A nil knownSearch looks for nothing.
type knownSearch struct {
	known          func(sum []byte) (id string, ok bool)
	sha256, sha512 hash.Hash
	sum, buf       []byte
	// content is what is left of the file that is read.
	content io.Reader
	found   string
}

// newKnownSearch returns nil where nothing is known.
func newKnownSearch(known func(sum []byte) (id string, ok bool)) *knownSearch {
	if known == nil {
		return nil
	}
	return &knownSearch{known: known, sha256: sha256.New(), sha512: sha512.New(), buf: make([]byte, hashBlock)}
}

// watch returns what to read the content of an entry from. A sparse file has
// none that clients agree on, and may have a lot of it in few bytes.
func (k *knownSearch) watch(h *tar.Header, content io.Reader) io.Reader {
	if k == nil || k.found != "" || isSparse(h) {
		return content
	}
	k.sha256.Reset()
	k.sha512.Reset()
	k.content = content
	return k
}

// Read reads on in the file and adds what it reads to the hashes.
func (k *knownSearch) Read(p []byte) (int, error) {
	n, err := k.content.Read(p[:min(len(p), hashBlock)])
	// hash.Hash promises that Write returns no error.
	k.sha256.Write(p[:n])
	k.sha512.Write(p[:n])
	return n, err
}

// finish reads what is left of the file and looks it up.
func (k *knownSearch) finish() error {
	if k == nil || k.content == nil {
		return nil
	}
	for {
		_, err := k.Read(k.buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read file: %w", err)
		}
	}
	k.content = nil
	for _, h := range [...]hash.Hash{k.sha256, k.sha512} {
		k.sum = h.Sum(k.sum[:0])
		if id, ok := k.known(k.sum); ok {
			k.found = id
			return nil
		}
	}
	return nil
}

// indicator is the first file that is known, or empty.
func (k *knownSearch) indicator() string {
	if k == nil {
		return ""
	}
	return k.found
}
