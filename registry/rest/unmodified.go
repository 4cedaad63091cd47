package rest

import (
	"net/http"
	"time"

	"github.com/larderhq/larder/registry"
)

// unmodifiedSince refuses to remove what was changed after the time of
// If-Unmodified-Since, as GitLab does. That header counts in seconds.
func (r *Request) unmodifiedSince(changed time.Time) error {
	if registry.ModifiedSince(changed, r.Unmodified) {
		return errModified()
	}
	return nil
}

func errModified() error {
	return &Refusal{Status: http.StatusPreconditionFailed, Text: "412 Precondition Failed"}
}
