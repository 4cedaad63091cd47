package names_test

import "testing"

// mention is a set of private patterns with texts that count and that do not.
type mention struct {
	name    string
	private []string
	yes, no []string
}

func mentions() []mention {
	return []mention{
		{"a scope", []string{"@acme/*"}, []string{
			"acme", "ACME", "@acme", "@Acme", "@acme/", "@acme/x", "@ACME/x", "@acme/x@1.0.0", "acme/x", "@acme/*",
			"scope:acme", "scope:@acme", "Scope:ACME react", "author:acme", "react acme", "react,acme", "react+acme",
			`"@acme/x"`, "'acme'", "(acme)", "-acme", "acme.", "not:acme", "npm:@acme/x@^1", "keywords:react,acme",
			"https://registry.example.com/@acme/x", "https://registry.example.com/@acme%2fx", "%40acme%2Fx", "%40acme", "100% @acme",
			"100% %40acme", "user@acme", "a@@acme/x", "=acme", "acme|other", "@acme\tfoo", "foo\nacme", "[acme]",
			"%2540acme%252fx", "%252540acme%25252fx", "100%% %2540acme",
		}, []string{
			"", " ", "react", "acmes", "@acmes/x", "macme", "acme-utils", "@ac", "acm", "@babel/core", "scope:babel",
			"acme.example.com", "x-acme-y", "100%", "%zz",
		}},
		{"one scoped name", []string{"@acme/secret"}, []string{
			"@acme/secret", "@Acme/Secret", "acme/secret", "@acme/sec", "@acme", "acme", "scope:acme", "@acme/secret/-/secret-1.0.0.tgz",
		}, []string{
			"@acme/public", "@acme/secrets", "secret", "react",
		}},
		{"names of a scope with a prefix", []string{"@acme/int-*"}, []string{
			"@acme/int-x", "@acme/int-", "@acme/int", "@acme/i", "scope:acme", "acme",
		}, []string{
			"@acme/ext-x", "int-x", "int-",
		}},
		{"unscoped names", []string{"intern-*", "single"}, []string{
			"intern-x", "Intern-X", "intern-", "intern-*", "react intern-x", "single", "SINGLE", "name:single", "single@1.0.0",
			"single.", "https://registry.example.com/single", "https://registry.example.com/single/-/single-1.0.0.tgz",
		}, []string{
			"intern", "singles", "sing", "@x/single", "react",
		}},
		{"every scope", []string{"@*/*"}, []string{
			"@acme", "@acme/x", "scope:acme", "Scope: acme", "%40acme",
		}, []string{
			"acme", "react", "scope:", "",
		}},
		{"every unscoped name", []string{"*"}, []string{"react", "a b"}, []string{"@acme/x", ""}},
		{"everything", []string{"**"}, []string{"react", "@acme/x", "@acme", "scope:x"}, []string{"", "  "}},
		{"nothing", nil, nil, []string{"", "react", "@acme/x", "scope:acme"}},
		{"several", []string{"@one/*", "@two/*"}, []string{"one", "@two/x", "react scope:two"}, []string{"three"}},
	}
}

func TestMentionsPrivate(t *testing.T) {
	t.Parallel()
	for _, tt := range mentions() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := open(t, openStore(t), tt.private...)
			for _, text := range tt.yes {
				if !l.MentionsPrivate(text) {
					t.Errorf("%q does not count", text)
				}
			}
			for _, text := range tt.no {
				if l.MentionsPrivate(text) {
					t.Errorf("%q counts", text)
				}
			}
		})
	}
}

// FuzzMentionsPrivate puts a private name between arbitrary texts that cannot
// be part of it.
func FuzzMentionsPrivate(f *testing.F) {
	l := open(f, openStore(f), "@acme/*")
	f.Add("", "")
	f.Add("react ", ",vue")
	f.Add("%", "%zz")
	f.Add("@@/", "//@")
	f.Fuzz(func(t *testing.T, before, after string) {
		if !l.MentionsPrivate(before + " @Acme/x " + after) {
			t.Errorf("hidden between %q and %q", before, after)
		}
	})
}
