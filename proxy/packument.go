package proxy

import (
	"context"
	"errors"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
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
		version, err := p.resolve(ctx, e, s, r.Selector)
		if err != nil {
			return nil, err
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

// resolve turns a version or a dist-tag, as clients see it, into a version that
// they may have.
func (p *Proxy) resolve(ctx context.Context, e *entry, s *snapshot, selector string) (string, error) {
	t, err := p.tableOf(ctx, e, s)
	if err != nil {
		return "", err
	}
	version, ok := t.resolve(selector)
	if moved, is := s.ruling.tags[selector]; is {
		version, ok = moved, true
	}
	if !ok {
		return "", missingVersion(e.key.name, selector)
	}
	if said := s.ruling.of(version); said != nil && said.Action == policy.Deny {
		return "", p.refusal(e.key.name, version, said, s.ruling.rules)
	}
	if said := s.ruling.of(version); s.ruling.hidden[version] && said != nil && !said.listless() {
		return "", unjudgedRefusal(tarballKey{e.key, version}, said)
	}
	return version, nil
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
