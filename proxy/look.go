package proxy

import (
	"context"
	"errors"

	"github.com/larderhq/larder/registry/npm"
)

// Looked tells what asking upstream about a name brought.
type Looked struct {
	Name string `json:"name"`
	// Upstream is the one that was asked.
	Upstream string `json:"upstream"`
	// Result is "changed", "unchanged", "not found" or "failed".
	Result string `json:"result"`
	// Reason says why it failed.
	Reason string `json:"reason,omitempty"`
}

// Look asks upstream about a name now, whatever the age of its document, and
// keeps what it says. A document that is stored is asked for on condition that
// it changed; for all of it, purge the name before. That upstream fails is a
// result; names that are never asked upstream are an error.
func (p *Proxy) Look(ctx context.Context, name npm.Name) (Looked, error) {
	e, err := p.admit(ctx, name)
	if err != nil {
		return Looked{}, err
	}
	if p.opts.Offline {
		return Looked{}, &npm.Error{Kind: npm.ErrOffline, Package: name.String(), Text: "offline mode forbids asking upstream"}
	}
	before, err := p.load(ctx, e)
	if err != nil {
		return Looked{}, err
	}
	out := Looked{Name: name.String(), Upstream: e.reg.Name(), Result: "changed"}
	r, err := p.startRefresh(ctx, e, before, want{}).Wait(ctx)
	switch {
	case errors.Is(err, npm.ErrNotFound):
		out.Result = "not found"
	case err != nil:
		out.Result, out.Reason = "failed", reason(err)
	case before.usable() && r.snap.rev == before.rev:
		out.Result = "unchanged"
	}
	return out, nil
}

// reason words a failure without what only logs may say.
func reason(err error) string {
	var e *npm.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return "larder failed; its log says why"
}
