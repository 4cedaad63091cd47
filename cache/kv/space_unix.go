//go:build linux || darwin

package kv

import (
	"os"
	"syscall"
)

// allocated returns the bytes that a file takes on disk, which for badger's
// sparse logs is far less than its length.
func allocated(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512, nil
	}
	return info.Size(), nil
}
