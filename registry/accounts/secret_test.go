package accounts

import (
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

func TestSecretsAreRecognised(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for kind, prefix := range map[record.TokenKind]string{record.PersonalToken: "lrdp_", record.DeployToken: "lrdd_", record.JobToken: "lrdj_"} {
		for range 50 {
			s, err := NewSecret(kind)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(s, prefix) || len(s) != len(prefix)+49 || shapeOf(s) != whole || seen[s] {
				t.Fatalf("secret %q has shape %d", s, shapeOf(s))
			}
			seen[s] = true
			if h := hint(s); h != s[:9] {
				t.Errorf("hint %q", h)
			}
			for i := range len(s) - len(prefix) {
				at := len(prefix) + i
				if broken := s[:at] + swap(s[at]) + s[at+1:]; shapeOf(broken) != damaged {
					t.Errorf("%q passes for %q", broken, s)
				}
			}
		}
	}
	if _, err := NewSecret("other"); err == nil {
		t.Error("a secret of an unknown kind was made")
	}
}

// swap returns another digit.
func swap(c byte) string {
	if c == 'x' {
		return "y"
	}
	return "x"
}

func TestHintsTellLittle(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{"": "", "ab": "a", "abcdef": "abc", "a token that somebody chose": "a to"} {
		if got := hint(secret); got != want {
			t.Errorf("hint(%q) = %q", secret, got)
		}
	}
}

// FuzzShapeOf: only what is built like a secret passes for one.
func FuzzShapeOf(f *testing.F) {
	for _, kind := range []record.TokenKind{record.PersonalToken, record.DeployToken, record.JobToken} {
		s, err := NewSecret(kind)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s)
		f.Add(s[1:])
	}
	f.Add("lrdp_")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		got := shapeOf(s)
		if len(hint(s)) > 9 || len(hint(s)) > len(s)/2 && s != "" {
			t.Fatalf("hint(%q) = %q", s, hint(s))
		}
		if got == foreign {
			return
		}
		body := strings.TrimSuffix(s, checksum(s[:max(0, len(s)-checksumDigits)]))
		if built := len(s) == 54 && len(body) == 48 && strings.Trim(s[5:], base62) == ""; built != (got == whole) {
			t.Fatalf("shapeOf(%q) = %d", s, got)
		}
	})
}

func TestDigestsKeepBorders(t *testing.T) {
	t.Parallel()
	d := newDigester(make([]byte, keySize))
	other := newDigester(append(make([]byte, keySize-1), 1))
	all := map[digest]string{}
	for name, sum := range map[string]digest{
		"ab|c": d.sum(passwordDomain, "ab", "c"), "a|bc": d.sum(passwordDomain, "a", "bc"), "abc|": d.sum(passwordDomain, "abc", ""),
		"|abc": d.sum(passwordDomain, "", "abc"), "token": d.token("abc"), "login": d.sum(loginDomain, "abc", ""),
		"other key": other.token("abc"),
	} {
		if was, ok := all[sum]; ok {
			t.Errorf("%s and %s are one", was, name)
		}
		all[sum] = name
	}
	if same := newDigester(make([]byte, keySize)); same.token("abc") != d.token("abc") {
		t.Error("equal keys give different digests")
	}
}
