package advisory

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zip"

	"github.com/larderhq/larder/cache/space"
	"github.com/larderhq/larder/registry/npm"
)

const (
	// copyReserve is how much room copies leave on the disk, in bytes: what is
	// precious needs it more.
	copyReserve = 256 << 20
	// copyStep is how much is written before it is synced and the room is looked
	// at again: a sync of much at once makes others wait for theirs.
	copyStep = 8 << 20
)

// Keep copies a source that was loaded, if it still looks as it did before that:
// else it fails with npm.ErrConflict and the copy that there is remains. One of what
// looks the same is left as it is; one under another key goes at once.
func (k *Kept) Keep(ctx context.Context, s Source, looked Fingerprint, at time.Time) error {
	done, err := k.has(ctx, s, looked)
	if err == nil && !done {
		err = s.still(ctx, looked.String()) // to copy much for nothing takes time
	}
	if err == nil && !done {
		err = k.write(ctx, s, header{Layout: copyLayout, Path: s.Path, Format: s.Format, Key: s.Key,
			SHA256: strings.Repeat("0", 2*sha256.Size), Looked: looked.String(), Taken: at.UTC()})
	}
	if err != nil {
		return fmt.Errorf("keep a copy of %s: %w", s.Path, err)
	}
	return nil
}

// has tells whether there is a sound copy of what looks like that, and removes one
// under another key. One that cannot be read, or has rotted, is replaced.
func (k *Kept) has(ctx context.Context, s Source, looked Fingerprint) (bool, error) {
	c, err := openCopy(k.path(s))
	if err != nil {
		return false, nil //nolint:nilerr // so there is none that is of use
	}
	defer func() { _ = c.Close() }()
	if !bytes.Equal(c.Key, s.Key) {
		return false, os.Remove(c.Name())
	}
	if c.counts(s) != nil || c.Looked != looked.String() {
		return false, nil
	}
	return c.intact(ctx) == nil, nil
}

// write writes a copy: beside its place, synced, and renamed if nothing has changed
// meanwhile.
func (k *Kept) write(ctx context.Context, s Source, h header) (err error) {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(k.dir, unfinished+"*") // has mode 0600
	if err != nil {
		return err
	}
	open, placed := true, false
	defer func() {
		if open {
			err = errors.Join(err, temp.Close())
		}
		if err != nil && !placed {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	if err := fill(ctx, temp, s, h); err != nil {
		return err
	}
	if err := s.still(ctx, h.Looked); err != nil {
		return err
	}
	open = false
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), k.path(s)); err != nil {
		return err
	}
	placed = true
	return errors.Join(syncFolder(k.dir), syncFolder(filepath.Dir(k.dir)))
}

// still fails where the source looks otherwise than it did.
func (s Source) still(ctx context.Context, looked string) error {
	now := s.Look(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if now.String() != looked {
		return fmt.Errorf("it has changed since it was loaded: %w", npm.ErrConflict)
	}
	return nil
}

// fill writes a whole copy into a file.
func fill(ctx context.Context, to *os.File, s Source, h header) error {
	r := reader{limits: defaultLimits(), source: s}
	h.Kind = r.format()
	var err error
	if s.Key != nil {
		if h.Signature, err = r.signature(); err != nil {
			return err
		}
	}
	line, err := h.line()
	if err == nil {
		_, err = to.Write(line)
	}
	if err != nil {
		return err
	}
	w := &copyWriter{ctx: ctx, to: to, hash: sha256.New()}
	buffered := bufio.NewWriterSize(w, 1<<20)
	if h.Kind == Folder {
		err = r.copyFolder(buffered)
	} else {
		err = r.copyFile(buffered)
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return err
	}
	h.SHA256 = hex.EncodeToString(w.hash.Sum(nil))
	if line, err = h.line(); err == nil {
		_, err = to.WriteAt(line, 0)
	}
	return err
}

// copyFile writes the source's file, as long as it was when it was opened.
func (r *reader) copyFile(to io.Writer) error {
	f, err := r.openFile()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.CopyN(to, f.Reader, f.size)
	return err
}

// copyFolder writes a zip of what Load reads of a folder.
func (r *reader) copyFolder(to io.Writer) error {
	root, err := os.OpenRoot(r.source.Path)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	records, list, err := r.records(root)
	if err != nil {
		return err
	}
	z := zip.NewWriter(to)
	if r.source.Key != nil {
		if err := pack(z, sumsFile, list); err != nil {
			return err
		}
	}
	var buf bytes.Buffer
	for record, err := range records {
		buf.Reset()
		if err == nil {
			err = record.load(&buf)
		}
		if err == nil {
			err = pack(z, record.at, buf.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// pack adds a file to a zip as it is: to compress it takes time that requests need.
func pack(z *zip.Writer, name string, data []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: filepath.ToSlash(name), Method: zip.Store})
	if err == nil {
		_, err = w.Write(data)
	}
	return err
}

// copyWriter writes and hashes what comes after the header of a copy.
type copyWriter struct {
	ctx  context.Context
	to   *os.File
	hash hash.Hash
	step int
}

// Write implements io.Writer.
func (w *copyWriter) Write(p []byte) (int, error) {
	if err := w.look(len(p)); err != nil {
		return 0, err
	}
	n, err := w.to.Write(p)
	w.hash.Write(p[:n])
	return n, err
}

// look looks whether to go on, before n bytes are written.
func (w *copyWriter) look(n int) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	if w.step -= n; w.step > 0 {
		return nil
	}
	w.step = copyStep
	if free, known := space.Free(filepath.Dir(w.to.Name())); known && free < copyReserve {
		return fmt.Errorf("the disk is nearly full: %w", npm.ErrUnavailable)
	}
	return w.to.Sync()
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
