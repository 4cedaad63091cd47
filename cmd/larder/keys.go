package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// tokenKeyBytes is the length of the key that tokens are hashed with.
const tokenKeyBytes = 32

// keyFolder returns where keys are kept.
func keyFolder(data string) string { return filepath.Join(data, "registry", "keys") }

// tokenKeyFile returns where that key is kept.
func tokenKeyFile(data string) string { return filepath.Join(keyFolder(data), "token.key") }

// tokenKey reads the key of the tokens, or makes it at the first start. used
// tells whether there are tokens already: without their key none of them would
// work again, so a missing one is an error then and not a reason to make one.
func tokenKey(data string, used func() (bool, error)) ([]byte, error) {
	path := tokenKeyFile(data)
	key, err := os.ReadFile(path)
	switch {
	case err == nil && len(key) == tokenKeyBytes:
		return key, nil
	case err == nil:
		return nil, fmt.Errorf("token key %s has %d bytes instead of %d: put the right file back from a backup", path, len(key), tokenKeyBytes)
	case !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("read token key: %w", err)
	}
	lost, err := used()
	if err != nil {
		return nil, err
	}
	if lost {
		return nil, fmt.Errorf("token key %s is missing, and the tokens that were given out do not work without it: put it back from a backup", path)
	}
	key = make([]byte, tokenKeyBytes)
	rand.Read(key)
	if err := writeKey(path, key); err != nil {
		return nil, fmt.Errorf("keep token key: %w", err)
	}
	return key, nil
}

// writeKey is writeSecret for a file in the folder of keys, which may be absent.
func writeKey(path string, key []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("create folder of keys: %w", err)
	}
	if err := writeSecret(path, key); err != nil {
		return err
	}
	return syncDir(filepath.Dir(folder))
}

// writeSecret writes a file that only its owner reads, and returns once it is
// on stable storage. After a crash there is either the whole file or none.
func writeSecret(path string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // has mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
