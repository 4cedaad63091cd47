//go:build !linux && !darwin

package kv

import "os"

// freeBytes returns false: it is not known here.
func freeBytes(string) (uint64, bool) { return 0, false }

// allocated returns the length of a file.
func allocated(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
