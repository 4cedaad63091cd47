package proxy

import (
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/larderhq/larder/cache/blob"
)

// errOtherBytes says that stored bytes are not those that were stored.
var errOtherBytes = errors.New("the bytes hash to something else")

// reread hashes a share of the stored tarballs again before they are served: the
// kernel sends them, so nobody else would notice that the disk has changed them.
// What is damaged is errLost, and so fetched again.
func (p *Proxy) reread(ctx context.Context, digest blob.Digest, body io.ReaderAt, size int64) error {
	if p.opts.Reread <= 0 || rand.Float64() >= p.opts.Reread { //nolint:gosec // a sample is no secret
		return nil
	}
	sum := sha512.New()
	if _, err := io.Copy(sum, io.NewSectionReader(body, 0, size)); err != nil {
		return fmt.Errorf("read stored bytes again: %w", err)
	}
	if blob.Digest(sum.Sum(nil)) == digest {
		return nil
	}
	return p.damaged(ctx, digest, errOtherBytes)
}
