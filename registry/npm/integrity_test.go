package npm

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func sriOf(a Algorithm, fill byte) string {
	sum := strings.Repeat(string(rune(fill)), a.size())
	return a.String() + "-" + base64.StdEncoding.EncodeToString([]byte(sum))
}

func TestParseIntegrity(t *testing.T) {
	t.Parallel()
	s1, s256, s384, s512 := sriOf(SHA1, 'a'), sriOf(SHA256, 'b'), sriOf(SHA384, 'c'), sriOf(SHA512, 'd')
	cases := []struct {
		name, in, text string
		strongest      Algorithm
		bad            bool
	}{
		{name: "sha512", in: s512, text: s512, strongest: SHA512},
		{name: "sha384", in: s384, text: s384, strongest: SHA384},
		{name: "sha256", in: s256, text: s256, strongest: SHA256},
		{name: "sha1", in: s1, text: s1, strongest: SHA1},
		{name: "several", in: s1 + " " + s512 + " " + s256, text: s1 + " " + s512 + " " + s256, strongest: SHA512},
		{name: "odd white space", in: "\n " + s1 + "\t\t" + s256 + " ", text: s1 + " " + s256, strongest: SHA256},
		{name: "options", in: s512 + "?ct=application/gzip?x", text: s512, strongest: SHA512},
		{name: "unknown beside known", in: "md5-AAAA sha3-512-?? " + s1 + " x", text: s1, strongest: SHA1},
		{name: "sixteen", in: strings.Repeat(s1+" ", 16), text: strings.TrimSpace(strings.Repeat(s1+" ", 16)), strongest: SHA1},
		{name: "empty", in: "", bad: true},
		{name: "unknown alone", in: "md5-AAAA", bad: true},
		{name: "capitals are unknown", in: strings.ToUpper(s512), bad: true},
		{name: "no digest", in: "sha512-", bad: true},
		{name: "no hyphen", in: "sha512", bad: true},
		{name: "hex", in: "sha1-" + strings.Repeat("ab", 20), bad: true},
		{name: "wrong length", in: "sha512-" + s1[5:], bad: true},
		{name: "no padding", in: strings.TrimRight(s512, "="), bad: true},
		{name: "URL alphabet", in: "sha1-" + strings.Repeat("_", 26) + "8=", bad: true},
		{name: "trailing bits", in: "sha1-" + strings.Repeat("A", 26) + "B=", bad: true},
		{name: "malformed beside good", in: s512 + " sha1-x", bad: true},
		{name: "too many", in: strings.Repeat(s1+" ", 17), bad: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in, err := ParseIntegrity(c.in)
			if c.bad {
				if !errors.Is(err, ErrInvalid) || !in.IsZero() {
					t.Fatalf("got %q, %v", in, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if in.String() != c.text || in.Strongest() != c.strongest || in.IsZero() {
				t.Errorf("got %q, %v", in, in.Strongest())
			}
		})
	}
}

func TestIntegrityOfShasum(t *testing.T) {
	t.Parallel()
	want := "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0="
	for _, s := range []string{"a9993e364706816aba3e25717850c26c9cd0d89d", "A9993E364706816ABA3E25717850C26C9CD0D89D"} {
		if in, err := IntegrityOfShasum(s); err != nil || in.String() != want {
			t.Errorf("%q: %q, %v", s, in, err)
		}
	}
	for _, s := range []string{"", "abc", "a9993e", strings.Repeat("zz", 20), strings.Repeat("aa", 21)} {
		if in, err := IntegrityOfShasum(s); !errors.Is(err, ErrInvalid) || !in.IsZero() {
			t.Errorf("%q: %q, %v", s, in, err)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	abc := sumsOf("abc", Integrity{})
	other := sumsOf("abd", Integrity{})
	good, bad := abc.Integrity().String(), other.Integrity().String()
	shasum, wrong := "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", sriOf(SHA1, 'x')
	// SHA-256 and SHA-384 of "abc", from FIPS 180.
	s256 := "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
	s384 := "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
	cases := []struct {
		name, sri string
		ok        bool
	}{
		{"sha512", good, true},
		{"another sha512", bad, false},
		{"one of two sha512", bad + " " + good, true},
		{"good sha1 does not save a wrong sha512", bad + " " + shasum, false},
		{"wrong sha1 does not harm a good sha512", good + " " + wrong, true},
		{"sha1", shasum, true},
		{"wrong sha1", wrong, false},
		{"sha256", s256, true},
		{"sha384", s384, true},
		{"wrong sha256", sriOf(SHA256, 'x') + " " + shasum, false},
		{"wrong sha384", sriOf(SHA384, 'x') + " " + s256, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want, err := ParseIntegrity(c.sri)
			if err != nil {
				t.Fatal(err)
			}
			err = want.Verify(sumsOf("abc", want))
			if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrIntegrity) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestVerifyFailsClosed(t *testing.T) {
	t.Parallel()
	if err := (Integrity{}).Verify(Sums{}); !errors.Is(err, ErrIntegrity) {
		t.Errorf("nothing to compare: %v", err)
	}
	for _, a := range []Algorithm{SHA256, SHA384} {
		zeros := a.String() + "-" + base64.StdEncoding.EncodeToString(make([]byte, a.size()))
		in, err := ParseIntegrity(zeros)
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Verify(Sums{}); !errors.Is(err, ErrIntegrity) {
			t.Errorf("%v that was not computed: %v", a, err)
		}
	}
}

// FuzzParseIntegrity checks that what is accepted is written so that it reads
// as the same, and that it never holds for another file.
func FuzzParseIntegrity(f *testing.F) {
	f.Add(sriOf(SHA512, 'a') + " " + sriOf(SHA1, 'b'))
	f.Add("sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=?x md5-AA==")
	f.Add("sha384-")
	f.Fuzz(func(t *testing.T, s string) {
		in, err := ParseIntegrity(s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !in.IsZero() {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := ParseIntegrity(in.String())
		if err != nil || again.String() != in.String() || again.Strongest() != in.Strongest() {
			t.Fatalf("%q = %q, which reads as %q: %v", s, in, again, err)
		}
		if in.IsZero() || in.Strongest() == 0 {
			t.Fatalf("%q has no hash", s)
		}
		if a, b := in.Verify(sumsOf("a", in)), in.Verify(sumsOf("b", in)); a == nil && b == nil && len(in.hashes) == 1 {
			t.Fatalf("%q holds for two files", s)
		}
	})
}
