package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokenKey(t *testing.T) {
	t.Parallel()
	fresh := func() (bool, error) { return false, nil }
	used := func() (bool, error) { return true, nil }
	broken := func() (bool, error) { return false, errors.New("store broken") }
	whole := bytes.Repeat([]byte{7}, 32)
	tests := []struct {
		name    string
		there   []byte
		used    func() (bool, error)
		want    []byte // nil: any
		problem string
	}{
		{"first start", nil, fresh, nil, ""},
		{"there", whole, used, whole, ""},
		{"there before the first start ended", whole, fresh, whole, ""},
		{"lost", nil, used, nil, "is missing, and the tokens that were given out do not work without it"},
		{"nobody knows", nil, broken, nil, "store broken"},
		{"cut", whole[:31], used, nil, "has 31 bytes instead of 32"},
		{"empty", []byte{}, fresh, nil, "has 0 bytes instead of 32"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			path := tokenKeyFile(data)
			if tt.there != nil {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, path, string(tt.there))
			} else if err := os.Mkdir(filepath.Join(data, "registry"), 0o700); err != nil {
				t.Fatal(err)
			}
			key, err := tokenKey(data, tt.used)
			if tt.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tt.problem) {
					t.Fatalf("got %v, want %q", err, tt.problem)
				}
				return
			}
			if err != nil || len(key) != 32 || tt.want != nil && !bytes.Equal(key, tt.want) || bytes.Equal(key, make([]byte, 32)) {
				t.Fatalf("got %x, %v", key, err)
			}
			again, err := tokenKey(data, used)
			if err != nil || !bytes.Equal(again, key) {
				t.Errorf("the next start has another key: %v", err)
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
				t.Errorf("folder of keys holds %v, %v", left, err)
			}
		})
	}
}

func TestTokenKeysDiffer(t *testing.T) {
	t.Parallel()
	var keys [2][]byte
	for i := range keys {
		data := t.TempDir()
		var err error
		if keys[i], err = tokenKey(data, func() (bool, error) { return false, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(keys[0], keys[1]) {
		t.Error("two larders have one key")
	}
}

func TestRootTokenSurvivesABrokenStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "root.token")
	first, err := rootToken(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := rootToken(file)
	if err != nil || again != first {
		t.Errorf("the start after one that broke off has another token: %v", err)
	}
	write(t, file, "\n")
	if other, err := rootToken(file); err != nil || other == first || !strings.HasPrefix(other, "lrdp_") {
		t.Errorf("an empty file gives %q, %v", other, err)
	}
}
