package httpd

import (
	"context"
	"errors"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// outcomeLocal is the access log's and the metrics' word for answers of the
// private registry.
const outcomeLocal = "local"

// The Cache-Control of what not everybody may read. Documents are asked for
// each time, because a publish must be seen at once and a withdrawn right too.
const (
	localAge        = "private, max-age=0, must-revalidate"
	localTarballAge = "private, max-age=31536000, immutable"
	varyCaller      = ", Authorization"
)

// locate finds where the request's name comes from for its caller.
func (s *Server) locate(ctx context.Context, x *exchange) (registry.Location, error) {
	l, err := s.sources.Registry.Locate(ctx, x.caller(), x.target.Place, x.target.Name)
	if err != nil {
		return l, err
	}
	if l.Forward && !l.Local() {
		return l, s.mayAskUpstream(x)
	}
	return l, nil
}

// writeLocal answers with a document of the private registry.
func (s *Server) writeLocal(x *exchange, d *ready.Document, err error, vary string) error {
	if err != nil {
		return err
	}
	x.outcome = outcomeLocal
	rep := representation{contentType: typeJSON, cacheControl: localAge, vary: vary + varyCaller}
	if d.Form == npm.Abbreviated {
		rep.contentType = typeAbbreviated
	}
	return s.writeReady(x, d, rep)
}

// fetches tells that the client downloads what it asks for. Whoever has it
// already does not.
func (x *exchange) fetches() bool { return !x.isHead() && x.header("If-None-Match") == nil }

// localTarball opens a tarball of the private registry.
func (s *Server) localTarball(ctx context.Context, x *exchange, l registry.Location) (*proxy.Tarball, error) {
	t, err := s.sources.Registry.Tarball(ctx, l, x.target.File)
	if err != nil {
		return nil, err
	}
	if x.fetches() {
		s.sources.Registry.Downloaded(t.Package)
	}
	return &proxy.Tarball{Version: t.Version, Size: t.Body.Size(), ETag: t.ETag, Body: t.Body, Stored: t.Stored}, nil
}

// openTarball opens a tarball from wherever the name comes from. Of a name of
// both sides, what is not here comes from upstream.
func (s *Server) openTarball(x *exchange, whole bool) (*proxy.Tarball, error) {
	ctx := x.deadline(s.options.TarballTimeout)
	l, err := s.locate(ctx, x)
	if err != nil {
		return nil, err
	}
	if l.Local() {
		t, err := s.localTarball(ctx, x, l)
		if !l.Forward || !errors.Is(err, npm.ErrNotFound) {
			x.outcome = outcomeLocal
			return t, err
		}
	}
	t, err := s.sources.Packages.Tarball(ctx, proxy.TarballRequest{Name: x.target.Name, File: x.target.File, Whole: whole})
	if err == nil {
		x.came(t.Outcome)
	}
	return t, err
}

// packumentShape says how the request wants its packument.
func (x *exchange) packumentShape() registry.Shape {
	return registry.Shape{Form: chooseForm(x.header("Accept")), Base: x.origin.base + x.target.Prefix}
}
