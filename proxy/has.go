package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/klauspost/compress/gzip"

	"github.com/larderhq/larder/registry/npm"
)

// Has tells whether upstream has a name now: a copy that is younger than its
// time to live does not count. A name that no upstream is configured for is one
// that upstream does not have.
func (p *Proxy) Has(ctx context.Context, name npm.Name) (bool, error) {
	if _, ok := p.deps.Upstreams.Route(name); !ok {
		return false, nil
	}
	if p.opts.Offline {
		return false, &npm.Error{Kind: npm.ErrOffline, Text: "offline mode forbids asking upstream"}
	}
	_, err := p.Packument(ctx, PackumentRequest{Name: name, Fresh: true})
	if errors.Is(err, npm.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// HasVersion is Has for one version.
func (p *Proxy) HasVersion(ctx context.Context, name npm.Name, version string) (bool, error) {
	if has, err := p.Has(ctx, name); err != nil || !has {
		return false, err
	}
	_, err := p.Manifest(ctx, ManifestRequest{Name: name, Selector: version})
	if errors.Is(err, npm.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Document returns the whole packument of a name as plain JSON, for whoever
// adds versions of their own to it. Its tarball URLs lead nowhere.
func (p *Proxy) Document(ctx context.Context, name npm.Name) ([]byte, error) {
	a, err := p.Packument(ctx, PackumentRequest{Name: name})
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(a.Gzip))
	if err != nil {
		return nil, fmt.Errorf("open ready bytes: %w", err)
	}
	doc := make([]byte, 0, a.Size)
	text := bytes.NewBuffer(doc)
	if _, err := text.ReadFrom(z); err != nil {
		return nil, fmt.Errorf("read ready bytes: %w", err)
	}
	return text.Bytes(), nil
}
