package names_test

import (
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

func TestMentionsPublished(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	putClaim(t, s, "intern-tool", record.Private)
	putClaim(t, s, "@acme/lib", record.Private)
	putClaim(t, s, "react", record.Public)
	for text, want := range map[string]bool{
		"intern-tool": true, "Intern-Tool": true, "react intern-tool": true, "not:intern-tool": true, "intern-tool@1.0.0": true,
		"@acme/lib": true, "@ACME/Lib": true, "%40acme%2flib": true, "%2540acme%252Flib": true, "acme/lib": true, `"@acme/lib"`: true,
		"npm:@acme/lib@^1": true, strings.Repeat("a ", 10) + "intern-tool": true,
		"": false, "react": false, "intern": false, "intern-tools": false, "@acme/other": false, "100%": false,
	} {
		if got, err := l.MentionsPublished(t.Context(), text); got != want || err != nil {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	var many strings.Builder
	for i := range 200 {
		many.WriteString(strings.Repeat("x", i+1) + " ")
	}
	if got, err := l.MentionsPublished(t.Context(), many.String()); !got || err != nil {
		t.Errorf("many words: %v, %v", got, err)
	}
}
