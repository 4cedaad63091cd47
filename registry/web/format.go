package web

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// functions are what the pages call to write values as people read them.
func functions(options Options) template.FuncMap {
	return template.FuncMap{
		"style":   func() template.CSS { return template.CSS(sheet) }, //nolint:gosec // it is part of this program
		"larder":  func() string { return options.Version },
		"count":   count[int],
		"count64": count[int64],
		"size":    size,
		"day":     func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
		"minute":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"website": website,
		"noted":   noted,
		"bare":    bare,
	}
}

// count writes a number in groups of three digits.
func count[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// size writes a number of bytes in the largest binary unit that leaves at least
// one of it.
func size(bytes int64) string {
	if bytes < 1024 {
		return count(bytes) + " B"
	}
	value, unit := float64(bytes), 0
	for value >= 1024 && unit < 4 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, "_KMGT"[unit])
}

// website returns the web address that a manifest means by a homepage or
// repository, or "" for anything that is none. Manifests write "git+https://"
// before and ".git" after it (docs.npmjs, "repository" of package.json).
func website(published string) string {
	u, err := url.Parse(strings.TrimPrefix(strings.TrimSpace(published), "git+"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	u.User = nil
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, ".git"), ""
	return u.String()
}

// noted tells whether a status is worth showing.
func noted(status string) bool { return status != "" && status != "default" }

// bare returns a web address as people say it.
func bare(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	return strings.TrimSuffix(rest, "/")
}
