//go:build !linux && !darwin

package kv

import "os"

// allocated returns the length of a file.
func allocated(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
