package httpd

import (
	"sync/atomic"

	"github.com/larderhq/larder/registry/npm"
)

// room is the memory that the bodies of all requests may take together: each
// of them has its limit, but how many clients send one at once has none.
type room struct{ left atomic.Int64 }

// take tells whether n more bytes fit, and takes them if so. What is taken must
// be given back.
func (r *room) take(n int64) bool {
	if r.left.Add(-n) >= 0 {
		return true
	}
	r.left.Add(n)
	return false
}

func (r *room) give(n int64) { r.left.Add(n) }

// errNoRoom is the answer while others' bodies take all the memory. Waiting
// here would keep what this body has taken already from them.
func errNoRoom() error {
	return &npm.Error{Kind: npm.ErrUnavailable, RetryAfter: retryAfter,
		Text: "too many large requests at once, try again"}
}
