// Package ready owns final bytes: documents that are rendered and compressed
// once and then served to everybody. It does not know what is in them.
package ready

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Document is a ready answer: final bytes, compressed once. It is immutable
// and shared by every request that gets it.
type Document struct {
	// Gzip is the whole document as one gzip member.
	Gzip []byte
	// Size is the number of bytes that Gzip inflates to.
	Size int64
	// ETag is the strong validator of the identity form, with its quotes.
	ETag string
	// GzipETag is the strong validator of the gzip form (RFC 9110 8.8.3.3:
	// codings of one document need tags of their own).
	GzipETag string
	// Form tells which of the two shapes of a packument this is.
	Form npm.Form
	// Modified is when the document last changed.
	Modified time.Time
}

// Document makes a document of what write writes, holding only its compressed
// form. Form and Modified are left to the caller.
func (c *Compressor) Document(write func(io.Writer) error) (*Document, error) {
	var buf bytes.Buffer
	gz := c.To(&buf)
	defer c.Free(gz)
	sum := sha256.New()
	count := &counter{}
	if err := write(io.MultiWriter(gz, sum, count)); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	if err := gz.Close(); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	tag := base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:18])
	return &Document{
		Gzip: bytes.Clone(buf.Bytes()), Size: count.n,
		ETag: `"` + tag + `"`, GzipETag: `"` + tag + `-gzip"`,
	}, nil
}

// counter counts the bytes written to it.
type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}
