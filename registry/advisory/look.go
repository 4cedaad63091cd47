package advisory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Fingerprint changes when a file of a source does, as far as its size and time
// tell.
type Fingerprint [sha256.Size]byte

// String returns the fingerprint in hexadecimal digits.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// Look makes the fingerprint of the source. What cannot be looked at has one too:
// it differs once it can. It is worth nothing where ctx has ended.
func (s Source) Look(ctx context.Context) Fingerprint {
	h := sha256.New()
	lookAt(ctx, h, s.Path)
	if s.Key != nil {
		lookAt(ctx, h, s.Path+signatureSuffix) // of a folder it is among its files
	}
	return Fingerprint(h.Sum(nil))
}

func lookAt(ctx context.Context, h hash.Hash, path string) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		noteFile(h, path, info, err)
		return
	}
	root, err := filepath.EvalSymlinks(path) // a walk does not follow the link that it begins at
	if err == nil {
		err = filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err != nil:
				noteFile(h, at, nil, err)
			case at != root && entry.IsDir() && strings.HasPrefix(entry.Name(), "."):
				return fs.SkipDir
			case !entry.IsDir():
				info, err := entry.Info()
				noteFile(h, at, info, err)
			}
			return nil
		})
	}
	if err != nil {
		noteFile(h, path, nil, err)
	}
}

func noteFile(h hash.Hash, path string, info fs.FileInfo, err error) {
	if err != nil || info == nil {
		fmt.Fprintf(h, "%q cannot be looked at\n", path)
		return
	}
	fmt.Fprintf(h, "%q %d %d %s\n", path, info.Size(), info.ModTime().UnixNano(), info.Mode())
}
