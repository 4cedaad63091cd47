package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"

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
	read     int64
	ended    bool
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
		return 0, tooLarge()
	}
	if room := u.limit - u.read + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := u.stream.Read(p)
	u.read += int64(n)
	switch {
	case u.read > u.limit:
		return n, tooLarge()
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

// finished tells whether nothing of the body is left on the connection.
func (u *upload) finished() bool {
	return u.ended || u.declared >= 0 && u.read == u.declared
}

func tooLarge() error {
	return &npm.Error{Kind: npm.ErrTooLarge, Text: "the request's body is too large"}
}

// readAll reads and decodes the whole body. The limit holds for the bytes as
// sent and as decoded.
func (u *upload) readAll(encoding []byte) ([]byte, error) {
	if u.declared > u.limit {
		return nil, tooLarge()
	}
	var (
		body []byte
		err  error
	)
	switch {
	case len(encoding) == 0 || bytes.EqualFold(encoding, []byte("identity")):
		body, err = u.gather(u)
	case bytes.EqualFold(encoding, []byte("gzip")) || bytes.EqualFold(encoding, []byte("x-gzip")):
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
			if !u.room.take(more) {
				return nil, errNoRoom()
			}
			u.taken += more
			body = append(make([]byte, 0, size), body...)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > u.limit:
			return nil, tooLarge()
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
