//go:build linux || darwin

package kv

import (
	"os"
	"syscall"
)

// freeBytes returns what an unprivileged process may still write, and whether
// that is known.
func freeBytes(dir string) (uint64, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return st.Bavail * uint64(st.Bsize), true
}

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
