package site

import (
	"testing"

	"github.com/larderhq/larder/registry/web"
)

func TestRepositoryOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value any
		want  string
	}{
		"nothing":         {nil, ""},
		"a number":        {7.0, ""},
		"an address":      {"https://git.example.com/acme/web.git", "https://git.example.com/acme/web.git"},
		"an object":       {map[string]any{"type": "git", "url": "git+https://git.example.com/acme/web.git"}, "https://git.example.com/acme/web.git"},
		"no text":         {map[string]any{"url": []any{"x"}}, ""},
		"git":             {"git://git.example.com/acme/web", "https://git.example.com/acme/web"},
		"ssh":             {"git+ssh://git@git.example.com/acme/web.git", "https://git.example.com/acme/web.git"},
		"short":           {"acme/web", "https://github.com/acme/web"},
		"short with it":   {"github:acme/web", "https://github.com/acme/web"},
		"short of others": {"gitlab:acme/web", "gitlab:acme/web"},
		"scp":             {"git@git.example.com:acme/web.git", "git@git.example.com:acme/web.git"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := repositoryOf(tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestReadManifest keeps what can be shown of a manifest whose other fields have
// types that nobody expects.
func TestReadManifest(t *testing.T) {
	t.Parallel()
	m := readManifest([]byte(`{"description":["x"],"license":{"type":"MIT"},"homepage":" https://acme.example.com ",` +
		`"dependencies":{"b":"^1.0.0","a":7},"peerDependencies":"none","dist":{"unpackedSize":12},"devDependencies":null}`))
	if got := textOf(m.Description, ""); got != "" {
		t.Errorf("description %q", got)
	}
	if got := textOf(m.License, "type"); got != "MIT" {
		t.Errorf("licence %q", got)
	}
	if got := textOf(m.Homepage, "url"); got != "https://acme.example.com" {
		t.Errorf("homepage %q", got)
	}
	if m.Dist.UnpackedSize != 12 {
		t.Errorf("unpacked size %d", m.Dist.UnpackedSize)
	}
	groups := m.dependencies()
	if rows := groups[0].Rows; len(rows) != 2 || rows[0] != (web.Dependency{Name: "a"}) || rows[1] != (web.Dependency{Name: "b", Range: "^1.0.0"}) {
		t.Errorf("dependencies %+v", rows)
	}
	for _, g := range groups[1:] {
		if len(g.Rows) != 0 {
			t.Errorf("%s: %+v", g.Kind, g.Rows)
		}
	}
	if m := readManifest([]byte(`[]`)); m.Dependencies != nil {
		t.Errorf("a list: %+v", m)
	}
}

// FuzzManifest reads manifests that anybody may have published.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{`{"repository":"a/b","dependencies":{"a":"1"}}`, `{"dist":{"unpackedSize":1e400}}`, `{"license":{"type":{}}}`, `[`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := readManifest(text)
		repositoryOf(m.Repository)
		n := 0
		for _, g := range m.dependencies() {
			n += len(g.Rows)
		}
		if n > len(text) {
			t.Errorf("%d dependencies of %d bytes", n, len(text))
		}
	})
}
