package blob_test

import (
	"crypto/sha512"
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

func TestParseDigest(t *testing.T) {
	t.Parallel()
	want := blob.Digest(sha512.Sum512([]byte("named")))
	good := want.Hex()
	if got, err := blob.ParseDigest(good); got != want || err != nil {
		t.Errorf("ParseDigest(Hex) = %v, %v; want %v", got, err, want)
	}
	tests := map[string]string{
		"empty":        "",
		"short":        good[:126],
		"odd":          good[:127],
		"long":         good + "00",
		"upper case":   strings.ToUpper(good),
		"no digit":     "g" + good[1:],
		"path":         "../" + good[3:],
		"another hash": good[:64],
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := blob.ParseDigest(in); !errors.Is(err, npm.ErrInvalid) || !got.IsZero() {
				t.Errorf("ParseDigest = %v, %v; want ErrInvalid", got, err)
			}
		})
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Add(blob.Digest{}.Hex())
	f.Add(blob.Digest(sha512.Sum512(nil)).Hex())
	f.Add(strings.Repeat("F", 128))
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := blob.ParseDigest(s); err == nil && d.Hex() != s {
			t.Errorf("ParseDigest(%q).Hex() = %q", s, d.Hex())
		}
	})
}
