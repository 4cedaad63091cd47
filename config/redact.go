package config

import (
	"net/url"
	"strings"
)

// mask stands for what is not shown.
const mask = "***"

// Redact shows a URL, or what should be one, without what may be secret: the
// user and password, the query and the fragment.
func Redact(s string) string {
	shown, tail := s, ""
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		shown, tail = s[:i], s[i:i+1]+mask
	}
	scheme, rest, ok := strings.Cut(shown, "://")
	if ok {
		scheme += "://"
	} else {
		scheme, rest = "", shown
	}
	if strings.Contains(strings.TrimPrefix(s, shown), "@") {
		return scheme + mask // a password may hold ? and #
	}
	authority, _, _ := strings.Cut(rest, "/")
	secret := authority
	if _, err := url.Parse(shown); err != nil || !ok {
		secret = rest // a password may hold / too
	}
	if i := strings.LastIndexByte(secret, '@'); i >= 0 {
		rest = mask + rest[i:]
	}
	return scheme + rest + tail
}

// redact is Redact for a line with a problem.
func redact(s string) string { return clip(Redact(s)) }
