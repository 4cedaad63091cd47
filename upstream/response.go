package upstream

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// Response is what larder takes from an upstream's answer; no other header
// leaves this package (G57). The caller closes Body.
type Response struct {
	// NotModified tells that the validators still hold; Body is empty then.
	NotModified bool
	// Body yields at most the limit. Its errors are of package npm:
	// ErrBadUpstream (with io.ErrUnexpectedEOF inside when the transfer broke,
	// so that it may be resumed) or ErrTimeout; a caller's own cancellation
	// stays what it is.
	Body io.ReadCloser
	// Length is the number of bytes that Body will yield, or -1.
	Length int64
	// Offset is where Body begins in the whole; zero unless a range was asked
	// for and granted.
	Offset int64
	// ETag, LastModified and ContentType are well-formed or empty.
	ETag, LastModified, ContentType string
	Status                          int
}

const maxField = 256

// response takes over the exchange.
func (r *Registry) response(x *exchange, limit int64, decode bool) *Response {
	header := x.resp.Header
	answer := &Response{
		Status:       x.resp.StatusCode,
		ETag:         cleanETag(header.Get("ETag")),
		LastModified: cleanDate(header.Get("Last-Modified")),
		ContentType:  cleanType(header.Get("Content-Type")),
		Length:       x.resp.ContentLength,
	}
	if x.resp.StatusCode == http.StatusNotModified {
		x.end()
		answer.NotModified, answer.Body, answer.Length = true, http.NoBody, 0
		return answer
	}
	if decode {
		// Whether it is gzip is known only by its first bytes.
		answer.Length = -1
	}
	answer.Body = r.newBody(x, limit, decode)
	return answer
}

// cleanETag returns a well-formed entity tag (RFC 9110 8.8.3), or nothing.
func cleanETag(tag string) string {
	opaque := strings.TrimPrefix(tag, "W/")
	if len(tag) > maxField || len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
		return ""
	}
	for _, c := range []byte(opaque[1 : len(opaque)-1]) {
		if c <= ' ' || c == '"' || c > '~' {
			return ""
		}
	}
	return tag
}

func cleanDate(date string) string {
	at, err := http.ParseTime(date)
	if err != nil {
		return ""
	}
	return at.UTC().Format(http.TimeFormat)
}

func cleanType(value string) string {
	if len(value) > maxField {
		return ""
	}
	kind, params, err := mime.ParseMediaType(value)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	// Of a type with damaged parameters the type itself still counts: a page is
	// a page, and a document a document.
	if charset, ok := params["charset"]; ok {
		return mime.FormatMediaType(kind, map[string]string{"charset": charset})
	}
	return mime.FormatMediaType(kind, nil)
}

// isJSON tells the media types of JSON.
func isJSON(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return kind == "application/json" || kind == "text/json" ||
		strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

// isHTML tells the pages of captive portals, logins and error screens.
func isHTML(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// codedAs tells whether the answer's content coding is one that we asked for.
func codedAs(header http.Header) bool {
	for _, line := range header.Values("Content-Encoding") {
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "", "identity", "gzip", "x-gzip":
		default:
			return false
		}
	}
	return len(header.Values("Content-Encoding")) < 2
}

// isGzip tells whether a document claims to be gzip.
func isGzip(header http.Header) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding"))), "gzip")
}
