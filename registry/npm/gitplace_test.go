package npm

import "testing"

func TestSameRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"verbatim", "^1.0.0", "^1.0.0", true},
		{"another range", "^1.0.0", "^1.0.1", false},
		{"another spelling of a range", "^1.0.0", " ^1.0.0", false},
		{"short", "acme/lib", "github:acme/lib", true},
		{"short with a commit", "acme/lib#semver:^1", "github:acme/lib#semver:^1", true},
		{"another commit", "acme/lib#a", "github:acme/lib#b", false},
		{"a commit against none", "acme/lib#a", "github:acme/lib", false},
		{"another owner", "acme/lib", "github:evil/lib", false},
		{"another host", "gitlab:acme/lib", "github:acme/lib", false},
		{"git", "git://github.com/acme/lib", "git://github.com/acme/lib.git", true},
		{"https", "https://github.com/acme/lib", "git+https://github.com/acme/lib.git", true},
		{"http becomes ssh", "http://github.com/acme/lib", "git+ssh://git@github.com/acme/lib.git", true},
		{"scp", "git@github.com:acme/lib.git", "git+ssh://git@github.com/acme/lib.git", true},
		{"scp as a URL", "git+ssh://git@github.com:acme/lib.git#v1", "git+ssh://git@github.com/acme/lib.git#v1", true},
		{"www", "git+https://www.github.com/acme/lib", "git+https://github.com/acme/lib.git", true},
		{"branch in the path", "https://github.com/acme/lib/tree/main", "git+https://github.com/acme/lib.git#main", true},
		{"subgroup", "https://gitlab.com/a/b/c", "git+https://gitlab.com/a/b/c.git", true},
		{"bitbucket", "ssh://git@bitbucket.org/a/b", "git+ssh://git@bitbucket.org/a/b.git", true},
		{"gist", "https://gist.github.com/ada/abc", "git+https://gist.github.com/abc.git", true},
		{"archive", "https://github.com/acme/lib/tarball/a", "https://github.com/acme/lib/tarball/b", false},
		{"archive against repository", "https://github.com/acme/lib/archive", "github:acme/lib", false},
		{"unknown host", "https://git.example.com/acme/lib", "git+https://git.example.com/acme/lib.git", false},
		{"host in a path", "https://git.example.com/x@github.com/acme/lib", "github:acme/lib", false},
		{"host behind a backslash", `https://git.example.com\@github.com/acme/lib`, "github:acme/lib", false},
		{"host behind a query", "https://git.example.com?@github.com/acme/lib", "github:acme/lib", false},
		{"host behind a line break", "https://git.example.com\n@github.com/acme/lib", "github:acme/lib", false},
		{"scp host in a path", "git.example.com/x@github.com:acme/lib", "github:acme/lib", false},
		{"port", "https://github.com:8443/acme/lib", "github:acme/lib", false},
		{"file", "file://github.com/acme/lib", "github:acme/lib", false},
		{"folder", "./lib", "github:./lib", false},
		{"steps", "github:acme/..", "github:acme/...git", false},
		{"query", "https://github.com/acme/lib?x", "github:acme/lib", false},
		{"alias", "npm:lib@1", "npm:lib@2", false},
		{"nothing", "", "github:", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if sameRange(tt.a, tt.b) != tt.want || sameRange(tt.b, tt.a) != tt.want {
				t.Errorf("%q and %q: want %v", tt.a, tt.b, tt.want)
			}
		})
	}
}
