package accounts

import (
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestHashReadsBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	text, err := o.hashPassword(t.Context(), "correct horse")
	o.must(err)
	again, err := o.hashPassword(t.Context(), "correct horse")
	o.must(err)
	if text == again || !strings.HasPrefix(text, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hashes %q and %q", text, again)
	}
	h, err := parseHash(text)
	o.must(err)
	if h.String() != text || !h.matches("correct horse") || h.matches("correct horse ") || h.matches("") {
		t.Errorf("%q reads as %q", text, h)
	}
}

func TestParseHashRefuses(t *testing.T) {
	t.Parallel()
	const salt, sum = "c2FsdHNhbHRzYWx0c2FsdA", "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
	if _, err := parseHash("$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + sum); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"empty":        "",
		"plain":        "correct horse",
		"bcrypt":       "$2a$10$abcdefghijklmnopqrstuv",
		"argon2i":      "$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + sum,
		"version":      "$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + sum,
		"much memory":  "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + sum,
		"much time":    "$argon2id$v=19$m=19456,t=1000,p=1$" + salt + "$" + sum,
		"no threads":   "$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + sum,
		"order":        "$argon2id$v=19$t=2,m=19456,p=1$" + salt + "$" + sum,
		"no salt":      "$argon2id$v=19$m=19456,t=2,p=1$$" + sum,
		"no sum":       "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$",
		"short sum":    "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$YQ",
		"bad base64":   "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$!" + sum,
		"trailing":     "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + sum + "$",
		"with padding": "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "==$" + sum,
	} {
		if _, err := parseHash(s); !errors.Is(err, record.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"1234567":                        "Password is too short (minimum is 8 characters)",
		"äöüßäöü":                        "Password is too short (minimum is 8 characters)",
		strings.Repeat("x", 513):         "Password is too long (maximum is 512 bytes)",
		"with\x00a NUL":                  "Password is no text",
		"not UTF-8 \xff":                 "Password is no text",
		"12345678":                       "",
		"correct horse battery staple ✓": "",
	} {
		if err := checkPassword(password); text(err) != want || want != "" && !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("%q: %v, want %q", password, err, want)
		}
	}
}

// FuzzParseHash: whatever is read back is within bounds and reads the same
// again.
func FuzzParseHash(f *testing.F) {
	decoy, err := newDecoy()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(decoy.String())
	f.Add("$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err != nil {
			if !errors.Is(err, record.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if h.memory > maxHashMemory || h.time > maxHashTime || h.threads > maxHashThreads || h.memory*h.time*uint32(h.threads) == 0 {
			t.Fatalf("%q costs %d KiB, %d, %d", s, h.memory, h.time, h.threads)
		}
		again, err := parseHash(h.String())
		if err != nil || again.String() != h.String() {
			t.Fatalf("%q reads as %q: %v", s, h, err)
		}
	})
}
