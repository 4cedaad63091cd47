package proxy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream"
)

const (
	// smallDocument is the decoded size up to which a document is received in
	// memory and stored behind the answer. Larger ones go through a file, so
	// that memory does not grow with what is in transfer.
	smallDocument = 1 << 20
	// saveWorkers bounds the documents being stored behind their answers.
	saveWorkers = 4
)

// incoming is an upstream document that was received completely.
type incoming struct {
	resp *upstream.Response
	hash [sha256.Size]byte
	size int64
	body []byte      // the decoded document, if small
	file blob.Writer // the compressed document, if large
}

// discard frees what was not stored.
func (in *incoming) discard() {
	if in.file != nil {
		in.file.Close()
		in.file = nil
	}
}

// receive reads an answer to its end; a short body is an error of the body.
func (p *Proxy) receive(ctx context.Context, resp *upstream.Response) (*incoming, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, smallDocument+1))
	if err != nil {
		return nil, fmt.Errorf("read packument: %w", err)
	}
	if len(body) <= smallDocument {
		return &incoming{resp: resp, body: body, size: int64(len(body)), hash: sha256.Sum256(body)}, nil
	}
	file, err := p.deps.Blobs.Create(ctx)
	if err != nil {
		return nil, cannotStore("spool packument", err)
	}
	in := &incoming{resp: resp, file: file}
	if err := in.spool(p.atRest, io.MultiReader(bytes.NewReader(body), resp.Body)); err != nil {
		in.discard()
		return nil, err
	}
	return in, nil
}

func (in *incoming) spool(z *ready.Compressor, r io.Reader) (err error) {
	gz := z.To(spoolWriter{in.file})
	defer z.Free(gz)
	sum := sha256.New()
	if in.size, err = io.Copy(io.MultiWriter(gz, sum), r); err != nil {
		return fmt.Errorf("read packument: %w", err)
	}
	if err := gz.Close(); err != nil {
		return fmt.Errorf("spool packument: %w", err)
	}
	sum.Sum(in.hash[:0])
	return nil
}

// ingest checks a new document, makes it the name's state and stores it.
func (p *Proxy) ingest(ctx context.Context, e *entry, in *incoming, first want) (refreshed, error) {
	if rules := p.rules.Load(); rules != nil && !rules.Engine.Idle() {
		// Nothing decoded is held while upstream may be asked for its keys.
		if _, _, err := p.keysOf(ctx, e); err != nil {
			return refreshed{}, err
		}
	}
	weight, err := p.holdDecoding(ctx, in.size)
	if err != nil {
		return refreshed{}, err
	}
	defer p.decoding.Release(weight)
	doc, err := in.decoded()
	if err != nil {
		return refreshed{}, err
	}
	pk, err := npm.Scan(doc, e.key.name, npm.Limits{})
	if err != nil {
		return refreshed{}, err
	}
	now := p.opts.Now()
	s := &snapshot{rev: revisionOf(in.hash), expires: now.Add(p.opts.TTL), rec: records.Document{
		Size: in.size, BodyHash: in.hash, ETag: in.resp.ETag, LastModified: in.resp.LastModified,
		Changed: now, Checked: now,
	}}
	s.unvalidated = s.rec.ETag == "" && s.rec.LastModified == ""
	if err := p.observe(ctx, e, pk, now); err != nil {
		return refreshed{}, err
	}
	pins := e.pins.Load()
	t := p.remember(e, s, pk)
	if err := p.applyPins(ctx, e, s, t); err != nil {
		return refreshed{}, err
	}
	if err := p.store(ctx, e, s, in); err != nil {
		return refreshed{}, err
	}
	e.claimed.Store(false) // one that could not be written is tried again
	if s, err = p.renderFirst(ctx, e, s, firstRendering{pk, first}); err != nil {
		return refreshed{}, err
	}
	e.replace(s)
	if e.pins.Load() != pins { // one was made meanwhile
		err = p.rejudge(ctx, e, t)
	}
	return refreshed{snap: s, outcome: Miss}, err
}

// observe notes what a document shows, before anybody judges by it.
func (p *Proxy) observe(ctx context.Context, e *entry, pk *npm.Packument, now time.Time) error {
	o := names.Observation{Name: e.key.name, Upstream: e.reg.Name(), At: now, Versions: make([]string, 0, len(pk.Versions))}
	if before := e.snap.Load().document(); before != nil {
		o.Confirmed = before.rec.Checked
	}
	for i := range pk.Versions {
		o.Versions = append(o.Versions, strings.Clone(pk.Versions[i].Key))
		o.Signed = o.Signed || pk.Versions[i].Signed
	}
	if _, err := p.deps.Names.Observe(ctx, o); err != nil {
		return fmt.Errorf("note what upstream lists: %w", err)
	}
	return nil
}

