package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
)

// Shape says which document of a name is wanted, and for which clients.
type Shape struct {
	Form npm.Form
	// Base is the public URL that tarball URLs start with, prefix included.
	Base string
}

// want is a Shape or another document of the name.
type want struct {
	Shape
	// selector is empty for a packument, a version for its manifest, or
	// tagsSelector.
	selector string
}

// tagsSelector asks for the dist-tags alone; no version can be spelled so.
const tagsSelector = "?tags"

// readyKey names final bytes: everything that they depend on is in it.
type readyKey struct {
	parsedKey
	want
}

// parsedKey names a composed document.
type parsedKey struct{ name, view string }

func readyCost(k readyKey, d *ready.Document) int64 {
	return int64(cap(d.Gzip)+len(k.name)+len(k.view)+len(k.Base)+len(k.selector)) + 400
}

// composed is a packument made from records.
type composed struct {
	packument *npm.Packument
	modified  time.Time
	// attested tells that attestationBase stands in it.
	attested bool
}

func composedCost(k parsedKey, c *composed) int64 {
	return c.packument.Bytes() + int64(len(k.name)+len(k.view)) + 200
}

// Packument returns the whole document of a name that is local.
func (s *Service) Packument(ctx context.Context, l Location, shape Shape) (*ready.Document, error) {
	return s.document(ctx, l, want{Shape: shape})
}

// DistTags returns the object of dist-tags alone.
func (s *Service) DistTags(ctx context.Context, l Location) (*ready.Document, error) {
	return s.document(ctx, l, want{selector: tagsSelector})
}

// Manifest returns the manifest of one version, named by an exact version or a
// dist-tag.
func (s *Service) Manifest(ctx context.Context, l Location, selector, base string) (*ready.Document, error) {
	c, err := s.compose(ctx, l)
	if err != nil {
		return nil, err
	}
	version := selector
	if tagged, ok := c.packument.Tag(selector); ok {
		version = tagged
	}
	if _, ok := c.packument.Version(version); !ok {
		return nil, &npm.Error{Kind: npm.ErrNotFound, Package: l.name.String(), Version: selector,
			Text: "version not found: " + l.name.String() + "@" + selector}
	}
	return s.document(ctx, l, want{Shape: Shape{Base: base}, selector: version})
}

// document returns ready bytes, rendering them once however many ask.
func (s *Service) document(ctx context.Context, l Location, w want) (*ready.Document, error) {
	if l.Forward {
		return s.dualDocument(ctx, l, w)
	}
	key := readyKey{parsedKey: parsedKey{name: l.name.String(), view: l.view()}, want: w}
	if d, ok := s.ready.Get(key); ok {
		s.bases.Touch(w.Base, s.opts.Now())
		return d, nil
	}
	fl, _ := s.renders.Start(key, s.spawn, func(ctx context.Context) (*ready.Document, error) {
		return s.render(ctx, l, key)
	})
	return fl.Wait(ctx)
}

// render makes ready bytes and keeps them if their base is one of those kept.
func (s *Service) render(ctx context.Context, l Location, key readyKey) (*ready.Document, error) {
	if d, ok := s.ready.Get(key); ok {
		return d, nil
	}
	c, err := s.compose(ctx, l)
	if err != nil {
		return nil, err
	}
	d, err := s.gzip.Document(func(out io.Writer) error { return c.write(out, key.want) })
	if err != nil {
		return nil, err
	}
	d.Form, d.Modified = key.Form, c.modified
	if s.bases.Keep(key.Base, s.opts.Now()) {
		s.ready.Add(key, d)
	}
	return d, nil
}

// attestationBase stands for the public base in composed documents, where the
// URLs of attestations begin with it. Nobody can have that host.
const attestationBase = "http://attestations.invalid"

// write renders one shape of the document.
func (c *composed) write(out io.Writer, w want) error {
	if !c.attested {
		return c.render(out, w)
	}
	var text bytes.Buffer
	if err := c.render(&text, w); err != nil {
		return err
	}
	_, err := out.Write(bytes.ReplaceAll(text.Bytes(), []byte(attestationBase), []byte(w.Base)))
	return err
}

func (c *composed) render(out io.Writer, w want) error {
	edit := npm.Edit{TarballBase: w.Base}
	switch w.selector {
	case "":
		return c.packument.Render(out, w.Form, edit)
	case tagsSelector:
		return c.packument.RenderTags(out, edit)
	}
	return c.packument.RenderManifest(out, w.selector, edit)
}

// compose returns the packument of a location, made once however many ask.
func (s *Service) compose(ctx context.Context, l Location) (*composed, error) {
	if l.Forward {
		return s.composeDual(ctx, l)
	}
	key := parsedKey{name: l.name.String(), view: l.view()}
	if c, ok := s.parsed.Get(key); ok {
		return c, nil
	}
	fl, _ := s.composes.Start(key, s.spawn, func(ctx context.Context) (*composed, error) {
		c, err := s.composeNow(ctx, l)
		if err == nil {
			s.parsed.Add(key, c)
		}
		return c, err
	})
	return fl.Wait(ctx)
}

func (s *Service) composeNow(ctx context.Context, l Location) (*composed, error) {
	doc, modified, err := s.composeText(ctx, l)
	if err != nil {
		return nil, err
	}
	return scan(l.name, doc, modified)
}

func scan(name npm.Name, doc []byte, modified time.Time) (*composed, error) {
	// What was composed is read like what any upstream sends, so that one piece
	// of code makes all forms of it.
	packument, err := npm.Scan(doc, name, npm.Limits{})
	if err != nil {
		return nil, fmt.Errorf("BUG: composed packument of %s: %w", name, err)
	}
	return &composed{packument: packument, modified: modified, attested: bytes.Contains(doc, []byte(attestationBase))}, nil
}

// composeText writes the packument of a location.
func (s *Service) composeText(ctx context.Context, l Location) ([]byte, time.Time, error) {
	sh, err := s.gather(ctx, l.name.String(), l.holders)
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(sh.versions) == 0 {
		return nil, time.Time{}, errNoPackage()
	}
	doc, err := s.write(ctx, l.name, sh)
	return doc, sh.modified, err
}
