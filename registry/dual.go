package registry

import (
	"context"
	"io"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
)

// A name of both sides is rare and changes with either of them, so that its
// documents are made for each request and kept nowhere.

// composeDual adds the local versions of a name to upstream's packument.
func (s *Service) composeDual(ctx context.Context, l Location) (*composed, error) {
	ours, modified, err := s.composeText(ctx, l)
	if err != nil {
		return nil, err
	}
	theirs, err := s.deps.Upstream.Document(ctx, l.name)
	if err != nil {
		return nil, err
	}
	doc, err := npm.Merge(theirs, ours)
	if err != nil {
		return nil, err
	}
	return scan(l.name, doc, modified)
}

func (s *Service) dualDocument(ctx context.Context, l Location, w want) (*ready.Document, error) {
	c, err := s.composeDual(ctx, l)
	if err != nil {
		return nil, err
	}
	// It has no date: upstream's part changes without ours.
	d, err := s.gzip.Document(func(out io.Writer) error { return c.write(out, w) })
	if err != nil {
		return nil, err
	}
	d.Form = w.Form
	return d, nil
}
