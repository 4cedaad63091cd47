package npm

import (
	"errors"
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", maxName)
	cases := []struct {
		name, in    string
		scope, base string
		bad         bool
	}{
		{name: "plain", in: "left-pad", base: "left-pad"},
		{name: "scoped", in: "@acme/widget", scope: "@acme", base: "widget"},
		{name: "legacy capitals", in: "JSONStream", base: "JSONStream"},
		{name: "legacy marks", in: "a~b'c!d(e)f*", base: "a~b'c!d(e)f*"},
		{name: "digits and dots", in: "3.x_y-z", base: "3.x_y-z"},
		{name: "scoped base may start with underscore", in: "@s/_x", scope: "@s", base: "_x"},
		{name: "scoped base may start with hyphen", in: "@s/-x", scope: "@s", base: "-x"},
		{name: "scoped base may start with period", in: "@s/.x", scope: "@s", base: ".x"},
		{name: "scoped reserved word", in: "@s/node_modules", scope: "@s", base: "node_modules"},
		{name: "three dots are no path step", in: "@s/...", scope: "@s", base: "..."},
		{name: "longest", in: long, base: long},
		{name: "empty", in: "", bad: true},
		{name: "too long", in: long + "a", bad: true},
		{name: "leading period", in: ".x", bad: true},
		{name: "leading hyphen", in: "-x", bad: true},
		{name: "leading underscore", in: "_x", bad: true},
		{name: "reserved folder", in: "node_modules", bad: true},
		{name: "reserved folder in capitals", in: "Node_Modules", bad: true},
		{name: "reserved file", in: "favicon.ico", bad: true},
		{name: "scope alone", in: "@acme", bad: true},
		{name: "scope without base", in: "@acme/", bad: true},
		{name: "empty scope", in: "@/x", bad: true},
		{name: "at sign alone", in: "@", bad: true},
		{name: "base is a step up", in: "@s/..", bad: true},
		{name: "base is a step", in: "@s/.", bad: true},
		{name: "scope is a step up", in: "@../x", bad: true},
		{name: "two slashes", in: "@s/a/b", bad: true},
		{name: "slash without scope", in: "a/b", bad: true},
		{name: "escaped slash", in: "@s%2fx", bad: true},
		{name: "second at sign", in: "@s/@x", bad: true},
		{name: "version after it", in: "x@1.0.0", bad: true},
		{name: "space", in: "a b", bad: true},
		{name: "leading space", in: " a", bad: true},
		{name: "not ASCII", in: "pâte", bad: true},
		{name: "NUL", in: "a\x00", bad: true},
		{name: "backslash", in: `a\b`, bad: true},
		{name: "colon", in: "a:b", bad: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, err := ParseName(c.in)
			if c.bad {
				if !errors.Is(err, ErrInvalid) || !n.IsZero() {
					t.Fatalf("ParseName(%q) = %q, %v; want ErrInvalid", c.in, n, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if n.String() != c.in || n.Scope() != c.scope || n.Base() != c.base {
				t.Errorf("got %q, scope %q, base %q", n, n.Scope(), n.Base())
			}
		})
	}
}

func TestNameForms(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, fold, escaped, file string }{
		{"plain", "left-pad", "left-pad", "left-pad", "left-pad-1.0.0.tgz"},
		{"scoped", "@Acme/Widget", "@acme/widget", "@Acme%2fWidget", "Widget-1.0.0.tgz"},
		{"capitals", "JSONStream", "jsonstream", "JSONStream", "JSONStream-1.0.0.tgz"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := nameOf(t, c.in)
			if n.Fold() != c.fold || n.Escaped() != c.escaped || n.TarballFile("1.0.0") != c.file {
				t.Errorf("got %q, %q, %q", n.Fold(), n.Escaped(), n.TarballFile("1.0.0"))
			}
		})
	}
}

func TestVersionOfFile(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, pkg, file, version string
		ok                       bool
	}{
		{"plain", "a", "a-1.0.0.tgz", "1.0.0", true},
		{"scoped", "@s/a", "a-1.0.0.tgz", "1.0.0", true},
		{"prerelease", "a", "a-1.0.0-rc.1.tgz", "1.0.0-rc.1", true},
		{"build", "a", "a-1.0.0+b.5.tgz", "1.0.0+b.5", true},
		{"loose", "a", "a-v1.0.0beta.tgz", "v1.0.0beta", true},
		{"name that looks like a version", "a-1.0.0", "a-1.0.0-2.0.0.tgz", "2.0.0", true},
		{"prerelease that looks like a suffix", "a", "a-1.0.0-x.tgz.tgz", "1.0.0-x.tgz", true},
		{"another package", "a", "a-b-1.0.0.tgz", "", false},
		{"another case", "a", "A-1.0.0.tgz", "", false},
		{"no version", "a", "a-.tgz", "", false},
		{"tag", "a", "a-latest.tgz", "", false},
		{"partial version", "a", "a-1.0.tgz", "", false},
		{"no hyphen", "a", "a1.0.0.tgz", "", false},
		{"other suffix", "a", "a-1.0.0.tar", "", false},
		{"white space", "a", "a- 1.0.0.tgz", "", false},
		{"path", "a", "a-1.0.0/../x.tgz", "", false},
		{"scope in the file", "@s/a", "@s/a-1.0.0.tgz", "", false},
		{"suffix alone", "a", ".tgz", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			version, ok := nameOf(t, c.pkg).VersionOfFile(c.file)
			if version != c.version || ok != c.ok {
				t.Errorf("got %q, %v", version, ok)
			}
		})
	}
}

func nameOf(t *testing.T, s string) Name {
	t.Helper()
	n, err := ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// FuzzParseName checks that a name that is accepted is one clean path segment
// with an optional scope, and that all its forms lead back to it.
func FuzzParseName(f *testing.F) {
	for _, s := range []string{"left-pad", "@acme/widget", "JSONStream", "@s/..", "..", "@/", "a/b", "é", "@s/_x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !n.IsZero() {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		whole := n.Base()
		if n.Scope() != "" {
			whole = n.Scope() + "/" + n.Base()
		}
		if n.String() != s || whole != s {
			t.Fatalf("%q is put together as %q", s, whole)
		}
		if strings.ContainsAny(n.Base(), "/\\%?#: \x00") || n.Base() == "." || n.Base() == ".." {
			t.Fatalf("%q has the base %q", s, n.Base())
		}
		if strings.Replace(n.Escaped(), "%2f", "/", 1) != s {
			t.Fatalf("%q is escaped as %q", s, n.Escaped())
		}
		if folded, err := ParseName(n.Fold()); err != nil || folded.Fold() != folded.String() {
			t.Fatalf("%q folds to %q: %v", s, n.Fold(), err)
		}
		if v, ok := n.VersionOfFile(n.TarballFile("1.2.3-rc.1")); !ok || v != "1.2.3-rc.1" {
			t.Fatalf("%q: the version of its file is %q", s, v)
		}
	})
}

func BenchmarkParseName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseName("@acme/some-longer-widget-name"); err != nil {
			b.Fatal(err)
		}
	}
}
