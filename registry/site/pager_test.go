package site

import (
	"net/url"
	"testing"

	"github.com/larderhq/larder/registry/web"
)

func TestPager(t *testing.T) {
	t.Parallel()
	const first, second, third = "/npm/-/projects?page=1&search=a", "/npm/-/projects?page=2&search=a", "/npm/-/projects?page=3&search=a"
	tests := map[string]struct {
		page         string
		shown, total int
		want         web.Pager
	}{
		"all":            {"", 3, 3, web.Pager{First: 1, Last: 3, Total: 3}},
		"nothing":        {"", 0, 0, web.Pager{}},
		"the first":      {"1", 50, 120, web.Pager{First: 1, Last: 50, Total: 120, Next: second}},
		"between":        {"2", 50, 120, web.Pager{First: 51, Last: 100, Total: 120, Previous: first, Next: third}},
		"the last":       {"3", 20, 120, web.Pager{First: 101, Last: 120, Total: 120, Previous: second}},
		"a full last":    {"2", 50, 100, web.Pager{First: 51, Last: 100, Total: 100, Previous: first}},
		"past the end":   {"9", 0, 120, web.Pager{Total: 120, Previous: third}},
		"past no end":    {"9", 0, 0, web.Pager{Previous: first}},
		"no number":      {"x", 50, 120, web.Pager{First: 1, Last: 50, Total: 120, Next: second}},
		"below the list": {"-1", 50, 120, web.Pager{First: 1, Last: 50, Total: 120, Next: second}},
		"far too large":  {"99999999999999999999", 50, 120, web.Pager{First: 1, Last: 50, Total: 120, Next: second}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := Visit{Mount: "/npm", Here: "/-/projects?search=a&private_token=s", Query: url.Values{"search": {"a"}, "private_token": {"s"}}}
			if tt.page != "" {
				v.Query.Set("page", tt.page)
			}
			if got := v.pager("page", listSize, tt.shown, tt.total); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	for wanted, want := range map[string]string{
		"/-/groups/acme?page=2": "/-/groups/acme?page=2", "": "/", "//evil.example.com": "/", "https://evil.example.com/": "/", "/\x01": "/",
	} {
		if got := Next(wanted); got != want {
			t.Errorf("Next(%q) = %q, want %q", wanted, got, want)
		}
	}
}
