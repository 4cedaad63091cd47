package proxy

import (
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream"
)

const (
	// rawLimit bounds keys, attestations, search and audit answers.
	rawLimit = 32 << 20
	// attestationTTL is how long attestations are kept unasked: they belong to
	// an immutable version.
	attestationTTL = 24 * time.Hour
	jsonType       = "application/json"
)

// rawKey names a document that is passed on unread.
type rawKey struct {
	ns, path string
	// of is the name that it belongs to, zero for one that belongs to none, and
	// life that of the name.
	of   npm.Name
	life uint64
}

// attestationsOf begins the paths of the attestations of a name; a version
// follows.
func attestationsOf(name npm.Name) string {
	return "/-/npm/v1/attestations/" + name.Escaped() + "@"
}

// Keys answers with the registry keys that the default upstream publishes
// (npm's GET /-/npm/v1/keys).
func (p *Proxy) Keys(ctx context.Context) (Raw, error) {
	reg := p.deps.Upstreams.Default()
	if reg == nil {
		return Raw{}, noDefault()
	}
	return p.raw(ctx, reg, rawKey{ns: reg.Namespace(), path: "/-/npm/v1/keys"}, p.opts.TTL)
}

// Attestations answers with the attestations of one version (npm's
// GET /-/npm/v1/attestations/:name@:version).
func (p *Proxy) Attestations(ctx context.Context, name npm.Name, version string) (Raw, error) {
	e, err := p.admit(ctx, name)
	if err != nil {
		return Raw{}, err
	}
	key := rawKey{ns: e.key.ns, path: attestationsOf(name) + version, of: name, life: e.key.life}
	return p.raw(ctx, e.reg, key, attestationTTL)
}

// absentRaw is the answer for what upstream does not have. pnpm asks for the
// attestations of every locked version, and few have any.
func absentRaw() error {
	return &npm.Error{Kind: npm.ErrNotFound, Text: "upstream has no such document"}
}

func rawAbsenceCost(k rawKey, _ time.Time) int64 { return int64(len(k.ns)+len(k.path)) + 150 }

func noDefault() error {
	return &npm.Error{Kind: npm.ErrNotFound, Text: "no upstream takes every name, so there is none to ask for this"}
}

// raw serves a small document from the cache, from upstream, or stale while
// upstream fails.
func (p *Proxy) raw(ctx context.Context, reg *upstream.Registry, key rawKey, ttl time.Duration) (Raw, error) {
	now := p.opts.Now()
	if until, ok := p.noRaws.Get(key); ok && now.Before(until) {
		return Raw{}, absentRaw()
	}
	kept, checked, err := p.keptRaw(ctx, key)
	switch {
	case err == nil && p.opts.Offline:
		kept.Outcome = Offline
		return kept, nil
	case err == nil && now.Before(checked.Add(ttl)):
		return kept, nil
	case err != nil && !errors.Is(err, npm.ErrNotFound):
		return Raw{}, err
	case p.opts.Offline:
		return Raw{}, &npm.Error{Kind: npm.ErrOffline, Text: "offline mode: this answer is not in the cache"}
	}
	fl, _ := p.raws.Start(key, p.detach, func(own context.Context) (Raw, error) {
		ctx, cancel := context.WithTimeout(upstream.CarryVia(own, ctx), p.opts.FetchTimeout)
		defer cancel()
		return p.fetchRaw(ctx, reg, key)
	})
	if err != nil || now.After(checked.Add(ttl+p.opts.StaleIfError)) {
		return fl.Wait(ctx)
	}
	return p.rawOrStale(ctx, fl, kept)
}

// rawOrStale waits a little for a fresh document, then answers with the kept
// one while the fetch goes on.
func (p *Proxy) rawOrStale(ctx context.Context, fl *ready.Flight[Raw], kept Raw) (Raw, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.RevalidateWait)
	defer cancel()
	select {
	case <-fl.Done:
		if fl.Err == nil || errors.Is(fl.Err, npm.ErrNotFound) {
			return fl.Val, fl.Err
		}
		kept.Outcome = StaleError
	case <-ctx.Done():
		kept.Outcome = StaleRefreshing
	}
	return kept, nil
}

// keptRaw reads a document from the cache, or returns npm.ErrNotFound.
func (p *Proxy) keptRaw(ctx context.Context, key rawKey) (Raw, time.Time, error) {
	rec, ok, err := p.deps.Records.Raw(key.ns, key.path)
	if err != nil {
		return Raw{}, time.Time{}, fmt.Errorf("read record: %w", err)
	}
	if !ok {
		return Raw{}, time.Time{}, npm.ErrNotFound
	}
	b, err := p.openWhole(ctx, rec.Digest, rec.Size)
	if errors.Is(err, errLost) {
		return Raw{}, time.Time{}, npm.ErrNotFound
	}
	if err != nil {
		return Raw{}, time.Time{}, err
	}
	defer b.Close()
	body, err := io.ReadAll(io.LimitReader(b, rawLimit))
	if err != nil {
		return Raw{}, time.Time{}, fmt.Errorf("read document: %w", err)
	}
	return Raw{Body: body, ContentType: rec.ContentType, Outcome: Hit}, rec.Checked, nil
}

func (p *Proxy) fetchRaw(ctx context.Context, reg *upstream.Registry, key rawKey) (Raw, error) {
	resp, err := reg.Get(ctx, key.path, jsonType, rawLimit)
	if errors.Is(err, npm.ErrNotFound) {
		p.noRaws.Add(key, p.opts.Now().Add(p.opts.NegativeTTL))
		return Raw{}, absentRaw()
	}
	if err != nil {
		return Raw{}, fmt.Errorf("fetch document: %w", err)
	}
	out, err := readRaw(resp)
	if err != nil {
		return Raw{}, err
	}
	if err := p.keepRaw(ctx, key, out); err != nil {
		p.log.Error("an answer is passed on and not kept", "upstream", reg.Name(), "err", err)
	}
	return out, nil
}

func (p *Proxy) keepRaw(ctx context.Context, key rawKey, out Raw) error {
	w, err := p.deps.Blobs.Create(ctx)
	if err != nil {
		return fmt.Errorf("store document: %w", err)
	}
	defer w.Close()
	if _, err := w.Write(out.Body); err != nil {
		return fmt.Errorf("store document: %w", err)
	}
	digest := blob.Digest(sha512.Sum512(out.Body))
	if _, err := w.Commit(ctx, digest); err != nil {
		return fmt.Errorf("store document: %w", err)
	}
	rec := records.Raw{Digest: digest, Size: int64(len(out.Body)), ContentType: out.ContentType, Checked: p.opts.Now()}
	put := func() error { return p.deps.Records.PutRaw(key.ns, key.path, rec) }
	if !key.of.IsZero() {
		wanted := put
		put = func() error { return p.lives.keep(key.of, key.life, wanted) }
	}
	if err := put(); err != nil {
		return fmt.Errorf("record document: %w", err)
	}
	return nil
}

// readRaw reads an upstream answer to its end. Only JSON is passed on: a login
// page must not reach a client as registry data.
func readRaw(resp *upstream.Response) (Raw, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Raw{}, fmt.Errorf("read answer: %w", err)
	}
	if !validJSON(body) {
		return Raw{}, &npm.Error{Kind: npm.ErrBadUpstream, Text: "upstream answered with something that is not JSON"}
	}
	return Raw{Body: body, ContentType: jsonType, Outcome: Miss}, nil
}
