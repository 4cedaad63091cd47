package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

// errLost says that a record refers to a blob that is gone or damaged, as after
// somebody deleted files of the cache. What is lost is fetched again.
var errLost = errors.New("stored document is lost")

// parsedKey names one upstream document of one name.
type parsedKey struct {
	entryKey
	rev revision
}

func keyOf(e *entry, s *snapshot) parsedKey { return parsedKey{e.key, s.rev} }

func parsedCost(_ parsedKey, pk *npm.Packument) int64 { return pk.Bytes() }

// holdDecoding waits until the decoded documents in work leave room for one
// more of this size. The caller releases the weight it returns.
func (p *Proxy) holdDecoding(ctx context.Context, size int64) (int64, error) {
	weight := min(size, decodeBudget)
	if err := p.decoding.Acquire(ctx, weight); err != nil {
		return 0, &npm.Error{Kind: npm.ErrUnavailable, Err: err,
			Text: "too many large documents are in work; try again"}
	}
	return weight, nil
}

// withParsed calls f with the decoded document of a snapshot, and its table if
// that was made along the way. f must not keep the document: the memory it
// takes is accounted for only until f returns.
func (p *Proxy) withParsed(ctx context.Context, e *entry, s *snapshot, f func(*npm.Packument, *table) error) error {
	if pk, ok := p.parsed.Get(keyOf(e, s)); ok {
		return f(pk, nil)
	}
	weight, err := p.holdDecoding(ctx, s.rec.Size)
	if err != nil {
		return err
	}
	defer p.decoding.Release(weight)
	doc, err := p.readDocument(ctx, e, s)
	if err != nil {
		return err
	}
	pk, err := npm.Scan(doc, e.key.name, npm.Limits{})
	if err != nil {
		return p.damaged(ctx, s.rec.Digest, err)
	}
	return f(pk, p.remember(e, s, pk))
}

// remember keeps a decoded document for the renderings that follow, if it is
// small enough, and its version table, which it returns.
func (p *Proxy) remember(e *entry, s *snapshot, pk *npm.Packument) *table {
	key, t := keyOf(e, s), newTable(pk)
	p.parsed.Add(key, pk)
	p.tables.Add(key, t)
	return t
}

func (p *Proxy) readDocument(ctx context.Context, e *entry, s *snapshot) ([]byte, error) {
	packed := s.pending.bytes()
	if packed == nil {
		packed, _ = p.homeless.Get(keyOf(e, s))
	}
	if packed != nil {
		return inflate(bytes.NewReader(packed), s.rec.Size)
	}
	b, err := p.deps.Blobs.Open(ctx, blob.Digest(s.rec.Digest))
	if errors.Is(err, npm.ErrNotFound) {
		return nil, errLost
	}
	if err != nil {
		return nil, fmt.Errorf("open stored document: %w", err)
	}
	defer b.Close()
	doc, err := inflate(b, s.rec.Size)
	if err != nil {
		return nil, p.damaged(ctx, s.rec.Digest, err)
	}
	return doc, nil
}

// damaged removes a blob that is not what was stored, and returns errLost. It
// must go: a store that has a file of the right name and length keeps that one
// when the bytes come again.
func (p *Proxy) damaged(ctx context.Context, digest blob.Digest, cause error) error {
	p.guarding().BlobDamaged()
	p.log.Error("stored bytes are damaged and will be fetched again", "digest", digest.Hex(), "err", cause)
	if err := p.deps.Blobs.Delete(ctx, digest); err != nil {
		return fmt.Errorf("remove damaged bytes: %w", err)
	}
	return fmt.Errorf("%w: %w", errLost, cause)
}

// dropRecord deletes the record of a document unless a newer one has its place.
func (p *Proxy) dropRecord(e *entry, digest blob.Digest) error {
	e.records.Lock()
	defer e.records.Unlock()
	rec, ok, err := p.deps.Records.Document(e.key.ns, e.key.name.String())
	if err != nil || !ok || rec.Digest != digest {
		return err
	}
	return e.keep(func() error { return p.deps.Records.DeleteDocument(e.key.ns, e.key.name.String()) })
}

// forget drops a document whose bytes are lost, so that the next look fetches
// it again.
func (p *Proxy) forget(e *entry, s *snapshot) error {
	if err := p.dropRecord(e, s.rec.Digest); err != nil {
		return fmt.Errorf("forget lost document: %w", err)
	}
	if now := e.snap.Load(); now.usable() && now.rec.Digest == s.rec.Digest {
		e.snap.CompareAndSwap(now, nil)
	}
	p.log.Warn("stored document is lost and will be fetched again", "pkg", e.key.name.String())
	return nil
}
