package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	maxTries = 3
	// firstBackoff doubles with each try.
	firstBackoff = 200 * time.Millisecond
	// maxRetryAfter bounds the advice that is passed on to clients.
	maxRetryAfter = 10 * time.Minute
)

// failure is an error of one try, and whether another may help. Errors of other
// types are final.
type failure struct {
	err   error
	retry bool
	// after is how long the upstream asked us to wait; zero when it did not.
	after time.Duration
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// try repeats a request while that may help. An answer whose status the caller
// can use is handed out; the first byte of its body ends all retrying.
func (r *Registry) try(ctx context.Context, c call) (*http.Response, error) {
	began := r.shared.Now()
	for count := 1; ; count++ {
		resp, err := r.follow(ctx, c)
		if err == nil && c.accepts(resp.StatusCode) {
			return resp, nil
		}
		if err == nil {
			err = r.statusFault(c, resp)
			discard(resp)
		}
		var fault *failure
		if !errors.As(err, &fault) {
			return nil, err
		}
		if !fault.retry || count == maxTries || c.method == http.MethodPost {
			return nil, fault.err
		}
		wait := max(backoff(count), fault.after)
		if r.shared.Now().Sub(began)+wait > r.shared.Timeouts.Retry || endsWithin(ctx, wait) {
			return nil, fault.err
		}
		if r.shared.Sleep(ctx, wait) != nil {
			return nil, r.gone(ctx, c)
		}
	}
}

// endsWithin tells whether a wait is pointless because the call ends before it.
func endsWithin(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) <= wait
}

// backoff returns a jittered wait: the upstream's clients must not come back
// all at once.
func backoff(count int) time.Duration {
	full := firstBackoff << (count - 1)
	return full/2 + rand.N(full)
}

// retryAfter reads Retry-After, seconds or date; zero when there is none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if value == "" {
		return 0
	}
	var wait time.Duration
	// What is out of range comes back as the largest number, which is right.
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
