package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/larderhq/larder/registry/npm"
)

// upload reads a request's body and knows whether its end was reached. It
// exists because fasthttp neither limits a streamed body, nor tells a client
// that died from one that finished, nor keeps the rest of an unread body from
// being parsed as the next request.
type upload struct {
	stream   io.Reader // nil while the client waits for 100 Continue
	conn     *conn
	declared int64 // as in frame
	limit    int64
	class    bodyClass
	read     int64
	ended    bool
	// began is when the request did, and grace how long it may take besides
	// what its bytes need on the slowest line.
	began time.Time
	grace time.Duration
	// room is where the memory of the body comes from, and taken what it has
	// of it until the answer is made: decoding what was sent takes the most.
	room  *room
	taken int64
}

// Read implements io.Reader. It fails with npm.ErrTooLarge beyond the limit
// and with io.ErrUnexpectedEOF when the client stopped early.
func (u *upload) Read(p []byte) (int, error) {
	switch {
	case u.finished():
		return 0, io.EOF
	case u.stream == nil:
		return 0, io.ErrUnexpectedEOF
	case u.read > u.limit:
		return 0, u.class.tooLarge()
	}
	if room := u.limit - u.read + 1; int64(len(p)) > room {
		p = p[:room]
	}
	if err := u.extend(); err != nil {
		return 0, err
	}
	n, err := u.stream.Read(p)
	u.read += int64(n)
	switch {
	case u.read > u.limit:
		return n, u.class.tooLarge()
	case errors.Is(err, io.EOF):
		// Of a chunked body fasthttp reports a clean end too when the client
		// dies between chunks; only the connection knows the difference.
		if u.read < u.declared || u.declared < 0 && u.conn.ended {
			return n, io.ErrUnexpectedEOF
		}
		u.ended = true
	}
	return n, err
}

// extend gives the client time for its next bytes: whoever sends them faster
// than the slowest line never waits for it, and whoever sends none is cut off
// soon, however much was announced.
func (u *upload) extend() error {
	earned := time.Duration(u.read+bodyPrefetch) * time.Second / slowestUpload
	return u.conn.SetReadDeadline(u.began.Add(u.grace + earned))
}

// finished tells whether nothing of the body is left on the connection.
func (u *upload) finished() bool {
	return u.ended || u.declared >= 0 && u.read == u.declared
}

// tooLarge refuses a body of the class. Of a package's it says what GitLab says.
func (b bodyClass) tooLarge() error {
	text := "the request's body is too large"
	if b == documentBody {
		text = "File is too large."
	}
	return &npm.Error{Kind: npm.ErrTooLarge, Text: text}
}

// open returns a reader of the body, decoded, for those who read it as it
// comes. The limit holds for the bytes as sent and as decoded.
func (u *upload) open(encoding []byte) (io.Reader, error) {
	switch {
	case plainCoding(encoding):
		return &documentReader{upload: u, r: u}, nil
	case gzipCoding(encoding):
		z, err := gzip.NewReader(u)
		if err != nil {
			return nil, bodyError(err)
		}
		return &documentReader{upload: u, r: z}, nil
	}
	return nil, errUnknownCoding
}

// documentReader reads a body that may be too large for memory. Its errors have the
// text that the client gets.
type documentReader struct {
	upload *upload
	r      io.Reader
	n      int64
}

// Read implements io.Reader.
func (d *documentReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if d.n += int64(n); d.n > d.upload.limit {
		return n, d.upload.class.tooLarge()
	}
	if err == nil {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		// What follows the compressed body is read too, so that the connection
		// can serve the next request.
		if _, err = io.Copy(io.Discard, d.upload); err == nil {
			return n, io.EOF
		}
	}
	return n, bodyError(err)
}

// grow takes memory for what of a body is kept until the answer is made.
func (u *upload) grow(n int64) error {
	if !u.room.take(n) {
		return errNoRoom()
	}
	u.taken += n
	return nil
}

func plainCoding(encoding []byte) bool {
	return len(encoding) == 0 || bytes.EqualFold(encoding, []byte("identity"))
}

func gzipCoding(encoding []byte) bool {
	return bytes.EqualFold(encoding, []byte("gzip")) || bytes.EqualFold(encoding, []byte("x-gzip"))
}

// readAll reads and decodes the whole body. The limit holds for the bytes as
// sent and as decoded.
func (u *upload) readAll(encoding []byte) ([]byte, error) {
	if u.declared > u.limit {
		return nil, u.class.tooLarge()
	}
	var (
		body []byte
		err  error
	)
	switch {
	case plainCoding(encoding):
		body, err = u.gather(u)
	case gzipCoding(encoding):
		body, err = u.inflate()
	default:
		return nil, errUnknownCoding
	}
	if err != nil {
		return nil, bodyError(err)
	}
	return body, nil
}

// inflate decodes a gzipped body and then reaches its end, so that the
// connection can serve the next request.
func (u *upload) inflate() ([]byte, error) {
	z, err := gzip.NewReader(u)
	if err != nil {
		return nil, fmt.Errorf("read gzip head: %w", err)
	}
	body, err := u.gather(z)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, u); err != nil {
		return nil, fmt.Errorf("read past gzip: %w", err)
	}
	return body, nil
}

// firstRoom is how much memory a body takes to begin with.
const firstRoom = 4 << 10

// gather reads r, which yields the body, to its end. It fails with
// npm.ErrTooLarge beyond the limit and with npm.ErrUnavailable when all bodies
// together take too much.
func (u *upload) gather(r io.Reader) ([]byte, error) {
	var body []byte
	for {
		if len(body) == cap(body) {
			size := min(max(2*int64(cap(body)), firstRoom), u.limit+1)
			more := size - int64(cap(body))
			if err := u.grow(more); err != nil {
				return nil, err
			}
			body = append(make([]byte, 0, size), body...)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > u.limit:
			return nil, u.class.tooLarge()
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, fmt.Errorf("read body: %w", err)
		}
	}
}

// bodyError gives a failed read the text that the client gets. Only what is
// wrong with the body itself has one; broken gzip is among it.
func bodyError(err error) error {
	if errors.Is(err, npm.ErrTooLarge) || errors.Is(err, npm.ErrUnavailable) {
		return err
	}
	return &npm.Error{Kind: npm.ErrInvalid, Text: "the request's body is broken or incomplete", Err: err}
}
