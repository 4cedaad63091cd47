package web

import (
	"bytes"
	"testing"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, next, want string }{
		{"path", "/-/projects/acme/web?page=2#x", "/-/projects/acme/web?page=2#x"},
		{"root", "/", "/"},
		{"nothing", "", ""},
		{"other site", "https://evil.example.com/", ""},
		{"other host", "//evil.example.com/", ""},
		{"backslash", `/\evil.example.com/`, ""},
		{"backslash later", `/a\..\x`, ""},
		{"tab", "/\t/evil.example.com", ""},
		{"newline", "/\n/evil.example.com", ""},
		{"NUL", "/\x00", ""},
		{"relative", "evil", ""},
		{"script", "javascript:alert(1)", ""},
		{"space first", " //evil.example.com", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := LocalPath(tt.next); got != tt.want {
				t.Errorf("LocalPath(%q) = %q, want %q", tt.next, got, tt.want)
			}
		})
	}
}

func TestLoginPage(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	tests := []struct {
		name string
		view LoginView
		want map[string]string
	}{
		{"first", LoginView{Next: "/-/groups/acme"}, map[string]string{"username": "", "password": "", "next": "/-/groups/acme"}},
		{"again", LoginView{Name: `a"b`, Error: "Wrong."}, map[string]string{"username": `a"b`, "password": ""}},
		{"away", LoginView{Next: "//evil.example.com"}, map[string]string{"username": "", "password": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := p.Login(&out, tt.view); err != nil {
				t.Fatal(err)
			}
			inputs := find(tree(t, out.String()), "input")
			if len(inputs) != len(tt.want) {
				t.Errorf("%d inputs, want %d", len(inputs), len(tt.want))
			}
			for _, n := range inputs {
				if want, ok := tt.want[attr(n, "name")]; !ok || attr(n, "value") != want {
					t.Errorf("input %q has %q, want %q", attr(n, "name"), attr(n, "value"), want)
				}
			}
		})
	}
}
