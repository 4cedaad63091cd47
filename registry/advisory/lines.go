package advisory

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// file hands each line of a file to take, with its number as its place.
func (r *reader) file(ctx context.Context, take func(at string, line []byte)) error {
	f, err := r.open()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewReaderSize(f, 1<<16)
	var line []byte
	for number := 1; ; number++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line, err = readLine(line[:0], lines, r.limits.record)
		if err == nil || errors.Is(err, io.EOF) {
			err = errors.Join(err, r.count(int64(len(line))))
		}
		if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, errTooMuch) {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			take(fmt.Sprintf("line %d", number), text)
		}
		if err != nil {
			return nil
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
