package advisory

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/klauspost/compress/zip"
)

// archive reads the files of a zip. The sizes that its directory states are
// not believed.
func (r *reader) archive(ctx context.Context) error {
	f, err := r.open()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z, err := zip.NewReader(f, f.size)
	if err != nil {
		return fmt.Errorf("read zip: %w", err)
	}
	if len(z.File) > r.limits.entries {
		return fmt.Errorf("%w of %d entries", errTooMuch, r.limits.entries)
	}
	return r.each(ctx, func(yield func(item, error) bool) {
		for _, entry := range z.File {
			if !entry.Mode().IsRegular() || !isRecord(entry.Name) {
				continue
			}
			it := item{at: entry.Name, load: func(to *bytes.Buffer) error { return r.unpack(to, entry) }}
			if !yield(it, nil) {
				return
			}
		}
	})
}

// unpack reads one entry.
func (r *reader) unpack(to *bytes.Buffer, entry *zip.File) error {
	from, err := entry.Open()
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	n, err := io.Copy(to, io.LimitReader(from, r.limits.record+1))
	if err != nil {
		return err
	}
	return r.count(n)
}
