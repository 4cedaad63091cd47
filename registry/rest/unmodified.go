package rest

import (
	"net/http"
	"time"
)

// unmodifiedSince refuses to remove what was changed after the time of
// If-Unmodified-Since, as GitLab does. That header counts in seconds.
func (r *Request) unmodifiedSince(changed time.Time) error {
	if r.Unmodified.IsZero() || !changed.Truncate(time.Second).After(r.Unmodified) {
		return nil
	}
	return &Refusal{Status: http.StatusPreconditionFailed, Text: "412 Precondition Failed"}
}
