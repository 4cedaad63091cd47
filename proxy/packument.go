package proxy

import (
	"context"
	"errors"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
)

// Packument answers with the whole document of a name, in the form asked for.
// Errors are of npm's vocabulary: ErrNotFound only where upstream said so or
// the name is private, ErrUnavailable, ErrTimeout, ErrBadUpstream or
// ErrOffline otherwise.
func (p *Proxy) Packument(ctx context.Context, r PackumentRequest) (Answer, error) {
	w := want{form: r.Form, base: r.Base}
	return p.answer(ctx, query{name: r.Name, first: w, force: r.Fresh}, func(e *entry, s *snapshot) (*ready.Document, error) {
		return p.document(ctx, e, s, w)
	})
}

// DistTags answers with the object of dist-tags alone.
func (p *Proxy) DistTags(ctx context.Context, name npm.Name) (Answer, error) {
	return p.answer(ctx, query{name: name}, func(e *entry, s *snapshot) (*ready.Document, error) {
		return p.document(ctx, e, s, want{selector: tagsSelector})
	})
}

// Manifest answers with the full manifest of one version. A version that the
// cached document lacks causes one revalidation before it is ErrNotFound.
func (p *Proxy) Manifest(ctx context.Context, r ManifestRequest) (Answer, error) {
	manifest := func(e *entry, s *snapshot) (*ready.Document, error) {
		t, err := p.tableOf(ctx, e, s)
		if err != nil {
			return nil, err
		}
		version, ok := t.resolve(r.Selector)
		if !ok {
			return nil, missingVersion(e.key.name, r.Selector)
		}
		return p.document(ctx, e, s, want{selector: version, base: r.Base})
	}
	a, err := p.answer(ctx, query{name: r.Name}, manifest)
	if !errors.Is(err, npm.ErrNotFound) {
		return a, err
	}
	e, admitErr := p.admit(ctx, r.Name)
	if admitErr != nil || !e.snap.Load().usable() {
		return a, err
	}
	if asked := a.Outcome == Miss || a.Outcome == Revalidated; !asked {
		if !p.mayAsk(e, r.Selector) {
			return a, err
		}
		a, err = p.answer(ctx, query{name: r.Name, force: true}, manifest)
	}
	if errors.Is(err, npm.ErrNotFound) {
		e.lack(r.Selector, p.opts.Now())
	}
	return a, err
}

// mayAsk tells whether a version or tag that the document lacks is worth
// asking upstream for now: not while upstream's own answer to that is recent.
// Requests at the same time share one look, so invented versions cost upstream
// one conditional request at a time.
func (p *Proxy) mayAsk(e *entry, selector string) bool {
	return !p.opts.Offline && len(selector) <= maxSelector && !e.lacks(selector, p.opts.Now(), p.opts.NegativeTTL)
}

// maxSelector is the length beyond which nothing is a version (npm's semver
// stops at 256), a dist-tag, or the file name of a version.
const maxSelector = 512

func missingVersion(name npm.Name, version string) error {
	return &npm.Error{Kind: npm.ErrNotFound, Package: name.String(), Version: version,
		Text: "version not found: " + name.String() + "@" + version}
}
