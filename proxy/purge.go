package proxy

import (
	"context"
	"fmt"
	"slices"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
)

// purgePage is how many names a purge by pattern lists at one time.
const purgePage = 500

// Purged tells what a purge removed. The same bytes under several names count
// each time, and the sweeper frees them once nothing else needs them.
type Purged struct {
	Names     int   `json:"names"`
	Documents int   `json:"documents"`
	Tarballs  int   `json:"tarballs"`
	Bytes     int64 `json:"bytes"`
}

func (p *Purged) add(some records.Purged) {
	p.Documents += some.Documents
	p.Tarballs += some.Tarballs
	p.Bytes += some.Bytes
	if some != (records.Purged{}) {
		p.Names++
	}
}

// Purge removes what is cached of a name: its document, its tarballs and its
// attestations. Whoever asks for it afterwards gets what upstream says then,
// also where an answer of upstream was under way. What is precious stays: whose
// the name is and the pins of its versions.
func (p *Proxy) Purge(ctx context.Context, name npm.Name) (Purged, error) {
	w, err := p.newPurge()
	if err != nil {
		return Purged{}, err
	}
	if err := w.purge(ctx, name); err != nil {
		return w.sum, err
	}
	p.dropReady(func(n npm.Name) bool { return n == name })
	return w.sum, p.syncPurge()
}

// PurgeMatching purges all cached names that a pattern covers. Where it fails,
// what it returns was purged.
func (p *Proxy) PurgeMatching(ctx context.Context, pattern npm.Pattern) (Purged, error) {
	w, err := p.newPurge()
	if err != nil {
		return Purged{}, err
	}
	defer p.dropReady(pattern.Match)
	// Names that are not stored yet, or no longer, are known in memory alone.
	for name := range p.known(pattern) {
		if err := w.purge(ctx, name); err != nil {
			return w.sum, err
		}
	}
	q := records.NameQuery{Limit: purgePage, Match: matches(pattern)}
	for {
		names, err := p.deps.Records.Names(ctx, q)
		if err != nil {
			return w.sum, fmt.Errorf("purge names: %w", err)
		}
		for _, text := range names {
			name, err := npm.ParseName(text)
			if err != nil {
				return w.sum, fmt.Errorf("purge names: %w", err)
			}
			if err := w.purge(ctx, name); err != nil {
				return w.sum, err
			}
		}
		if len(names) < purgePage {
			return w.sum, p.syncPurge()
		}
		q.After = names[len(names)-1]
	}
}

// matches tells for each name as text whether a pattern covers it.
func matches(pattern npm.Pattern) func(string) bool {
	return func(text string) bool {
		name, err := npm.ParseName(text)
		return err == nil && pattern.Match(name)
	}
}

// known returns the names in memory that a pattern covers.
func (p *Proxy) known(pattern npm.Pattern) map[npm.Name]struct{} {
	names := map[npm.Name]struct{}{}
	p.entries.RemoveFunc(func(k entryKey, _ *entry) bool {
		if pattern.Match(k.name) {
			names[k.name] = struct{}{}
		}
		return false
	})
	return names
}

// purging is a purge under way.
type purging struct {
	*Proxy
	// namespaces are those that records are kept of.
	namespaces []string
	sum        Purged
}

func (p *Proxy) newPurge() (*purging, error) {
	namespaces, err := p.deps.Records.Namespaces()
	if err != nil {
		return nil, fmt.Errorf("purge: %w", err)
	}
	return &purging{Proxy: p, namespaces: namespaces}, nil
}

// purge ends the life of one name.
func (w *purging) purge(ctx context.Context, name npm.Name) error {
	if err := ctx.Err(); err != nil {
		return &npm.Error{Kind: npm.ErrTimeout, Err: err,
			Text: "the purge took longer than this request may wait; what it came to is purged: repeat it for the rest"}
	}
	// The first document of an upstream may be on its way.
	if reg, ok := w.deps.Upstreams.Route(name); ok && !slices.Contains(w.namespaces, reg.Namespace()) {
		w.namespaces = append(w.namespaces, reg.Namespace())
	}
	var some records.Purged
	err := w.lives.end(name, func() (err error) {
		some, err = w.deps.Records.Purge(w.namespaces, name.String(), attestationsOf(name))
		return err
	})
	w.sum.add(some)
	if err != nil {
		return fmt.Errorf("purge %s: %w", name, err)
	}
	return nil
}

// dropReady frees the memory that purged names take. Nobody finds any of it
// again, with or without this.
func (p *Proxy) dropReady(gone func(npm.Name) bool) {
	p.ready.RemoveFunc(func(k readyKey, _ *ready.Document) bool { return gone(k.name) })
	p.parsed.RemoveFunc(func(k parsedKey, _ *npm.Packument) bool { return gone(k.name) })
	p.tables.RemoveFunc(func(k parsedKey, _ *table) bool { return gone(k.name) })
	p.entries.RemoveFunc(func(_ entryKey, e *entry) bool { return e.purged() })
}

// syncPurge makes sure that what was purged does not come back with a crash of
// the machine.
func (p *Proxy) syncPurge() error {
	if err := p.deps.Records.Sync(); err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	return nil
}
