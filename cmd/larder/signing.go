package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/signature"
)

// The names of the keys that sign packages, in the folder of keys. A key that
// has ended carries in its name the first day on which it no longer counted, in
// UTC: renaming the file and starting larder again is all that a rotation takes.
const (
	signingFile   = "signing.key"
	retiredPrefix = "signing-"
	keySuffix     = ".key"
)

// signingKeys reads the keys that sign packages, and makes one where none does,
// which made tells.
func signingKeys(data string) (ring *signature.Ring, made bool, err error) {
	folder := keyFolder(data)
	retired, err := retiredKeys(folder)
	if err != nil {
		return nil, false, err
	}
	path := filepath.Join(folder, signingFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		made = true
		text, err = makeSigningKey(path)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read signing key: %w", err)
	}
	if ring, err = signature.NewRing(text, retired...); err != nil {
		return nil, false, fmt.Errorf("signing key %s: %w: put the right file back from a backup", path, err)
	}
	return ring, made, nil
}

func makeSigningKey(path string) ([]byte, error) {
	text, err := signature.NewPrivate()
	if err != nil {
		return nil, err
	}
	return text, writeKey(path, text)
}

// retiredKeys reads the keys that ended, the one that ended first at the
// beginning.
func retiredKeys(folder string) ([]signature.Key, error) {
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read folder of keys: %w", err)
	}
	var out []signature.Key
	for _, f := range files {
		day, is := strings.CutPrefix(f.Name(), retiredPrefix)
		if !is {
			continue
		}
		key, err := retiredKey(filepath.Join(folder, f.Name()), strings.TrimSuffix(day, keySuffix))
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	return out, nil
}

func retiredKey(path, day string) (signature.Key, error) {
	ended, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return signature.Key{}, fmt.Errorf("retired signing key %s: name it by the day when it ended, as %s2027-01-31%s",
			path, retiredPrefix, keySuffix)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return signature.Key{}, fmt.Errorf("read retired signing key: %w", err)
	}
	key, err := signature.ParseRetired(text, ended)
	if err != nil {
		return signature.Key{}, fmt.Errorf("retired signing key %s: %w", path, err)
	}
	return key, nil
}
