package httpd

import (
	"testing"
	"time"
)

func TestMatchETag(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, header, want string }{
		{"same", `"a"`, `"a"`},
		{"weakened", `W/"a"`, `"a"`},
		{"second of ours", `"b"`, `"b"`},
		{"in a list", `"x", W/"y" ,"b"`, `"b"`},
		{"list without spaces", `"x","a"`, `"a"`},
		{"comma inside a tag", `"x,y", "a"`, `"a"`},
		{"any", ` * `, `"a"`},
		{"other", `"c"`, ""},
		{"unquoted", `a`, ""},
		{"unfinished", `"a`, ""},
		{"empty", ``, ""},
		{"empty tag", `""`, ""},
		{"junk before", `x, "a"`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := matchETag([]byte(c.header), `"a"`, `"b"`)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("matchETag(%q) = %q, %v; want %q", c.header, got, ok, c.want)
			}
		})
	}
}

func TestUnmodifiedSince(t *testing.T) {
	t.Parallel()
	modified := time.Date(2026, 11, 1, 12, 0, 0, 999, time.UTC)
	cases := []struct {
		name, header string
		modified     time.Time
		want         bool
	}{
		{"same second", "Sun, 01 Nov 2026 12:00:00 GMT", modified, true},
		{"later", "Mon, 02 Nov 2026 12:00:00 GMT", modified, true},
		{"earlier", "Sun, 01 Nov 2026 11:59:59 GMT", modified, false},
		{"absent", "", modified, false},
		{"junk", "yesterday", modified, false},
		{"no date of ours", "Mon, 02 Nov 2026 12:00:00 GMT", time.Time{}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := unmodifiedSince([]byte(c.header), c.modified); got != c.want {
				t.Errorf("unmodifiedSince(%q) = %v, want %v", c.header, got, c.want)
			}
		})
	}
}
