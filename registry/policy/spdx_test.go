package policy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/github/go-spdx/v2/spdxexp"
)

func TestLicenseRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text        string
		allow, deny []string
		want        bool
	}{
		{"MIT", []string{"MIT"}, nil, true},
		{"mit", []string{"MIT"}, nil, true},
		{"(MIT)", []string{"MIT"}, nil, true},
		{"MIT OR GPL-3.0", []string{"MIT"}, nil, true},
		{"MIT or GPL-3.0", []string{"MIT"}, nil, true},
		{"MIT AND GPL-3.0", []string{"MIT"}, nil, false},
		{"MIT AND (ISC OR GPL-3.0)", []string{"MIT", "ISC"}, nil, true},
		{"MIT OR ISC AND GPL-3.0", []string{"ISC"}, nil, false},
		{"MIT/X11", []string{"MIT"}, nil, false},
		{"GPL-2.0+", []string{"GPL-2.0-or-later"}, nil, true},
		{"GPL-2.0-or-later", []string{"GPL-2.0-only"}, nil, true},
		{"GPL-2.0-only", []string{"GPL-2.0-or-later"}, nil, false},
		{"GPL-2.0", []string{"GPL-2.0-only"}, nil, true},
		{"GPL-2.0-only WITH Classpath-exception-2.0", []string{"GPL-2.0-only"}, nil, true},
		{"GPL-2.0-only", []string{"GPL-2.0-only WITH Classpath-exception-2.0"}, nil, false},
		{"GPL-2.0-only WITH Classpath-exception-2.0", []string{"GPL-2.0-only WITH Classpath-exception-2.0"}, []string{"GPL-2.0"}, true},
		{"GPL-2.0-only WITH Bison-exception-2.2", []string{"GPL-2.0-only WITH Classpath-exception-2.0"}, []string{"GPL-2.0"}, false},
		{"GPL-3.0-only", nil, []string{"GPL-3.0"}, false},
		{"GPL-3.0-or-later", nil, []string{"GPL-3.0"}, false},
		{"GPL-3.0-or-later", nil, []string{"GPL-3.0-only"}, true},
		{"GPL-3.0-only", nil, []string{"GPL-3.0-or-later"}, true},
		{"LGPL-3.0-only", nil, []string{"GPL-3.0"}, true},
		{"UNLICENSED", []string{"MIT"}, nil, false},
		{"UNLICENSED", []string{"UNLICENSED"}, nil, true},
		{"LicenseRef-acme", []string{"LicenseRef-acme"}, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			e := compiled(t, Config{Licenses: Licenses{Allow: tt.allow, Deny: tt.deny}})
			if got, _ := evaluate(tt.text, e.licenses.accepts); got != tt.want {
				t.Errorf("accepted %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLicenseExpressionsThatAreNone(t *testing.T) {
	t.Parallel()
	all := func(leaf) bool { return true }
	for _, text := range []string{
		"", " ", "()", "(MIT", "MIT)", "MIT OR", "OR MIT", "MIT MIT", "MIT WITH", "WITH MIT", "MIT AND OR ISC", "SEE LICENSE IN LICENSE",
		"M\x1bIT", "GPL+2", "+", "MIT,ISC", "Apache 2.0", strings.Repeat("(", 100) + "MIT" + strings.Repeat(")", 100), strings.Repeat("MIT OR ", 200) + "MIT",
	} {
		if accepted, readable := evaluate(text, all); accepted || readable {
			t.Errorf("%q: accepted %v, readable %v", text, accepted, readable)
		}
	}
}

// TestLicensesAsOthersReadThem compares with another implementation where both
// mean the same: plain identifiers that are allowed.
func TestLicensesAsOthersReadThem(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	ids := []string{"MIT", "ISC", "Apache-2.0", "BSD-3-Clause", "Zlib"}
	allow := []string{"MIT", "ISC"}
	e := compiled(t, Config{Licenses: Licenses{Allow: allow}})
	var expr func(depth int) string
	expr = func(depth int) string {
		if depth == 0 || r.IntN(3) == 0 {
			return ids[r.IntN(len(ids))]
		}
		op := [...]string{" OR ", " AND "}[r.IntN(2)]
		text := expr(depth-1) + op + expr(depth-1)
		if r.IntN(2) == 0 {
			text = "(" + text + ")"
		}
		return text
	}
	for range 500 {
		text := expr(3)
		want, err := spdxexp.Satisfies(text, allow)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got, readable := evaluate(text, e.licenses.accepts); got != want || !readable {
			t.Errorf("%q: accepted %v, readable %v, want %v", text, got, readable, want)
		}
	}
}

// FuzzLicense looks for expressions that are read differently when they are
// written differently, or that more licences make less acceptable.
func FuzzLicense(f *testing.F) {
	for _, s := range []string{"MIT", "(MIT OR ISC) AND X", "GPL-2.0+ WITH Classpath-exception-2.0", "((", "A AND B OR C"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		mit := func(l leaf) bool { return l.id == "mit" }
		all := func(leaf) bool { return true }
		few, readable := evaluate(text, mit)
		most, same := evaluate(text, all)
		if readable != same || most != readable || few && !most {
			t.Errorf("%q: %v of few, %v of all, readable %v and %v", text, few, most, readable, same)
		}
		if nested, ok := evaluate("("+text+")", mit); len(text)+2 <= maxExpression && strings.Count(text, "(") < maxNesting && readable && (nested != few || !ok) {
			t.Errorf("%q: %v, in parentheses %v", text, few, nested)
		}
		shownLicense(text)
	})
}

func TestLicenseText(t *testing.T) {
	t.Parallel()
	tests := []struct{ license, licenses, want string }{
		{`"MIT"`, ``, "MIT"},
		{`" MIT "`, `"ISC"`, "MIT"},
		{``, `"ISC"`, "ISC"},
		{`{"type": "MIT", "url": "https://registry.example.com"}`, ``, "MIT"},
		{`{"name": "MIT"}`, ``, "MIT"},
		{``, `[{"type": "MIT"}]`, "MIT"},
		{``, `[{"type": "MIT"}, {"type": "GPL-3.0"}]`, "(MIT) OR (GPL-3.0)"},
		{`["MIT", "ISC AND Zlib"]`, ``, "(MIT) OR (ISC AND Zlib)"},
		{``, ``, ""}, {`null`, `null`, ""}, {`7`, ``, ""}, {`[]`, `[]`, ""}, {`""`, `"MIT"`, "MIT"}, {`[7, "MIT"]`, ``, ""},
		{`{"type": 7}`, ``, ""}, {`{"type"`, ``, ""}, {`[["MIT"]]`, ``, ""}, {`"MIT`, ``, ""},
	}
	for _, tt := range tests {
		if got := LicenseText([]byte(tt.license), []byte(tt.licenses)); got != tt.want {
			t.Errorf("LicenseText(%s, %s) = %q, want %q", tt.license, tt.licenses, got, tt.want)
		}
	}
}

func FuzzLicenseText(f *testing.F) {
	for _, s := range []string{`"MIT"`, `[{"type":"MIT"},"ISC"]`, `{"type":{"a":1},"name":"x"}`, `[`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := LicenseText([]byte(s), nil); got != strings.TrimSpace(got) {
			t.Errorf("%q: %q", s, got)
		}
	})
}
