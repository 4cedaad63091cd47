package proxy

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const (
	// levelAtRest compresses stored documents: they are read back only to be
	// rendered, so speed counts more than size.
	levelAtRest = gzip.BestSpeed
	// levelReady compresses ready documents: once, for every client to come.
	levelReady = 6
)

// compressor lends gzip writers of one level. A writer holds about a megabyte
// of tables; making one for each document doubles what receiving it allocates
// (BenchmarkIngest).
type compressor struct {
	level int
	idle  sync.Pool
}

func newCompressor(level int) *compressor { return &compressor{level: level} }

// to lends a writer that writes to w; give it back with free.
func (c *compressor) to(w io.Writer) *gzip.Writer {
	if gz, ok := c.idle.Get().(*gzip.Writer); ok {
		gz.Reset(w)
		return gz
	}
	gz, err := gzip.NewWriterLevel(w, c.level)
	if err != nil {
		panic("BUG: " + err.Error()) // the levels are constants
	}
	return gz
}

func (c *compressor) free(gz *gzip.Writer) { c.idle.Put(gz) }

// pack compresses a small document in memory.
func (c *compressor) pack(doc []byte) ([]byte, error) {
	var buf bytes.Buffer
	gz := c.to(&buf)
	defer c.free(gz)
	if _, err := gz.Write(doc); err != nil {
		return nil, fmt.Errorf("compress document: %w", err)
	}
	if err := gz.Close(); err != nil {
		return nil, fmt.Errorf("compress document: %w", err)
	}
	return bytes.Clone(buf.Bytes()), nil
}
