package proxy

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

// heldBack is how many of a tarball's last bytes no reader gets before the
// whole is verified. A client that is cut off here has no complete body,
// whatever its length.
const heldBack = 32 << 10

// transfer is one tarball on its way from upstream to the store. Any number of
// readers join it; none of them ends it by leaving.
type transfer struct {
	opts    Options
	started time.Time
	// file is set before flowing or done closes; nil where the transfer ended
	// before its first byte.
	file blob.Writer
	// flowing is closed once the transfer is worth streaming: too large to wait
	// for, or going on for long. Only arriving bytes open it, so that an
	// upstream that hangs still ends in a status.
	flowing chan struct{}
	// done is closed at the end; then err stands.
	done chan struct{}

	// clean is set before done closes where the tarball is just what its document
	// says.
	clean atomic.Bool
	// limit is how much of it may be fetched while nobody waits for it but who
	// fetches ahead; zero for all of it.
	limit atomic.Int64

	mu    sync.Mutex
	moved *sync.Cond // broadcast on progress and at the end
	size  int64      // as upstream declares it, -1 unknown
	got   int64
	etag  string // strong validator of the expected bytes; empty if unknown
	flows bool
	ended bool
	err   error
}

func newTransfer(o Options) *transfer {
	t := &transfer{opts: o, started: o.Now(), size: -1,
		flowing: make(chan struct{}), done: make(chan struct{})}
	t.moved = sync.NewCond(&t.mu)
	return t
}

// progress makes bytes visible to readers. It is false when more came than was
// declared.
func (t *transfer) progress(n int) bool {
	t.mu.Lock()
	defer t.moved.Broadcast()
	defer t.mu.Unlock()
	t.got += int64(n)
	large := max(t.got, t.size) > t.opts.SpoolSize
	late := t.got > heldBack && t.opts.Now().Sub(t.started) > t.opts.SpoolWait
	if !t.flows && (large || late) {
		t.flows = true
		close(t.flowing)
	}
	return t.size < 0 || t.got <= t.size
}

// overLimit tells that nobody waits for more of it.
func (t *transfer) overLimit() bool {
	limit := t.limit.Load()
	return limit > 0 && max(t.received(), t.promised()) > limit
}

// promised is the length that upstream declares, or less than nothing.
func (t *transfer) promised() int64 {
	size, _ := t.declared()
	return size
}

// received is the number of bytes that came so far.
func (t *transfer) received() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.got
}

// declare notes the length of the whole and is false when that contradicts an
// earlier one.
func (t *transfer) declare(size int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.size < 0 {
		t.size = size
	}
	return t.size == size
}

// expect notes what the bytes will have to be.
func (t *transfer) expect(i npm.Integrity) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sum, ok := i.SHA512(); ok {
		t.etag = tarballETag(sum)
	}
}

func (t *transfer) end(err error) {
	t.mu.Lock()
	t.ended, t.err = true, err
	t.mu.Unlock()
	t.moved.Broadcast()
	close(t.done)
}

// visible is how many bytes readers may have now. Where upstream sends more
// than it declared, the held back bytes are still the last that readers expect.
func (t *transfer) visible() int64 {
	if t.ended && t.err == nil {
		return t.got
	}
	got := t.got
	if t.size >= 0 {
		got = min(got, t.size)
	}
	return max(0, got-heldBack)
}

// reader joins the transfer from its beginning, or is false when its file is
// gone already.
func (t *transfer) reader() (*joined, bool) {
	if !t.file.Retain() {
		return nil, false
	}
	return &joined{t: t}, true
}

// joined reads a transfer while it runs. It fails with the transfer, before
// the last bytes.
type joined struct {
	t    *transfer
	at   int64
	once sync.Once
}

// Read waits for bytes. It always ends: the transfer has deadlines.
func (j *joined) Read(b []byte) (int, error) {
	t := j.t
	t.mu.Lock()
	for t.visible() <= j.at && !t.ended {
		t.moved.Wait()
	}
	visible, err := t.visible(), t.err
	t.mu.Unlock()
	if visible <= j.at {
		if err == nil {
			err = io.EOF
		}
		return 0, err
	}
	n, err := t.file.ReadAt(b[:min(int64(len(b)), visible-j.at)], j.at)
	j.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// Close leaves the transfer, which goes on.
func (j *joined) Close() (err error) {
	j.once.Do(func() { err = j.t.file.Release() })
	return err
}

// follow turns a transfer into an answer: once it is whole and verified for a
// small tarball, so that a refusal has a status; while it runs for a large one.
func (p *Proxy) follow(ctx context.Context, in join, whole bool) (*Tarball, error) {
	if in.over {
		return p.openStored(ctx, in.key)
	}
	t := in.transfer
	flowing := t.flowing
	if whole {
		flowing = nil
	}
	select {
	case <-t.done:
		return p.finished(ctx, in)
	case <-flowing:
	case <-ctx.Done():
		return nil, &npm.Error{Kind: npm.ErrTimeout, Err: context.Cause(ctx),
			Text: "the tarball took longer than this request may wait"}
	}
	body, ok := t.reader()
	if !ok {
		return p.finished(ctx, in)
	}
	size, etag := t.declared()
	return &Tarball{Version: in.key.version, Size: size, ETag: etag, Body: body, Outcome: in.outcome}, nil
}

// declared is the length that upstream declares, -1 if none, and the validator.
func (t *transfer) declared() (size int64, etag string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size, t.etag
}

// finished answers with what a transfer that ended has stored.
func (p *Proxy) finished(ctx context.Context, in join) (*Tarball, error) {
	<-in.transfer.done
	if err := in.transfer.err; err != nil {
		return nil, err
	}
	t, err := p.openStored(ctx, in.key)
	if err != nil {
		return nil, err
	}
	t.Outcome = in.outcome
	return t, nil
}
