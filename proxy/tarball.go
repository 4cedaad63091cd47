package proxy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
)

// tarballKey names the tarball of one version in one namespace.
type tarballKey struct {
	entryKey
	version string
}

// storedTarball is what a hot tarball request needs: no record is read.
type storedTarball struct {
	digest blob.Digest
	etag   string
	size   int64
	at     time.Time
	// clean tells that it is just what its document says, and indicators which
	// known content it was compared with.
	clean      bool
	indicators string
}

func storedCost(k tarballKey, s storedTarball) int64 {
	return int64(len(k.ns)+len(k.version)+len(s.etag)) + 260
}

func storedOf(rec records.Tarball) storedTarball {
	d := blob.Digest(rec.Digest)
	return storedTarball{digest: d, etag: tarballETag(d), size: rec.Size, at: rec.Stored}
}

// tarballETag is a strong validator: the bytes' own digest.
func tarballETag(d blob.Digest) string { return `"sha512-` + d.Hex()[:40] + `"` }

// Tarball answers with the tarball of one version: stored, joined while it is
// in transfer, or fetched. Errors are of npm's vocabulary; ErrIntegrity and
// ErrBlocked are refusals.
func (p *Proxy) Tarball(ctx context.Context, r TarballRequest) (*Tarball, error) {
	e, err := p.admit(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	t, err := p.tarball(ctx, e, r)
	if err != nil {
		return nil, err
	}
	if err := p.claim(ctx, e); err != nil {
		return nil, errors.Join(err, t.Body.Close())
	}
	return t, nil
}

func (p *Proxy) tarball(ctx context.Context, e *entry, r TarballRequest) (*Tarball, error) {
	version, ok := r.Name.VersionOfFile(r.File)
	if ok {
		t, err := p.storedTarball(ctx, e, tarballKey{e.key, version})
		if err == nil || !errors.Is(err, npm.ErrNotFound) {
			return t, err
		}
	}
	if p.opts.Offline {
		return nil, &npm.Error{Kind: npm.ErrOffline, Package: r.Name.String(), Version: version,
			Text: "offline mode: the tarball " + r.File + " of " + r.Name.String() + " is not in the cache"}
	}
	found, s, err := p.findRow(ctx, e, version, r.File)
	if err != nil {
		return nil, err
	}
	key := tarballKey{e.key, found.version}
	// It may be stored all the same, when there was no document to judge it by.
	t, err := p.storedTarball(ctx, e, key)
	if err == nil || !errors.Is(err, npm.ErrNotFound) {
		return t, err
	}
	return p.fetched(ctx, fetching{e: e, s: s, key: key, row: found, whole: r.Whole})
}

// kept tells where the bytes of a tarball are, and whether they are stored.
func (p *Proxy) kept(key tarballKey) (storedTarball, bool, error) {
	if st, hot := p.stored.Get(key); hot {
		return st, true, nil
	}
	rec, ok, err := p.deps.Records.Tarball(key.ns, key.name.String(), key.version)
	if err != nil {
		return storedTarball{}, false, fmt.Errorf("read tarball record: %w", err)
	}
	if !ok {
		return storedTarball{}, false, nil
	}
	facts, _, err := p.deps.Records.Facts(key.ns, key.name.String(), key.version)
	if err != nil {
		return storedTarball{}, false, fmt.Errorf("read facts of a tarball: %w", err)
	}
	st := storedOf(rec).known(facts)
	p.stored.Add(key, st)
	return st, true, nil
}

// openStored opens a stored tarball, or returns npm.ErrNotFound. A record
// whose bytes are lost is dropped, so that they are fetched again.
func (p *Proxy) openStored(ctx context.Context, key tarballKey) (*Tarball, error) {
	name := key.name.String()
	st, ok, err := p.kept(key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, npm.ErrNotFound
	}
	body, err := p.openWhole(ctx, st.digest, st.size)
	if err == nil {
		if err = p.reread(ctx, st.digest, body, st.size); err != nil {
			err = errors.Join(err, body.Close())
		}
	}
	if errors.Is(err, errLost) {
		p.stored.Remove(key)
		if err := p.deps.Records.DeleteTarball(key.ns, name, key.version); err != nil {
			return nil, fmt.Errorf("forget lost tarball: %w", err)
		}
		p.log.Warn("stored tarball is lost and will be fetched again", "pkg", name, "version", key.version)
		return nil, npm.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	outcome := Hit
	if p.opts.Offline {
		outcome = Offline
	}
	return &Tarball{Version: key.version, Size: st.size, ETag: st.etag, Body: body, Stored: st.at, Outcome: outcome}, nil
}

// openWhole opens a stored blob of a known size. What the disk has cut off is
// errLost, as what is gone is.
func (p *Proxy) openWhole(ctx context.Context, digest blob.Digest, size int64) (blob.Blob, error) {
	body, err := p.deps.Blobs.Open(ctx, digest)
	if errors.Is(err, npm.ErrNotFound) {
		return nil, errLost
	}
	if err != nil {
		return nil, fmt.Errorf("open stored bytes: %w", err)
	}
	if body.Size() != size {
		body.Close()
		return nil, p.damaged(ctx, digest, fmt.Errorf("%d bytes of %d", body.Size(), size))
	}
	return body, nil
}

// findRow looks up what upstream says of a version. The age of the document
// does not matter, since a version never changes; one that lacks the version
// causes one revalidation.
func (p *Proxy) findRow(ctx context.Context, e *entry, version, file string) (row, *snapshot, error) {
	for range 2 { // a lost document is fetched again once
		r, s, err := p.rowNow(ctx, e, version, file)
		if !errors.Is(err, errLost) {
			return r, s, err
		}
		if err := p.forget(e, s); err != nil {
			return row{}, nil, err
		}
	}
	return row{}, nil, fmt.Errorf("find version: %w", errLost)
}

func (p *Proxy) rowNow(ctx context.Context, e *entry, version, file string) (row, *snapshot, error) {
	s, err := p.load(ctx, e)
	if err != nil {
		return row{}, s, err
	}
	if s.usable() {
		t, err := p.tableOf(ctx, e, s)
		if err != nil {
			return row{}, s, err
		}
		if r, ok := t.find(version, file); ok {
			return r, s, nil
		}
		if !p.mayAsk(e, file) {
			return row{}, s, missingVersion(e.key.name, version)
		}
	}
	s, _, err = p.current(ctx, e, want{}, s.usable())
	if err != nil {
		return row{}, s, err
	}
	t, err := p.tableOf(ctx, e, s)
	if err != nil {
		return row{}, s, err
	}
	if r, ok := t.find(version, file); ok {
		return r, s, nil
	}
	e.lack(file, p.opts.Now())
	return row{}, s, missingVersion(e.key.name, version)
}
