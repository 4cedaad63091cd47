package npm

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
)

// tarballData decodes the data of one tarball as it comes.
type tarballData struct {
	key string
	o   *PublishOptions
	w   io.Writer
	// escape is what has come of an escape sequence, its backslash included.
	escape []byte
	// carry is what has come of a group of four.
	carry  [4]byte
	n      int
	padded bool
	size   int64
	// out gathers decoded bytes until they are worth a write.
	out []byte
}

// encoding is strict: two texts for the same bytes are one too many.
var encoding = base64.StdEncoding.Strict()

// feed takes the next bytes of the string, which holds no quote: one that was
// escaped is no base64 either way.
func (t *tarballData) feed(b []byte) error {
	for len(b) > 0 {
		if len(t.escape) > 0 {
			n, err := t.unescape(b)
			if err != nil {
				return err
			}
			b = b[n:]
			continue
		}
		at := bytes.IndexByte(b, '\\')
		if at < 0 {
			return t.write(b)
		}
		if err := t.write(b[:at]); err != nil {
			return err
		}
		t.escape = append(t.escape, '\\')
		b = b[at+1:]
	}
	return nil
}

// unescape takes bytes of an escape sequence. Some clients escape slashes, and
// JSON allows to escape anything.
func (t *tarballData) unescape(b []byte) (int, error) {
	t.escape = append(t.escape, b[0])
	var c byte
	switch {
	case t.escape[1] == '/':
		c = '/'
	case t.escape[1] != 'u':
		return 0, errBase64(nil)
	case len(t.escape) < len(`\u0000`):
		return 1, nil
	default:
		code, err := strconv.ParseUint(string(t.escape[2:]), 16, 8)
		if err != nil {
			return 0, errBase64(err)
		}
		c = byte(code)
	}
	t.escape = t.escape[:0]
	return 1, t.write([]byte{c})
}

// write takes bytes of base64.
func (t *tarballData) write(b []byte) error {
	// The decoder would skip these.
	if bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\r') >= 0 {
		return errBase64(nil)
	}
	if t.n > 0 {
		n := copy(t.carry[t.n:], b)
		t.n += n
		b = b[n:]
		if t.n < len(t.carry) {
			return nil
		}
		if err := t.decode(t.carry[:]); err != nil {
			return err
		}
	}
	whole := len(b) &^ 3
	t.n = copy(t.carry[:], b[whole:])
	return t.decode(b[:whole])
}

// decode takes groups of four.
func (t *tarballData) decode(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if t.padded {
		return errBase64(nil)
	}
	if err := t.room(encoding.DecodedLen(len(b))); err != nil {
		return err
	}
	n, err := encoding.Decode(t.out[len(t.out):cap(t.out)], b)
	if err != nil {
		return errBase64(err)
	}
	t.padded = b[len(b)-1] == '='
	t.out = t.out[:len(t.out)+n]
	t.size += int64(n)
	if t.size > t.o.MaxAttachment {
		return &Error{Kind: ErrTooLarge, Text: "File is too large."}
	}
	return nil
}

// room makes room for n decoded bytes, at most those of a chunk.
func (t *tarballData) room(n int) error {
	if t.out == nil {
		t.out = make([]byte, 0, encoding.DecodedLen(chunk))
	}
	if n <= cap(t.out)-len(t.out) {
		return nil
	}
	return t.flush()
}

// flush writes on what was decoded.
func (t *tarballData) flush() error {
	if len(t.out) == 0 {
		return nil
	}
	if t.w == nil {
		w, err := t.o.Attachment(t.key)
		if err != nil {
			return err
		}
		t.w = w
	}
	if _, err := t.w.Write(t.out); err != nil {
		return fmt.Errorf("write attachment: %w", err)
	}
	t.out = t.out[:0]
	return nil
}

// finish ends the string.
func (t *tarballData) finish() error {
	if t.n != 0 || len(t.escape) > 0 {
		return errBase64(nil)
	}
	err := t.flush()
	t.out = nil
	return err
}

// errBase64 refuses data that is no base64; cause is for the log.
func errBase64(cause error) error {
	return &Error{Kind: ErrInvalid, Text: "Attachment data is not base64.", Err: cause}
}
