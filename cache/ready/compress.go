package ready

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// The levels of compression.
const (
	// LevelAtRest compresses stored documents: they are read back only to be
	// rendered, so speed counts more than size.
	LevelAtRest = gzip.BestSpeed
	// LevelReady compresses ready documents: once, for every client to come.
	LevelReady = 6
)

// Compressor lends gzip writers of one level. A writer holds about a megabyte
// of tables; making one for each document doubles what receiving it allocates
// (BenchmarkIngest).
type Compressor struct {
	level int
	idle  sync.Pool
}

// NewCompressor returns a Compressor of one of the levels above.
func NewCompressor(level int) *Compressor { return &Compressor{level: level} }

// To lends a writer that writes to w; give it back with Free.
func (c *Compressor) To(w io.Writer) *gzip.Writer {
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

// Free takes a writer back.
func (c *Compressor) Free(gz *gzip.Writer) { c.idle.Put(gz) }

// Pack compresses a small document in memory.
func (c *Compressor) Pack(doc []byte) ([]byte, error) {
	var buf bytes.Buffer
	gz := c.To(&buf)
	defer c.Free(gz)
	if _, err := gz.Write(doc); err != nil {
		return nil, fmt.Errorf("compress document: %w", err)
	}
	if err := gz.Close(); err != nil {
		return nil, fmt.Errorf("compress document: %w", err)
	}
	return bytes.Clone(buf.Bytes()), nil
}
