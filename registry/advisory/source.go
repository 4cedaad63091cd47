package advisory

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// Format is how the records of a source are kept.
type Format string

// The formats of sources.
const (
	// Auto tells a format by its path: a folder, .zip, or lines.
	Auto Format = ""
	// Folder is a folder with a record in each file named *.json, at any depth.
	Folder Format = "osv-dir"
	// Zip is such a folder in a zip file.
	Zip Format = "osv-zip"
	// Lines is a file with a record on each line.
	Lines Format = "osv-jsonl"
	// Hashes is a file with a hash on each line, then white space and the
	// identifier of what it is: an integrity text ("sha512-…"), or 64 or 128
	// hexadecimal digits. Empty lines and those that start with # say nothing.
	Hashes Format = "hashes"
)

// Source is one feed.
type Source struct {
	// Path is the file or folder.
	Path string
	// Format is how it is kept.
	Format Format
	// Key, where set, must have signed the source: the detached signature is
	// beside the file with ".sig" after its name. A folder is signed by way of
	// the list of its files, see sumsFile.
	Key ed25519.PublicKey
}

// limits bounds what is read of one source.
type limits struct {
	// signed is the size of a signed file in bytes, which is held in memory
	// while it is read.
	signed int64
	// total is the size of all its records in bytes.
	total int64
	// record is the size of one record in bytes.
	record int64
	// entries is the number of files, zip entries or lines.
	entries int
}

func defaultLimits() limits {
	return limits{signed: 1 << 30, total: 4 << 30, record: 8 << 20, entries: 2_000_000}
}

// errTooMuch ends the reading of a source that is over a limit.
var errTooMuch = errors.New("it is over the limit")

// reader reads one source into a builder.
type reader struct {
	limits limits
	source Source
	// copied, where set, is the copy that is read in place of the source.
	copied *copied
	build  *builder

	mu      sync.Mutex // of what is counted
	total   int64
	entries int
}

// read reads the whole source. Records that are broken are problems of the
// builder; what is returned ended the reading.
func (r *reader) read(ctx context.Context) error {
	var err error
	switch format := r.format(); format {
	case Folder:
		if r.copied != nil {
			err = r.copiedFolder(ctx)
		} else {
			err = r.folder(ctx)
		}
	case Zip:
		err = r.archive(ctx)
	case Lines:
		err = r.each(ctx, r.lines())
	case Hashes:
		err = r.hashes(ctx)
	default:
		return fmt.Errorf("no format is named %q", format)
	}
	// A feed that was emptied by mistake would let everything in.
	if err == nil && r.build.taken == 0 {
		return errors.New("it holds no record about npm")
	}
	return err
}

// format returns the format, told by the path where it is not given. A path
// that cannot be looked at fails when it is opened.
func (r *reader) format() Format {
	if r.copied != nil {
		return r.copied.Kind
	}
	if r.source.Format != Auto {
		return r.source.Format
	}
	if info, err := os.Stat(r.source.Path); err == nil && info.IsDir() {
		return Folder
	}
	if strings.HasSuffix(strings.ToLower(r.source.Path), ".zip") {
		return Zip
	}
	return Lines
}

// count accounts for one entry of a size.
func (r *reader) count(size int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries++
	r.total += size
	switch {
	case r.entries > r.limits.entries:
		return fmt.Errorf("%w of %d entries", errTooMuch, r.limits.entries)
	case size > r.limits.record:
		return fmt.Errorf("%w of %d bytes for one record", errTooMuch, r.limits.record)
	case r.total > r.limits.total:
		return fmt.Errorf("%w of %d bytes", errTooMuch, r.limits.total)
	}
	return nil
}

// opened is a file of which any part can be read. Whoever opened it closes it.
type opened struct {
	io.Reader
	io.ReaderAt
	io.Closer
	size int64
}

// open opens the source's file. One with a key is read whole before its
// signature is checked, so that nobody exchanges it in between.
func (r *reader) open() (opened, error) {
	f, err := r.openFile()
	if err != nil || r.source.Key == nil {
		return f, err
	}
	defer func() { _ = f.Close() }()
	data, err := readAll(f, r.limits.signed)
	if err == nil {
		err = r.verify(data)
	}
	if err != nil {
		return opened{}, err
	}
	b := bytes.NewReader(data)
	return opened{Reader: b, ReaderAt: b, Closer: io.NopCloser(b), size: b.Size()}, nil
}

// openFile opens the source's file unverified.
func (r *reader) openFile() (opened, error) {
	if r.copied != nil {
		b := r.copied.body()
		return opened{Reader: b, ReaderAt: b, Closer: io.NopCloser(b), size: b.Size()}, nil
	}
	f, err := os.Open(r.source.Path)
	if err != nil {
		return opened{}, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		_ = f.Close()
		return opened{}, err
	}
	return opened{Reader: f, ReaderAt: f, Closer: f, size: info.Size()}, nil
}

// readAll reads to the end, which comes within limit bytes.
func readAll(from io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w of %d bytes", errTooMuch, limit)
	}
	return data, nil
}
