package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/signature"
)

// mustSigningKeys reads the keys of a data folder.
func mustSigningKeys(t *testing.T, data string) (ring *signature.Ring, made bool) {
	t.Helper()
	ring, made, err := signingKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	return ring, made
}

// TestSigningKeyIsRotated walks through the life of two keys.
func TestSigningKeyIsRotated(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, "registry"), 0o700); err != nil {
		t.Fatal(err)
	}
	folder := keyFolder(data)
	path := filepath.Join(folder, signingFile)
	ring, made := mustSigningKeys(t, data)
	first := ring.Keys().All()[0].ID
	if info, err := os.Stat(path); !made || err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("made %v, file %v, %v", made, info, err)
	}
	ring, made = mustSigningKeys(t, data)
	if list := ring.Keys().All(); made || len(list) != 1 || list[0].ID != first {
		t.Fatalf("the next start has the keys %v, made %v", list, made)
	}
	if err := os.Rename(path, filepath.Join(folder, "signing-2027-01-31.key")); err != nil {
		t.Fatal(err)
	}
	for _, wantMade := range []bool{true, false} {
		ring, made = mustSigningKeys(t, data)
		list := ring.Keys().All()
		if made != wantMade || len(list) != 2 || list[0].ID == first || list[1].ID != first {
			t.Fatalf("after the rotation the keys are %v, made %v", list, made)
		}
		want := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
		if !list[0].Expires.IsZero() || !list[1].Expires.Equal(want) {
			t.Errorf("the keys end %v and %v, want never and %v", list[0].Expires, list[1].Expires, want)
		}
	}
}

func TestSigningKeysRefuse(t *testing.T) {
	t.Parallel()
	private, err := signature.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	good := string(private)
	tests := []struct {
		name    string
		files   map[string]string
		problem string
	}{
		{"good", map[string]string{"signing.key": good, "token.key": "x"}, ""},
		{"empty", map[string]string{"signing.key": ""}, "put the right file back from a backup"},
		{"cut", map[string]string{"signing.key": good[:60]}, "put the right file back from a backup"},
		{"retired by no day", map[string]string{"signing-old.key": good}, "name it by the day when it ended"},
		{"retired by no key", map[string]string{"signing-2027-01-31.key": "x"}, "signing-2027-01-31.key: there is no private key in it"},
		{"copied instead of renamed", map[string]string{"signing-2027-01-31.key": good, "signing.key": good}, "one key is there twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			if err := os.MkdirAll(keyFolder(data), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, text := range tt.files {
				write(t, filepath.Join(keyFolder(data), name), text)
			}
			_, _, err := signingKeys(data)
			switch {
			case tt.problem == "" && err != nil:
				t.Error(err)
			case tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)):
				t.Errorf("got %v, want %q", err, tt.problem)
			}
			after, err := os.ReadDir(keyFolder(data))
			if err != nil || len(after) != len(tt.files) {
				t.Errorf("the folder of keys holds %v, %v", after, err)
			}
		})
	}
}
