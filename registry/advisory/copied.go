package advisory

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/klauspost/compress/zip"
)

// header is the first line of a copy, in JSON. After it comes the source's file as
// it was, or a zip of the records of a folder, with its list where that is signed.
type header struct {
	Layout int `json:"layout"`
	// SHA256 is that of all that comes after the line.
	SHA256 string `json:"sha256"`
	// Path, Format and Key are those of the source, and Kind is the format that it
	// turned out to have.
	Path   string            `json:"path"`
	Format Format            `json:"format"`
	Kind   Format            `json:"kind"`
	Key    ed25519.PublicKey `json:"key"`
	// Signature is what was beside the source: it is checked again with each
	// reading.
	Signature []byte `json:"signature"`
	// Looked is the fingerprint that the source had.
	Looked string    `json:"looked"`
	Taken  time.Time `json:"taken"`
}

const (
	copyLayout = 1
	// maxHeader bounds the first line of a copy in bytes.
	maxHeader = 64 << 10
)

// line returns the header as it is written. Its length does not depend on the hash.
func (h *header) line() ([]byte, error) {
	line, err := json.Marshal(h)
	if err == nil && len(line) >= maxHeader {
		err = errors.New("there is too much to say of the copy")
	}
	return append(line, '\n'), err
}

// counts tells whether the copy can stand in for a source. What another key signed
// counts if the source's key signed it as well, which its reading shows; without a
// key nothing shows that who signed is still trusted.
func (h *header) counts(s Source) error {
	switch {
	case h.Layout != copyLayout || h.Path != s.Path || h.Format != s.Format:
		return errors.New("it is of another source")
	case s.Key == nil && len(h.Key) > 0:
		return errors.New("it was signed with a key that is not configured any more")
	}
	return nil
}

// copied is an open copy. Whoever opened it closes it.
type copied struct {
	header
	*os.File
	from, size int64
}

// body returns what comes after the header.
func (c *copied) body() *io.SectionReader { return io.NewSectionReader(c.File, c.from, c.size) }

// open opens the copy of a source, if there is one that is whole and counts.
func (k *Kept) open(ctx context.Context, s Source) (*copied, error) {
	c, err := openCopy(k.path(s))
	if err != nil {
		return nil, err
	}
	if err = c.counts(s); err == nil {
		err = c.intact(ctx)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// openCopy opens a copy and reads its header.
func openCopy(path string) (*copied, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c, err := readCopy(f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("read copy: %w", err)
	}
	return c, nil
}

func readCopy(f *os.File) (*copied, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	line, err := readLine(nil, bufio.NewReader(f), maxHeader)
	if err != nil {
		return nil, err
	}
	c := &copied{File: f, from: int64(len(line)), size: info.Size() - int64(len(line))}
	if err := json.Unmarshal(line, &c.header); err != nil {
		return nil, err
	}
	return c, nil
}

// intact fails where the copy is not what was written.
func (c *copied) intact(ctx context.Context) error {
	h := sha256.New()
	if _, err := io.Copy(h, waking{ctx, c.body()}); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != c.SHA256 {
		return errors.New("it is damaged")
	}
	return nil
}

// waking is a reader that ends with its context.
type waking struct {
	ctx  context.Context
	from io.Reader
}

// Read implements io.Reader.
func (w waking) Read(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	return w.from.Read(p)
}

// copiedFolder reads the copy of a folder.
func (r *reader) copiedFolder(ctx context.Context) error {
	if r.source.Key == nil {
		return r.archive(ctx)
	}
	body := r.copied.body()
	z, err := zip.NewReader(body, body.Size())
	if err != nil {
		return fmt.Errorf("read copy: %w", err)
	}
	entries := make(map[string]*zip.File, len(z.File))
	for _, entry := range z.File {
		entries[entry.Name] = entry
	}
	list, err := r.copiedList(entries[sumsFile])
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	records, err := r.listed(list, func(to *bytes.Buffer, path string) error {
		if entries[path] == nil {
			return fs.ErrNotExist
		}
		return r.unpack(to, entries[path])
	})
	if err != nil {
		return err
	}
	return r.each(ctx, records)
}

// copiedList reads the list of a signed folder from its copy; nil is one that has
// none.
func (r *reader) copiedList(entry *zip.File) ([]byte, error) {
	if entry == nil {
		return nil, fs.ErrNotExist
	}
	f, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readAll(f, r.limits.signed)
}
