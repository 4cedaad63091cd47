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
	_, err := p.listedNow(ctx, name)
	if errors.Is(err, npm.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// HasVersion is Has for one version. What policy keeps from clients is there all
// the same: nobody else may publish it.
func (p *Proxy) HasVersion(ctx context.Context, name npm.Name, version string) (bool, error) {
	t, err := p.listedNow(ctx, name)
	if errors.Is(err, npm.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, has := t.rows[version]
	return has, nil
}

// listedNow asks upstream what it lists of a name, whatever policy says of it. It
// is npm.ErrNotFound where no upstream has it.
func (p *Proxy) listedNow(ctx context.Context, name npm.Name) (*table, error) {
	e, err := p.admit(ctx, name)
	if err != nil {
		return nil, err
	}
	if p.opts.Offline {
		return nil, &npm.Error{Kind: npm.ErrOffline, Text: "offline mode forbids asking upstream"}
	}
	for lost := false; ; lost = true {
		s, _, err := p.current(ctx, e, want{}, true)
		if err != nil {
			return nil, err
		}
		if err := p.claim(ctx, e); err != nil {
			return nil, err
		}
		t, err := p.tableOf(ctx, e, s)
		if !errors.Is(err, errLost) || lost {
			return t, err
		}
		if err := p.forget(e, s); err != nil {
			return nil, err
		}
	}
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
