package proxy

import (
	"context"

	"github.com/larderhq/larder/registry/npm"
)

// WithJudging decodes the document of a name and lets a benchmark judge it by the
// rules in force, as often as it likes; listed is how many versions are left.
func (p *Proxy) WithJudging(ctx context.Context, name npm.Name, f func(judge func() (listed int, err error)) error) error {
	e, err := p.admit(ctx, name)
	if err != nil {
		return err
	}
	s, err := p.load(ctx, e)
	if err != nil {
		return err
	}
	return p.withParsed(ctx, e, s, func(pk *npm.Packument, _ *table) error {
		return f(func() (int, error) {
			r, err := p.judgeNew(ctx, e, s, judgeable{pk, p.rules.Load()})
			if err != nil {
				return 0, err
			}
			return r.listed, nil
		})
	})
}

// LooksAhead tells whether documents are being fetched that nobody asked for.
func (p *Proxy) LooksAhead() bool {
	p.ahead.mu.Lock()
	defer p.ahead.mu.Unlock()
	return p.ahead.waiting > 0
}

// AllowLookahead bounds the documents, and the bytes of tarballs, that one request
// makes be fetched ahead.
func (p *Proxy) AllowLookahead(documents, bytes int64) {
	p.ahead.documents, p.ahead.bytes = documents, bytes
}
