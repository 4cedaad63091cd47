package httpd

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// writeBody returns the body of a write of a package's document.
func (s *Server) writeBody(x *exchange) (registry.Body, error) {
	r, err := x.body.open(x.header("Content-Encoding"))
	if err != nil {
		return registry.Body{}, err
	}
	return registry.Body{Reader: r, Grow: x.body.grow}, nil
}

// bodyFailure gives an error of reading a body the text that the client gets,
// where it lost it on its way. One that has a text is about something else: the
// end of a tarball can be missing in a body that came whole.
func bodyFailure(err error) error {
	var told *npm.Error
	if errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &told) {
		return bodyError(err)
	}
	return err
}

// readJSON reads the whole body as JSON into v. An empty body leaves v as it
// is.
func (s *Server) readJSON(x *exchange, v any) error {
	body, err := x.body.readAll(x.header("Content-Encoding"))
	if err != nil || len(body) == 0 {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "Invalid json", Err: err}
	}
	return nil
}
