package httpd

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestParseRange(t *testing.T) {
	t.Parallel()
	const size = 1000
	type part struct{ start, length int64 }
	cases := []struct {
		name, header string
		want         part // zero: nothing of the thing lies in it
		whole        bool // the header is ignored
	}{
		{"first bytes", "bytes=0-99", part{0, 100}, false},
		{"one byte", "bytes=5-5", part{5, 1}, false},
		{"to the end", "bytes=990-", part{990, 10}, false},
		{"beyond the end", "bytes=990-5000", part{990, 10}, false},
		{"everything", "bytes=0-", part{0, 1000}, false},
		{"suffix", "bytes=-10", part{990, 10}, false},
		{"suffix longer than the thing", "bytes=-5000", part{0, 1000}, false},
		{"empty suffix", "bytes=-0", part{}, false},
		{"behind the end", "bytes=1000-", part{}, false},
		{"far behind the end", "bytes=999999999999999999-", part{}, false},
		{"spaces", " Bytes = 0-99 ", part{0, 100}, false},
		{"absent", "", part{}, true},
		{"several", "bytes=0-1,5-6", part{}, true},
		{"other unit", "items=0-1", part{}, true},
		{"backwards", "bytes=5-1", part{}, true},
		{"negative", "bytes=--5", part{}, true},
		{"signed", "bytes=+1-2", part{}, true},
		{"letters", "bytes=a-b", part{}, true},
		{"dash alone", "bytes=-", part{}, true},
		{"nothing", "bytes=", part{}, true},
		{"no unit", "0-1", part{}, true},
		{"too large for us", "bytes=9999999999999999999-", part{}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, ok := parseRange([]byte(c.header))
			if ok == c.whole {
				t.Fatalf("parseRange(%q) = %+v, %v", c.header, r, ok)
			}
			if !ok {
				return
			}
			start, length, ok := r.of(size)
			if !ok {
				start, length = 0, 0
			}
			if got := (part{start, length}); got != c.want {
				t.Errorf("%q is %+v of %d, want %+v", c.header, got, size, c.want)
			}
		})
	}
}

func TestRangeOfNothing(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"bytes=0-", "bytes=-1", "bytes=0-0"} {
		r, ok := parseRange([]byte(header))
		if !ok {
			t.Fatalf("parseRange(%q) refuses", header)
		}
		if start, length, ok := r.of(0); ok {
			t.Errorf("%q of nothing is %d bytes at %d", header, length, start)
		}
	}
}

// FuzzRange compares each accepted range with net/http's reading of it.
func FuzzRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-99", "bytes=-5", "bytes=7-", "bytes=1-2,3-4", "items=1-2", "bytes=5-1", "bytes=-0"} {
		f.Add(seed, int64(100))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		size = max(size, -size) % 4096
		if size <= 0 {
			return
		}
		r, ok := parseRange([]byte(header))
		if !ok {
			return
		}
		start, length, ok := r.of(size)
		if ok && (start < 0 || length <= 0 || start+length > size) {
			t.Fatalf("%q of %d: %d bytes at %d", header, size, length, start)
		}
		if strings.ContainsAny(header, " \t\r\n\v\f") || !strings.HasPrefix(header, "bytes=") {
			return // net/http is stricter about spaces and case
		}
		if !ok {
			return // net/http sends a part of no bytes for an empty suffix
		}
		want, got := contentRangeOf(t, header, size), contentRange(start, length, size)
		if got != want {
			t.Fatalf("%q of %d: %q, net/http says %q", header, size, got, want)
		}
	})
}

// contentRangeOf returns net/http's Content-Range, or "" where it sends no part.
func contentRangeOf(t *testing.T, header string, size int64) string {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Range", header)
	rec := httptest.NewRecorder()
	http.ServeContent(rec, req, "x.tgz", time.Time{}, strings.NewReader(strings.Repeat("x", int(size))))
	if rec.Code != http.StatusPartialContent {
		return ""
	}
	return rec.Header().Get("Content-Range")
}

func TestContentRange(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"bytes 0-99/1000": contentRange(0, 100, 1000),
		"bytes */1000":    contentRange(0, 0, 1000),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
