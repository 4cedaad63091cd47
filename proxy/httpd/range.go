package httpd

import (
	"bytes"
	"strconv"
)

// byteRange is the one range that a Range header asks for.
type byteRange struct {
	// first is the index of the first byte, or -1 for a suffix.
	first int64
	// last is the index of the last byte, -1 for "to the end", or the length of
	// a suffix.
	last int64
}

// parseRange parses a Range header. It returns false for whatever is answered
// with the whole thing: other units, several ranges, and bad syntax, which
// RFC 9110 14.2 tells servers to ignore.
func parseRange(header []byte) (byteRange, bool) {
	unit, set, ok := bytes.Cut(header, []byte("="))
	if !ok || !bytes.EqualFold(bytes.TrimSpace(unit), []byte("bytes")) {
		return byteRange{}, false
	}
	from, to, ok := bytes.Cut(bytes.TrimSpace(set), []byte("-"))
	if !ok {
		return byteRange{}, false
	}
	first, firstOK := parseIndex(from)
	last, lastOK := parseIndex(to)
	switch {
	case len(from) == 0 && lastOK:
		return byteRange{first: -1, last: last}, true
	case firstOK && len(to) == 0:
		return byteRange{first: first, last: -1}, true
	case firstOK && lastOK && first <= last:
		return byteRange{first: first, last: last}, true
	}
	return byteRange{}, false
}

// parseIndex parses a run of digits that fits.
func parseIndex(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// of resolves the range against a size. It returns false when nothing of the
// thing lies in it.
func (r byteRange) of(size int64) (start, length int64, ok bool) {
	switch {
	case r.first < 0:
		length = min(r.last, size)
		start = size - length
	case r.last < 0:
		start, length = r.first, size-r.first
	default:
		start, length = r.first, min(r.last, size-1)-r.first+1
	}
	return start, length, length > 0 && start < size
}

// contentRange is the Content-Range of a part, or of a refusal when length is
// zero.
func contentRange(start, length, size int64) string {
	b := append(make([]byte, 0, 64), "bytes "...)
	if length == 0 {
		b = append(b, '*')
	} else {
		b = strconv.AppendInt(b, start, 10)
		b = append(b, '-')
		b = strconv.AppendInt(b, start+length-1, 10)
	}
	b = append(b, '/')
	return string(strconv.AppendInt(b, size, 10))
}
