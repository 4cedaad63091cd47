package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
)

// view stands for the set of projects that a caller may read and that hold the
// name. Names that live upstream look the same to everybody.
type view uint8

const upstreamView view = 0

// want is the shape of an answer made from a packument.
type want struct {
	form npm.Form
	// selector is empty for a packument, a version for its manifest, or
	// tagsSelector.
	selector string
	base     string
}

// tagsSelector asks for the dist-tags alone; no version can be spelled so.
const tagsSelector = "?tags"

// readyKey names final bytes: everything that they depend on is in it.
type readyKey struct {
	entryKey
	want
	view    view
	rev     revision
	verdict verdict
}

func readyCost(k readyKey, d *ready.Document) int64 {
	return int64(cap(d.Gzip)+len(k.ns)+len(k.base)+len(k.selector)) + 400
}

func entryReadyKey(e *entry, s *snapshot, w want) readyKey {
	return readyKey{entryKey: e.key, want: w, view: upstreamView, rev: s.rev, verdict: s.verdict}
}

// document returns the ready bytes of a snapshot, rendering them once however
// many ask.
func (p *Proxy) document(ctx context.Context, e *entry, s *snapshot, w want) (*ready.Document, error) {
	key := entryReadyKey(e, s, w)
	if d, ok := p.ready.Get(key); ok {
		p.bases.Touch(w.base, p.opts.Now())
		return d, nil
	}
	fl, _ := p.renders.Start(key, p.briefly, func(ctx context.Context) (d *ready.Document, err error) {
		if d, ok := p.ready.Get(key); ok {
			return d, nil
		}
		err = p.withParsed(ctx, e, s, func(pk *npm.Packument, _ *table) error {
			d, err = p.renderNow(e, s, pk, w)
			return err
		})
		return d, err
	})
	return fl.Wait(ctx)
}

// renderNow makes ready bytes and keeps them if their base is one of those
// kept.
func (p *Proxy) renderNow(e *entry, s *snapshot, pk *npm.Packument, w want) (*ready.Document, error) {
	edit := npm.Edit{TarballBase: w.base, Dist: s.dist}
	edit.Restrict, edit.Omit = s.ruling.restrictions()
	if w.selector != "" && w.selector != tagsSelector {
		edit.Omit = nil // who names a version may have one that lists are without
	}
	if p.opts.Offline {
		omit, err := p.notStored(e, pk)
		if err != nil {
			return nil, err
		}
		maps.Copy(omit, edit.Omit)
		edit.Omit = omit
	}
	d, err := p.atReady.Document(func(out io.Writer) error { return writeShape(out, pk, w, edit) })
	if err != nil {
		return nil, err
	}
	d.Form = w.form
	if s.verdict == (verdict{}) {
		// What larder changes in a document changes without upstream: a date would
		// tell clients that they have what they have not.
		d.Modified = s.rec.Changed
	}
	if p.bases.Keep(w.base, p.opts.Now()) {
		p.ready.Add(entryReadyKey(e, s, w), d)
	}
	return d, nil
}

func writeShape(out io.Writer, pk *npm.Packument, w want, edit npm.Edit) error {
	switch w.selector {
	case "":
		return pk.Render(out, w.form, edit)
	case tagsSelector:
		return pk.RenderTags(out, edit)
	}
	return pk.RenderManifest(out, w.selector, edit)
}

// notStored lists the versions without a stored tarball: offline they cannot
// be installed, so they are left out.
func (p *Proxy) notStored(e *entry, pk *npm.Packument) (map[string]bool, error) {
	versions, err := p.deps.Records.Tarballs(e.key.ns, e.key.name.String())
	if err != nil {
		return nil, fmt.Errorf("list stored tarballs: %w", err)
	}
	have := make(map[string]bool, len(versions))
	for _, v := range versions {
		have[v] = true
	}
	omit := make(map[string]bool)
	for i := range pk.Versions {
		if key := pk.Versions[i].Key; !have[key] {
			omit[key] = true
		}
	}
	return omit, nil
}

// answer finds a servable snapshot of a name and makes a document of it. A
// stored document that turns out to be lost is fetched again, once.
func (p *Proxy) answer(ctx context.Context, q query, make func(*entry, *snapshot) (*ready.Document, error)) (Answer, error) {
	e, err := p.admit(ctx, q.name)
	if err != nil {
		return Answer{}, err
	}
	for lost := false; ; lost = true {
		s, outcome, err := p.current(ctx, e, q.first, q.force)
		if err != nil {
			return Answer{Outcome: outcome}, err
		}
		if err := p.claim(ctx, e); err != nil {
			return Answer{}, err
		}
		d, judged, err := p.makeJudged(ctx, e, s, make)
		if !errors.Is(err, errLost) || lost {
			if err == nil {
				p.lookAhead(ctx, served{e, judged, q.first, outcome})
			}
			return p.answerOf(d, judged, outcome), err
		}
		if err := p.forget(e, s); err != nil {
			return Answer{}, err
		}
	}
}

// makeJudged makes a document of a snapshot once it is judged.
func (p *Proxy) makeJudged(ctx context.Context, e *entry, s *snapshot, make func(*entry, *snapshot) (*ready.Document, error)) (*ready.Document, *snapshot, error) {
	s, err := p.ruled(ctx, e, s)
	if err != nil {
		return nil, nil, err
	}
	if s.ruling.undecided() {
		return nil, nil, &npm.Error{Kind: npm.ErrUnavailable, Package: e.key.name.String(), RetryAfter: unjudgedRest,
			Guard: "G63", Code: "E_UNJUDGED", Text: "no version of " + e.key.name.String() + " could be judged yet; try again"}
	}
	d, err := make(e, s)
	return d, s, err
}

// answerOf adds to a document what policy has to say about it.
func (p *Proxy) answerOf(d *ready.Document, s *snapshot, outcome Outcome) Answer {
	a := Answer{Document: d, Outcome: outcome}
	if s != nil && s.ruling != nil {
		a.Notice = s.ruling.notice
		if !s.ruling.until.IsZero() {
			a.MaxAge = max(s.ruling.until.Sub(p.opts.Now()), time.Second)
		}
	}
	return a
}

// query is what answer looks for.
type query struct {
	name npm.Name
	// first is rendered along with a document that is fetched.
	first want
	// force asks upstream whatever the age.
	force bool
}
