package httpd

import (
	"context"
	"errors"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// keys answers "/-/npm/v1/keys" with the keys that packages are signed with:
// upstream's, and those of the packages that live here. Ours are there whatever
// upstream does, because private packages can be checked without it.
func (s *Server) keys(x *exchange) error {
	raw, err := s.allKeys(x.deadline(s.options.AnswerTimeout), x)
	if err == nil {
		return x.writeRaw(raw, nil, keptAge)
	}
	ours, none := s.sources.Registry.SigningKeys()
	if none != nil || errors.Is(err, npm.ErrLoop) { // the loop is for people to see
		return err
	}
	age := keptAge
	switch {
	case errors.Is(err, npm.ErrNotFound), errors.Is(err, npm.ErrUnauthenticated):
	case errors.Is(err, npm.ErrOffline):
		age = "no-store" // a client must not keep a list that keys are missing from
	default:
		age = "no-store"
		s.options.Logger.Warn("upstream's keys are left out", "req", x.id, "err", err)
	}
	x.outcome = outcomeLocal
	h := &x.ctx.Response.Header
	h.SetContentType(typeJSON)
	h.Set("Cache-Control", age)
	x.ctx.Response.SetBodyRaw(ours)
	return nil
}

// allKeys returns upstream's keys and ours.
func (s *Server) allKeys(ctx context.Context, x *exchange) (proxy.Raw, error) {
	if err := s.mayAskUpstream(x); err != nil {
		return proxy.Raw{}, err
	}
	raw, err := s.sources.Services.Keys(ctx)
	if err != nil {
		return proxy.Raw{}, err
	}
	raw.Body, err = s.sources.Registry.MergeKeys(raw.Body)
	return raw, err
}
