package advisory

import (
	"crypto/sha256"
	"encoding/hex"
)

// HashesDigest names the content that feeds condemn by its digest: content that
// was compared with it need not be again while it stays the same. It is empty
// where they condemn none. It reads them all.
func (s *Set) HashesDigest() string {
	if len(s.hashes) == 0 {
		return ""
	}
	h := sha256.New()
	for i := range s.hashes {
		h.Write(s.hashes[i].digest())
		h.Write([]byte(s.text(s.hashes[i].id)))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
