//go:build linux || darwin

package space

import "syscall"

// Free returns how many bytes an unprivileged process may still write to the
// file system of dir, and whether that is known.
func Free(dir string) (uint64, bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return st.Bavail * uint64(st.Bsize), true
}
