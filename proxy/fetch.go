package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/upstream"
)

const (
	// maxResumes is how often a broken transfer asks for its rest.
	maxResumes = 3
	// resumeRest is the pause before that, so that a restarting upstream is
	// not asked three times within a millisecond.
	resumeRest = 200 * time.Millisecond
	// maxTransfers bounds the tarballs in transfer at one time; each holds a
	// descriptor and a temporary file.
	maxTransfers = 256
	// copyBuffer is the unit in which a transfer becomes visible.
	copyBuffer = 64 << 10
)

// join is a request's part in a transfer.
type join struct {
	*transfer
	key     tarballKey
	outcome Outcome
	over    bool // stored meanwhile; there is nothing to join
}

// joinTransfer starts the transfer of a tarball or joins the one under way.
func (p *Proxy) joinTransfer(asked context.Context, e *entry, key tarballKey, r row) join {
	in := join{key: key, outcome: Miss}
	p.transfersMu.Lock()
	defer p.transfersMu.Unlock()
	if _, ok := p.stored.Get(key); ok {
		in.over = true // it ended since this request looked
		return in
	}
	if t, ok := p.transfers[key]; ok {
		if r.limit == 0 {
			t.limit.Store(0) // somebody wants all of it
		}
		p.deps.Metrics.FlightShared("tarball")
		in.transfer, in.outcome = t, Joined
		return in
	}
	t := newTransfer(p.opts)
	t.limit.Store(r.limit)
	p.transfers[key], in.transfer = t, t
	p.detach(func(ctx context.Context) { p.run(upstream.CarryVia(ctx, asked), e, key, r, t) })
	return in
}

// run carries a transfer to its end.
func (p *Proxy) run(ctx context.Context, e *entry, key tarballKey, r row, t *transfer) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.TransferTimeout)
	defer cancel()
	_, err := ready.Guarded(ctx, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, p.carry(ctx, &fetch{p: p, e: e, key: key, row: r, t: t})
	})
	if err != nil {
		p.log.Warn("tarball transfer failed", "pkg", key.name.String(), "version", key.version,
			"upstream", e.reg.Name(), "bytes", t.received(), "err", err)
	}
	p.transfersMu.Lock()
	delete(p.transfers, key)
	p.transfersMu.Unlock()
	t.end(err)
	if t.file == nil {
		return
	}
	if err := t.file.Close(); err != nil {
		p.log.Warn("closing a transfer failed", "err", err)
	}
}

// carry waits for one of the places for transfers, so that clients who ask for
// tarballs and leave do not take all descriptors, and does the work.
func (p *Proxy) carry(ctx context.Context, f *fetch) error {
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return &npm.Error{Kind: npm.ErrUnavailable, Err: err, Text: "too many tarballs are in transfer; try again"}
	}
	defer p.slots.Release(1)
	file, err := p.deps.Blobs.Create(ctx)
	if err != nil {
		return cannotStore("spool tarball", err)
	}
	f.t.file = file
	return f.run(ctx)
}

// fetch is the work of one transfer.
type fetch struct {
	p      *Proxy
	e      *entry
	key    tarballKey
	row    row
	t      *transfer
	hasher *npm.Hasher
	etag   string // upstream's, to resume the same bytes
}

func (f *fetch) run(ctx context.Context) error {
	expected, err := f.expect(ctx)
	if err != nil {
		return err
	}
	f.hasher = npm.NewHasher(expected.integrity)
	f.t.expect(expected.integrity)
	if err := f.receive(ctx); err != nil {
		return err
	}
	return f.settle(ctx, expected)
}

// receive reads the tarball into the file, resuming where the body breaks.
func (f *fetch) receive(ctx context.Context) error {
	for tries := 0; ; tries++ {
		err := f.receiveOnce(ctx)
		if err == nil || tries == maxResumes || !f.resumable(err) {
			return err
		}
		select {
		case <-time.After(resumeRest << tries):
		case <-ctx.Done():
			return fmt.Errorf("resume tarball: %w", context.Cause(ctx))
		}
	}
}

// resumable tells whether a failed body is worth asking for its rest: it broke
// on the wire after some bytes had come.
func (f *fetch) resumable(err error) bool {
	return f.t.file.Size() > 0 && !errors.Is(err, errStorage) &&
		(errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, npm.ErrTimeout) || errors.Is(err, npm.ErrUnavailable))
}

func (f *fetch) receiveOnce(ctx context.Context) error {
	at := f.t.file.Size()
	resp, err := f.e.reg.Tarball(ctx, upstream.TarballRequest{
		Name: f.key.name, Version: f.key.version, URL: f.row.url, Offset: at, ETag: f.etag,
	})
	if err != nil {
		return fmt.Errorf("fetch tarball: %w", err)
	}
	defer resp.Body.Close()
	if resp.Length >= 0 && !f.t.declare(resp.Offset+resp.Length) {
		return f.otherLength()
	}
	if resp.Offset != at {
		// Upstream starts over: what came already is the same or will fail its
		// hash.
		if _, err := io.CopyN(io.Discard, resp.Body, at-resp.Offset); errors.Is(err, io.EOF) {
			return f.otherLength()
		} else if err != nil {
			return fmt.Errorf("fetch tarball again: %w", err)
		}
	}
	f.etag = resp.ETag
	return f.copy(resp.Body)
}

