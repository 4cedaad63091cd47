package npm

import (
	"errors"
	"testing"
)

func TestVersionParts(t *testing.T) {
	t.Parallel()
	v, err := ParseVersion("v1.2.3-rc.1+build.5")
	if err != nil {
		t.Fatal(err)
	}
	if v.Major() != 1 || v.Minor() != 2 || v.Patch() != 3 || !v.Prerelease() || v.String() != "1.2.3-rc.1" {
		t.Errorf("got %+v", v)
	}
	if plain, err := ParseVersion("1.2.3-rc.1"); err != nil || plain != v || plain.Compare(v) != 0 {
		t.Error("build metadata makes a difference")
	}
	if !(Version{}).IsZero() || v.IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestVersionErrors(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "1.2", "latest", "9007199254740992.0.0"} {
		if v, err := ParseLoose(s); !errors.Is(err, ErrInvalid) || !v.IsZero() {
			t.Errorf("ParseLoose(%q) = %v, %v", s, v, err)
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	// Counts allocations, hence not parallel.
	for _, s := range []string{"1.2.3", "1.2.3-rc.1", "10.20.30-alpha.beta+build"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = ParseLoose(s) }); n != 0 {
			t.Errorf("ParseLoose(%q) allocates %v times", s, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = ParseName("@acme/widget") }); n != 0 {
		t.Errorf("ParseName allocates %v times", n)
	}
}

// FuzzParseVersion checks that normalised texts are stable, that what is
// strictly valid is the same version loosely, and that Compare is consistent.
func FuzzParseVersion(f *testing.F) {
	for _, s := range []string{"1.2.3", "=v1.2.3beta", "1.2.34.5", "1.2.3-", "1.2.3-01", "1.2.3-9007199254740992.a", "\ufeff1.0.0+b"} {
		f.Add(s, "1.2.3-rc.1")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		v, err := ParseLoose(a)
		if strict, strictErr := ParseVersion(a); strictErr == nil && (err != nil || strict != v) {
			t.Fatalf("%q is %q strictly, %q loosely (%v)", a, strict, v, err)
		}
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !v.IsZero() {
				t.Fatalf("%q: %v", a, err)
			}
			return
		}
		if again, err := ParseLoose(v.String()); !tooLong(v.String()) && (err != nil || again != v) {
			t.Fatalf("%q = %q, which reads as %q: %v", a, v, again, err)
		}
		if v.Compare(v) != 0 {
			t.Fatalf("%q differs from itself", a)
		}
		w, err := ParseLoose(b)
		if err != nil {
			return
		}
		if v.Compare(w) != -w.Compare(v) {
			t.Fatalf("%q and %q compare as %d and %d", v, w, v.Compare(w), w.Compare(v))
		}
		if v == w && v.Compare(w) != 0 {
			t.Fatalf("%q is equal to %q, but compares as %d", v, w, v.Compare(w))
		}
	})
}

func BenchmarkParseLoose(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseLoose("18.3.0-canary.12"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	v, err := ParseLoose("1.0.0-beta.2")
	if err != nil {
		b.Fatal(err)
	}
	w, err := ParseLoose("1.0.0-beta.11")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if v.Compare(w) >= 0 {
			b.Fatal("wrong order")
		}
	}
}
