package httpd

import (
	"bytes"

	"github.com/larderhq/larder/registry/npm"
)

// The media types of packuments.
const (
	typeJSON        = "application/json"
	typeAbbreviated = "application/vnd.npm.install-v1+json"
)

// quality is a q-value in thousandths; unnamed means that a header does not
// name the thing at all.
type quality int

const (
	unnamed quality = -1
	full    quality = 1000
)

// chooseForm returns the shape of packument that an Accept header asks for. The
// abbreviated form is given only where it is named: clients that take anything
// want everything.
func chooseForm(accept []byte) npm.Form {
	abbreviated, plain := unnamed, unnamed
	for len(accept) > 0 {
		var item []byte
		item, accept = nextItem(accept)
		switch value, q := splitQuality(item); {
		case bytes.EqualFold(value, []byte(typeAbbreviated)):
			abbreviated = q
		case bytes.EqualFold(value, []byte(typeJSON)):
			plain = q
		}
	}
	if abbreviated > 0 && abbreviated >= plain {
		return npm.Abbreviated
	}
	return npm.Full
}

// acceptsGzip tells whether an Accept-Encoding header prefers gzip to nothing.
// What cannot be read counts as not said.
func acceptsGzip(header []byte) bool {
	gzip, identity, rest := unnamed, unnamed, unnamed
	for len(header) > 0 {
		var item []byte
		item, header = nextItem(header)
		switch value, q := splitQuality(item); {
		case bytes.EqualFold(value, []byte("gzip")), bytes.EqualFold(value, []byte("x-gzip")):
			gzip = max(gzip, q)
		case bytes.EqualFold(value, []byte("identity")):
			identity = q
		case string(value) == "*":
			rest = q
		}
	}
	if gzip == unnamed {
		gzip = rest
	}
	return gzip > 0 && gzip >= identity
}

// nextItem cuts the first element off a comma-separated list.
func nextItem(list []byte) (item, rest []byte) {
	item, rest, _ = bytes.Cut(list, []byte(","))
	return bytes.TrimSpace(item), rest
}

// splitQuality splits an element into its value and its q. Other parameters do
// not matter; a q that cannot be read is that of an element without one.
func splitQuality(item []byte) (value []byte, q quality) {
	value, params, _ := bytes.Cut(item, []byte(";"))
	value = bytes.TrimSpace(value)
	q = full
	for len(params) > 0 {
		var param []byte
		param, params, _ = bytes.Cut(params, []byte(";"))
		param = bytes.TrimSpace(param)
		if len(param) > 2 && (param[0] == 'q' || param[0] == 'Q') && param[1] == '=' {
			if parsed, ok := parseQuality(param[2:]); ok {
				q = parsed
			}
		}
	}
	return value, q
}

// parseQuality reads "0", "1", "0.5", "1.000" (RFC 9110 12.4.2).
func parseQuality(b []byte) (quality, bool) {
	if len(b) > 5 || b[0] != '0' && b[0] != '1' || len(b) > 1 && b[1] != '.' {
		return 0, false
	}
	q := int(b[0]-'0') * 1000
	scale := 100
	for _, c := range b[min(len(b), 2):] {
		if c < '0' || c > '9' {
			return 0, false
		}
		q += int(c-'0') * scale
		scale /= 10
	}
	return quality(min(q, 1000)), true
}

// acceptsHTML tells whether an Accept header names HTML, as only browsers' do.
func acceptsHTML(header []byte) bool {
	for len(header) > 0 {
		var item []byte
		item, header = nextItem(header)
		if value, q := splitQuality(item); q > 0 && bytes.EqualFold(value, []byte("text/html")) {
			return true
		}
	}
	return false
}