func (f *fetch) copy(body io.Reader) error {
	buf := make([]byte, copyBuffer)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, werr := f.t.file.Write(buf[:n]); werr != nil {
				return cannotStore("spool tarball", werr)
			}
			if _, herr := f.hasher.Write(buf[:n]); herr != nil {
				return fmt.Errorf("hash tarball: %w", herr)
			}
			if !f.t.progress(n) {
				return f.otherLength()
			}
			if f.t.overLimit() {
				return &npm.Error{Kind: npm.ErrTooLarge, Text: "too large to be fetched ahead"}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("fetch tarball: %w", err)
		}
	}
}

// expectation is what a tarball's bytes must be.
type expectation struct {
	integrity npm.Integrity
	pin       record.Pin
	pinned    bool
}

// expect decides what to hold the bytes against: the pin of their first sight,
// else what upstream declares. Neither means trust on first use.
func (f *fetch) expect(ctx context.Context) (expectation, error) {
	pin, ok, err := f.p.deps.Names.PinOf(ctx, f.key.name, f.key.version)
	if err != nil {
		return expectation{}, fmt.Errorf("read pin: %w", err)
	}
	if ok {
		return expectation{integrity: npm.IntegrityOfSHA512(pin.SHA512), pin: pin, pinned: true}, nil
	}
	return expectation{integrity: f.row.declared()}, nil
}

// settle verifies what came, pins it and stores it, in this order: bytes that
// fail are never stored, and bytes that are served are pinned first.
func (f *fetch) settle(ctx context.Context, want expectation) error {
	sums := f.hasher.Sums()
	if err := f.verify(want, sums); err != nil {
		return err
	}
	digest := blob.Digest(sums.SHA512)
	facts, err := f.look(ctx, digest, sums.Size)
	if err != nil {
		return err
	}
	if err := f.pin(ctx, want, sums); err != nil {
		return err
	}
	if _, err := f.t.file.Commit(ctx, digest); err != nil {
		return cannotStore("store tarball", err)
	}
	rec := records.Tarball{Digest: sums.SHA512, Size: sums.Size, SHA1: sums.SHA1, Stored: f.p.opts.Now()}
	err = f.e.keep(func() error {
		return f.p.deps.Records.PutTarball(f.key.ns, f.key.name.String(), f.key.version, rec)
	})
	if err != nil {
		// The bytes are stored and verified: serve them, and fetch them again
		// after a restart.
		f.p.log.Error("tarball is remembered in memory only", "pkg", f.key.name.String(), "version", f.key.version, "err", err)
	}
	stored := storedOf(rec)
	if facts != nil {
		stored = stored.known(*facts)
		f.t.clean.Store(facts.Clean)
		f.p.keepFacts(f.e, f.key, *facts) // counted once the bytes are there to be judged
	}
	f.p.stored.Add(f.key, stored)
	if f.row.needsBackfill() && !want.pinned {
		f.e.pins.Add(1)
		if err := f.p.rejudge(ctx, f.e, nil); err != nil {
			// The tarball is good; its document shows the pin when it is next
			// read.
			f.p.log.Warn("document does not show a pin yet", "pkg", f.key.name.String(), "version", f.key.version, "err", err)
		}
	}
	return nil
}

// look looks into what came. A tarball of another package is refused here and
// not stored, unless somebody waives just that; that it was is noted, so that its
// document is left without it.
func (f *fetch) look(ctx context.Context, digest blob.Digest, size int64) (*records.Facts, error) {
	rules, err := f.p.judgeable()
	if err != nil || rules.Engine.Idle() {
		return nil, errors.Join(err, f.checkManifest(size))
	}
	facts, report, err := f.p.survey(ctx, f.e, surveyed{key: f.key, digest: digest, bytes: f.t.file, size: size})
	if err != nil {
		return nil, errors.Join(f.checkManifest(size), err)
	}
	if report.Of(f.key.name, f.key.version) {
		return &facts, nil // its package.json needs no second look
	}
	err = f.checkManifest(size)
	if e := (*npm.Error)(nil); errors.As(err, &e) && e.Guard == policy.G22.String() &&
		rules.Engine.Waives(policy.G22, f.key.name, f.key.version, f.p.opts.Now()) {
		return &facts, nil
	}
	if err != nil {
		f.p.keepFacts(f.e, f.key, facts)
		return nil, err
	}
	return &facts, nil
}

// needsBackfill tells whether upstream declares no sha512 for the version, so
// that larder's documents show the one it has seen.
func (r row) needsBackfill() bool {
	_, strong := r.declared().SHA512()
	return !strong && !r.signed
}
