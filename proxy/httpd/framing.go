package httpd

import (
	"bytes"

	"github.com/valyala/fasthttp"

	"github.com/larderhq/larder/registry/npm"
)

// badFraming is a request whose end two parties could see in different places,
// or that says in two ways whom it is for. It is refused and its connection
// closed, so that nothing smuggled behind it is ever parsed.
type badFraming struct {
	kind string // label of the metric
	why  string
}

func (e *badFraming) Error() string { return "bad framing: " + e.why }

func (e *badFraming) Unwrap() error { return npm.ErrInvalid }

// frame is what the header block says about the request's body.
type frame struct {
	// declared is the Content-Length, 0 without a body, or -1 for a chunked
	// body.
	declared int64
}

// checkFraming refuses what fasthttp lets pass: a length together with a
// transfer coding (it lets the coding win), codings other than chunked, folded
// lines, bare line feeds, HTTP/2 prefaces, and bodies of methods that have none.
func checkFraming(h *fasthttp.RequestHeader) (frame, error) {
	switch string(h.Protocol()) {
	case "HTTP/1.1", "HTTP/1.0":
	default:
		return frame{}, &badFraming{"protocol", "this server speaks HTTP/1.1"}
	}
	length, coding, err := scanFraming(h.RawHeaders())
	switch {
	case err != nil:
		return frame{}, err
	case length && coding:
		return frame{}, &badFraming{"length_and_coding", "both Content-Length and Transfer-Encoding"}
	}
	f := frame{declared: max(int64(h.ContentLength()), 0)}
	if coding {
		if h.ContentLength() != -1 {
			return frame{}, &badFraming{"coding", "a transfer coding other than chunked"}
		}
		f.declared = -1
	}
	if host := h.Host(); len(host) > 0 && !validHost(host) {
		return frame{}, &badFraming{"host", "the Host header is not a host"}
	}
	if f.declared != 0 && !h.IsPost() && !h.IsPut() && !bytes.Equal(h.Method(), []byte("PATCH")) {
		return frame{}, &badFraming{"body", "a body where the method has none"}
	}
	return f, nil
}

// scanFraming walks the raw header block and tells which of the two framing
// headers it holds.
func scanFraming(raw []byte) (length, coding bool, err error) {
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\n')
		if end < 1 || raw[end-1] != '\r' {
			return false, false, &badFraming{"line", "a header line that does not end in CRLF"}
		}
		line := raw[:end-1]
		raw = raw[end+1:]
		if len(line) == 0 {
			continue
		}
		switch line[0] {
		case ' ', '\t':
			return false, false, &badFraming{"fold", "a folded header line"}
		case 'c', 'C':
			length = length || isHeader(line, "content-length")
		case 't', 'T':
			coding = coding || isHeader(line, "transfer-encoding")
		}
	}
	return length, coding, nil
}

func isHeader(line []byte, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name))
}