// firstRendering is what a fetched document is rendered as, while it is decoded.
type firstRendering struct {
	pk   *npm.Packument
	want want
}

// renderFirst judges a new document and renders it, unless tarballs have to be
// looked at before it may go out.
func (p *Proxy) renderFirst(ctx context.Context, e *entry, s *snapshot, first firstRendering) (*snapshot, error) {
	rules := p.rules.Load()
	if rules == nil || first.want.base == "" {
		return s, nil
	}
	r, err := p.judgeNew(ctx, e, s, judgeable{first.pk, rules})
	if err != nil || len(r.unjudged) > 0 {
		return s, err
	}
	s = s.judgedBy(r)
	p.keepRuling(ctx, e, s, r)
	_, err = p.renderNow(e, s, first.pk, first.want)
	return s, err
}

// errStorage marks failures of larder's own storage.
var errStorage = errors.New("storage failed")

// cannotStore is the answer when larder's own storage fails, as on a full disk.
func cannotStore(what string, err error) error {
	return &npm.Error{Kind: npm.ErrUnavailable, Err: fmt.Errorf("%s: %w: %w", what, errStorage, err),
		Text: "larder cannot store what it fetches; its log says why"}
}

// spoolWriter tells failures of the storage from those of the wire.
type spoolWriter struct{ w io.Writer }

// Write implements io.Writer.
func (s spoolWriter) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil {
		return n, cannotStore("spool packument", err)
	}
	return n, nil
}

// decoded returns the whole document.
func (in *incoming) decoded() ([]byte, error) {
	if in.file == nil {
		return in.body, nil
	}
	return inflate(io.NewSectionReader(in.file, 0, 1<<62), in.size)
}

// inflate reads a compressed document of a known decoded size with one
// allocation, to the end, where its checksum is.
func inflate(r io.Reader, size int64) ([]byte, error) {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("read stored document: %w", err)
	}
	defer gz.Close()
	doc := make([]byte, size)
	if _, err := io.ReadFull(gz, doc); err != nil {
		return nil, fmt.Errorf("read stored document: %w", err)
	}
	if n, err := io.Copy(io.Discard, gz); err != nil || n > 0 {
		return nil, fmt.Errorf("read stored document: %d bytes too many: %w", n, err)
	}
	return doc, nil
}

// store keeps the document: a large one before it is answered, a small one
// behind the answer, served from memory until it is on disk.
func (p *Proxy) store(ctx context.Context, e *entry, s *snapshot, in *incoming) error {
	if in.file != nil {
		s.rec.Digest = in.file.Sum()
		size, err := in.file.Commit(ctx, s.rec.Digest)
		if err != nil {
			return cannotStore("store packument", err)
		}
		s.rec.GzipSize = size
		e.records.Lock()
		defer e.records.Unlock()
		e.newest = nil
		if err := p.record(e, s.rec); err != nil {
			// The bytes are there: serve them, and fetch them again after a
			// restart.
			p.log.Error("document is remembered in memory only", "pkg", e.key.name.String(), "err", err)
		}
		return nil
	}
	packed, err := p.atRest.Pack(in.body)
	if err != nil {
		return err
	}
	s.rec.Digest, s.rec.GzipSize = sha512.Sum512(packed), int64(len(packed))
	held := &unsaved{}
	held.packed.Store(&packed)
	s.pending = held
	e.await(held)
	rec := s.rec
	p.saves.Go(func() error {
		if err := p.save(e, rec, held); err != nil {
			p.log.Error("document stays in memory only", "pkg", e.key.name.String(), "err", err)
			p.homeless.Add(keyOf(e, s), packed)
		}
		held.packed.Store(nil)
		return nil
	})
	return nil
}

// save writes the blob first and the record last: a crash in between leaves an
// orphan file, never a record without bytes.
func (p *Proxy) save(e *entry, rec records.Document, held *unsaved) error {
	// Detached from the request and from Close: what was answered is stored.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w, err := p.deps.Blobs.Create(ctx)
	if err != nil {
		return fmt.Errorf("store packument: %w", err)
	}
	defer w.Close()
	if _, err := w.Write(held.bytes()); err != nil {
		return fmt.Errorf("store packument: %w", err)
	}
	if _, err := w.Commit(ctx, rec.Digest); err != nil {
		return fmt.Errorf("store packument: %w", err)
	}
	e.records.Lock()
	defer e.records.Unlock()
	if e.newest != held {
		return nil
	}
	e.newest = nil
	if at := held.gone.Load(); at != nil {
		rec.Gone = *at
	}
	return p.record(e, rec)
}

func (p *Proxy) record(e *entry, rec records.Document) error {
	err := e.keep(func() error { return p.deps.Records.PutDocument(e.key.ns, e.key.name.String(), rec) })
	if err != nil {
		return fmt.Errorf("record packument: %w", err)
	}
	return nil
}
