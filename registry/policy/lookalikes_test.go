package policy

import (
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

func TestLookalikes(t *testing.T) {
	t.Parallel()
	var private []npm.Name
	for _, s := range []string{"acme-utils", "@acme/utils", "@acme/rnodern", "core", "@acme/widget"} {
		private = append(private, nameOf(t, s))
	}
	l := NewLookalikes(private)
	tests := []struct{ name, public, want string }{
		{"separators", "acme_utils", "@acme/utils"},
		{"no separators", "acmeutils", "@acme/utils"},
		{"the scope in the name", "acme-widget", "@acme/widget"},
		{"exchanged characters", "acme-utlis", "@acme/utils"},
		{"a missing character", "acme-util", "@acme/utils"},
		{"an additional character", "@acme/widgets", "@acme/widget"},
		{"a wrong character", "@acme/widgit", "@acme/widget"},
		{"another scope", "@acne/widget", "@acme/widget"},
		{"characters that look alike", "@acme/modern", "@acme/rnodern"},
		{"case", "@ACME/wIdget", "@acme/widget"},
		{"a digit", "@acme/m0dern", "@acme/rnodern"},
		{"two errors", "@acme/wigdit", ""},
		{"short names", "cor", ""},
		{"short names but the same", "c-o-r-e", "core"},
		{"itself", "@acme/rnodern", ""},
		{"something else", "lodash", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := Resemblance{State: No}
			if tt.want != "" {
				want = Resemblance{Yes, tt.want}
			}
			if got := l.Find(nameOf(t, tt.public)); got != want {
				t.Errorf("%s resembles %+v, want %+v", tt.public, got, want)
			}
		})
	}
}

func FuzzDistance(f *testing.F) {
	f.Add("acme", "acem")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, a, b string) {
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) {
			t.Errorf("distance(%q, %q) = %d, the other way %d", a, b, d, distance(b, a))
		}
		if len(a) > 0 && distance(a, a[1:]) != 1 {
			t.Errorf("%q without its first byte is %d away", a, distance(a, a[1:]))
		}
	})
}
