package disk

import "os"

// reader implements blob.Blob and blob.Filer.
type reader struct {
	file *os.File
	size int64
}

func (r *reader) Read(p []byte) (int, error) { return r.file.Read(p) }

func (r *reader) ReadAt(p []byte, offset int64) (int, error) { return r.file.ReadAt(p, offset) }

func (r *reader) Seek(offset int64, whence int) (int64, error) { return r.file.Seek(offset, whence) }

func (r *reader) Close() error { return r.file.Close() }

// Size implements blob.Blob.
func (r *reader) Size() int64 { return r.size }

// File implements blob.Filer.
func (r *reader) File() *os.File { return r.file }
