package proxy

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// heldVersions tells which versions of a name policy denies for a time, as far
// as it was asked about them, and until when.
func (p *Proxy) heldVersions(ctx context.Context, name npm.Name) map[string]time.Time {
	if p.opts.Held != nil {
		return p.opts.Held(ctx, name)
	}
	e, err := p.admit(ctx, name)
	if err != nil {
		return nil
	}
	s, err := p.judgedDocument(ctx, e)
	if err != nil {
		return nil // an audit says what is known
	}
	held := make(map[string]time.Time)
	for version, said := range s.ruling.by {
		if said.Action == policy.Deny && !said.Until.IsZero() {
			held[version] = said.Until
		}
	}
	return held
}
