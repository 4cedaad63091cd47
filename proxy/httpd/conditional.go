package httpd

import (
	"bytes"
	"time"

	"github.com/valyala/fasthttp"
)

// matchETag looks for one of tags in an If-None-Match list and returns the one
// found. "*" finds the first. The comparison is weak: clients send back what
// they got, and proxies between weaken tags. Empty tags are never found.
func matchETag(header []byte, tags ...string) (string, bool) {
	if string(bytes.TrimSpace(header)) == "*" {
		return tags[0], true
	}
	for len(header) > 0 {
		var tag []byte
		if tag, header = nextETag(header); len(tag) == 0 {
			return "", false
		}
		for _, t := range tags {
			if string(tag) == t {
				return t, true
			}
		}
	}
	return "", false
}

// nextETag cuts the first entity tag, quotes included and without its weakness,
// off a list. Tags may hold commas, so the list cannot be split at them. It
// returns nothing where the list does not go on as a list of tags.
func nextETag(list []byte) (tag, rest []byte) {
	list = bytes.TrimLeft(list, " \t,")
	list = bytes.TrimPrefix(list, []byte("W/"))
	if len(list) < 2 || list[0] != '"' {
		return nil, nil
	}
	end := bytes.IndexByte(list[1:], '"')
	if end < 0 {
		return nil, nil
	}
	return list[:end+2], list[end+2:]
}

// unmodifiedSince tells whether a thing last changed at modified is still what
// an If-Modified-Since header knows. Dates in HTTP have whole seconds.
func unmodifiedSince(header []byte, modified time.Time) bool {
	if len(header) == 0 || modified.IsZero() {
		return false
	}
	since, err := fasthttp.ParseHTTPDate(header)
	return err == nil && !modified.Truncate(time.Second).After(since)
}
