package upstream

import "time"

// Recorder hears what happens at an upstream. Its label values are the
// upstream's configured name and the words below; nothing else.
type Recorder interface {
	// Attempt is called once for every request that was answered or failed,
	// with one of the Attempt words and the time until the answer's head.
	Attempt(upstream, result string, d time.Duration)
	// Received is called once for every body that was handed out, with one of
	// the Body words and the bytes that came over the wire.
	Received(upstream, result string, bytes int64)
	// BreakerState is called at the start and whenever the breaker of a group
	// ("registry" or "tarballs") changes to "closed", "half_open" or "open".
	BreakerState(upstream, group, state string)
	// Refused is called when a guard ("G48", "G52", "G53") kept a request, or
	// the credentials of one, back.
	Refused(upstream, guard string)
}

// The results of an attempt.
const (
	AttemptOK          = "ok"
	AttemptNotModified = "not_modified"
	AttemptRedirect    = "redirect"
	AttemptNotFound    = "not_found"
	AttemptDenied      = "denied"
	AttemptThrottled   = "throttled"
	AttemptClientError = "client_error"
	AttemptServerError = "server_error"
	AttemptLoop        = "loop"
	AttemptTimeout     = "timeout"
	AttemptFailed      = "failed"
	AttemptRefused     = "refused"
	AttemptCanceled    = "canceled"
)

// The results of a body.
const (
	BodyComplete  = "complete"
	BodyTruncated = "truncated"
	BodyTimeout   = "timeout"
	BodyTooLarge  = "too_large"
	BodyCorrupt   = "corrupt"
	BodyAbandoned = "abandoned"
)

// silent is the recorder of those who want none.
type silent struct{}

func (silent) Attempt(string, string, time.Duration) {}
func (silent) Received(string, string, int64)        {}
func (silent) BreakerState(string, string, string)   {}
func (silent) Refused(string, string)                {}
