package registry

import (
	"context"
	"fmt"
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
	packument, err := npm.Scan(doc, l.name, npm.Limits{})
	if err != nil {
		return nil, fmt.Errorf("scan merged packument of %s: %w", l.name, err)
	}
	return &composed{packument: packument, modified: modified}, nil
}

func (s *Service) dualDocument(ctx context.Context, l Location, w want) (*ready.Document, error) {
	c, err := s.composeDual(ctx, l)
	if err != nil {
		return nil, err
	}
	d, err := s.gzip.Document(func(out io.Writer) error { return c.write(out, w) })
	if err != nil {
		return nil, err
	}
	d.Form, d.Modified = w.Form, c.modified
	return d, nil
}
