package advisory

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// hashes takes each line of a list of hashes.
func (r *reader) hashes(ctx context.Context) error {
	for line, err := range r.lines() {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		r.build.takeHash(line.at, line.raw)
	}
	return nil
}

// lines returns each line of a file that says anything, with its number as its
// place.
func (r *reader) lines() iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		f, err := r.open()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		from := bufio.NewReaderSize(f, 1<<16)
		var line []byte
		for number := 1; ; number++ {
			line, err = readLine(line[:0], from, r.limits.record)
			if err == nil || errors.Is(err, io.EOF) {
				err = errors.Join(err, r.count(int64(len(line))))
			}
			if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, errTooMuch) {
				yield(item{}, fmt.Errorf("line %d: %w", number, err))
				return
			}
			text := bytes.TrimSpace(line)
			if len(text) > 0 && !yield(item{at: fmt.Sprintf("line %d", number), raw: bytes.Clone(text)}, nil) {
				return
			}
			if err != nil {
				return
			}
		}
	}
}

// readLine appends a line to an empty one, with its end; it may have limit
// bytes. At the end of the file it returns what is left, and io.EOF.
func readLine(line []byte, from *bufio.Reader, limit int64) ([]byte, error) {
	for {
		part, err := from.ReadSlice('\n')
		line = append(line, part...)
		if int64(len(line)) > limit {
			return nil, fmt.Errorf("%w of %d bytes for one record", errTooMuch, limit)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
