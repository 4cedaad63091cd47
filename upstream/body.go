package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/larderhq/larder/registry/npm"
)

var (
	errIdle     = errors.New("no byte arrived in time")
	errTotal    = errors.New("the call took too long")
	errClosed   = errors.New("body is closed")
	errTooLarge = errors.New("body is over its limit")
)

// wire reads the raw bytes of an answer. Its watchdog runs only while a read
// waits, so that a slow consumer is not taken for a slow upstream.
type wire struct {
	src    io.Reader
	idle   time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	// left counts down what may still come, so that a stream which inflates to
	// nothing ends too.
	left  int64
	count atomic.Int64
}

func newWire(src io.Reader, limit int64, idle time.Duration, cancel context.CancelCauseFunc) *wire {
	w := &wire{src: src, idle: idle, cancel: cancel, left: limit}
	w.timer = time.AfterFunc(idle, func() { cancel(errIdle) })
	w.timer.Stop()
	return w
}

// Read implements io.Reader.
func (w *wire) Read(p []byte) (int, error) {
	if int64(len(p)) > w.left+1 {
		p = p[:w.left+1]
	}
	w.timer.Reset(w.idle)
	n, err := w.src.Read(p)
	w.timer.Stop()
	w.count.Add(int64(n))
	if int64(n) > w.left {
		n, err = int(w.left), errTooLarge
	}
	w.left -= int64(n)
	return n, err
}

// body is what a caller reads: limited, and failing in npm's words.
type body struct {
	src  io.Reader
	left int64
	wire *wire
	raw  io.Closer
	ctx  context.Context // the call's, to learn why a read failed
	// release ends the call.
	release  context.CancelCauseFunc
	upstream string
	metrics  Recorder
	once     sync.Once
	err      error
}

// newBody takes over the exchange: closing the body ends it.
func (r *Registry) newBody(x *exchange, limit int64, decode bool) io.ReadCloser {
	w := newWire(x.resp.Body, limit, r.shared.Timeouts.Idle, x.cancel)
	b := &body{
		src: w, left: limit, wire: w, raw: x.resp.Body, ctx: x.ctx, release: x.cancel,
		upstream: r.name, metrics: r.shared.Metrics,
	}
	if decode {
		b.src = &inflater{src: w, labelled: isGzip(x.resp.Header)}
	}
	return b
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.src.Read(p)
	if int64(n) > b.left {
		n, err = int(b.left), errTooLarge
	}
	b.left -= int64(n)
	if err == nil {
		return n, nil
	}
	result := BodyComplete
	if err != io.EOF {
		result, err = b.explain(err)
	}
	b.err = err
	b.finish(result)
	return n, err
}

// Close ends the call and releases its connection. It may be called while a
// Read waits, and more than once.
func (b *body) Close() error {
	b.finish(BodyAbandoned)
	return nil
}

func (b *body) finish(result string) {
	b.once.Do(func() {
		b.metrics.Received(b.upstream, result, b.wire.count.Load())
		b.release(errClosed)
		// What is left unread is of no use, and neither is the error.
		_ = b.raw.Close()
	})
}

// explain turns a read error into what the caller should learn.
func (b *body) explain(err error) (string, error) {
	fail := func(kind error, text string, cause error) error {
		return &npm.Error{Kind: kind, Text: fmt.Sprintf("upstream %s %s", b.upstream, text), Err: cause}
	}
	if b.ctx.Err() != nil {
		cause := context.Cause(b.ctx)
		if isDeadline(cause) {
			return BodyTimeout, fail(npm.ErrTimeout, "stopped sending", cause)
		}
		return BodyAbandoned, fmt.Errorf("read from upstream %s: %w", b.upstream, cause)
	}
	switch {
	case errors.Is(err, errTooLarge):
		return BodyTooLarge, fail(npm.ErrBadUpstream, "sent more than the limit", err)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), isCorrupt(err):
		return BodyCorrupt, fail(npm.ErrBadUpstream, "sent a damaged body", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return BodyTruncated, fail(npm.ErrBadUpstream, "sent a truncated body", err)
	}
	return BodyTruncated, fail(npm.ErrBadUpstream, "sent a truncated body", errors.Join(io.ErrUnexpectedEOF, err))
}

// isDeadline tells our own deadlines, and a caller's, from a caller that left.
func isDeadline(cause error) bool {
	return errors.Is(cause, errIdle) || errors.Is(cause, errTotal) || errors.Is(cause, context.DeadlineExceeded)
}
