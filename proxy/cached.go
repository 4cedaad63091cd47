package proxy

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
)

// CachedName tells what is stored of a name that lives upstream.
type CachedName struct {
	Name string `json:"name"`
	// Upstream is the one that it came from, empty where that is not the one
	// that is asked for it now.
	Upstream string `json:"upstream,omitempty"`
	// Document is nil where none is stored.
	Document *CachedDocument `json:"document"`
	// Tarballs is how many versions have a stored tarball, and TarballBytes how
	// long these are together.
	Tarballs     int   `json:"tarballs"`
	TarballBytes int64 `json:"tarball_bytes"`
	// Versions are the stored tarballs; filled in by CachedVersions alone.
	Versions []CachedVersion `json:"versions,omitempty"`
}

// CachedDocument describes a stored packument.
type CachedDocument struct {
	// Bytes is its length, StoredBytes that of its compressed file.
	Bytes       int64 `json:"bytes"`
	StoredBytes int64 `json:"stored_bytes"`
	// FetchedAt is when it last changed here, CheckedAt when upstream last
	// confirmed it, FreshUntil when upstream is asked again.
	FetchedAt  time.Time `json:"fetched_at"`
	CheckedAt  time.Time `json:"checked_at"`
	FreshUntil time.Time `json:"fresh_until"`
}

// CachedVersion describes a stored tarball.
type CachedVersion struct {
	Version   string    `json:"version"`
	Bytes     int64     `json:"bytes"`
	Integrity string    `json:"integrity"`
	Shasum    string    `json:"shasum"`
	StoredAt  time.Time `json:"stored_at"`
}

// CachedUsage tells how much is cached. Bytes count each time that something
// needs them; what the disk holds may be less, or more until the next sweep.
type CachedUsage struct {
	Documents     int   `json:"documents"`
	DocumentBytes int64 `json:"document_bytes"`
	Tarballs      int   `json:"tarballs"`
	TarballBytes  int64 `json:"tarball_bytes"`
	// Others are attestations, keys and the like.
	Others     int   `json:"others"`
	OtherBytes int64 `json:"other_bytes"`
	// Ready are documents in memory, ready to be sent.
	Ready      int   `json:"ready"`
	ReadyBytes int64 `json:"ready_bytes"`
}

// CachedQuery asks for cached names, ordered as text.
type CachedQuery struct {
	// Search is a part of the names that are wanted, in any case.
	Search string
	// After is the name that the list begins after, Limit its length.
	After string
	Limit int
}

// Cached lists cached names. One that several upstreams had has several rows,
// which are not split, so that there may be more rows than the limit. The second
// result is the name that the next page begins after, empty where this page is
// the last.
func (p *Proxy) Cached(ctx context.Context, q CachedQuery) ([]CachedName, string, error) {
	nq := records.NameQuery{After: q.After, Limit: q.Limit + 1}
	if search := strings.ToLower(q.Search); search != "" {
		nq.Match = func(name string) bool { return strings.Contains(strings.ToLower(name), search) }
	}
	names, err := p.deps.Records.Names(ctx, nq)
	if err != nil {
		return nil, "", fmt.Errorf("list cache: %w", err)
	}
	next := ""
	if len(names) > q.Limit {
		names = names[:q.Limit]
		next = names[q.Limit-1]
	}
	namespaces, err := p.deps.Records.Namespaces()
	if err != nil {
		return nil, "", fmt.Errorf("list cache: %w", err)
	}
	out := []CachedName{}
	for _, text := range names {
		rows, err := p.cachedName(text, namespaces)
		if err != nil {
			return nil, "", err
		}
		for i := range rows {
			rows[i].Versions = nil
		}
		out = append(out, rows...)
	}
	return out, next, nil
}

// CachedVersions tells what is stored of a name with its tarballs, a row for
// each upstream that had it; none where nothing is stored.
func (p *Proxy) CachedVersions(_ context.Context, name npm.Name) ([]CachedName, error) {
	namespaces, err := p.deps.Records.Namespaces()
	if err != nil {
		return nil, fmt.Errorf("read cache: %w", err)
	}
	return p.cachedName(name.String(), namespaces)
}

func (p *Proxy) cachedName(text string, namespaces []string) ([]CachedName, error) {
	rows := []CachedName{}
	for _, ns := range namespaces {
		row := CachedName{Name: text, Upstream: p.upstreamOf(text, ns)}
		d, ok, err := p.deps.Records.Document(ns, text)
		if err != nil {
			return nil, fmt.Errorf("read cache: %w", err)
		}
		if ok {
			row.Document = &CachedDocument{Bytes: d.Size, StoredBytes: d.GzipSize, FetchedAt: d.Changed.UTC(),
				CheckedAt: d.Checked.UTC(), FreshUntil: d.Checked.Add(p.opts.TTL).UTC()}
		}
		tarballs, err := p.deps.Records.TarballsOf(ns, text)
		if err != nil {
			return nil, fmt.Errorf("read cache: %w", err)
		}
		for _, t := range tarballs {
			row.add(t)
		}
		if ok || row.Tarballs > 0 {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func (c *CachedName) add(t records.KeptTarball) {
	c.Tarballs++
	c.TarballBytes += t.Size
	c.Versions = append(c.Versions, CachedVersion{Version: t.Version, Bytes: t.Size, StoredAt: t.Stored.UTC(),
		Integrity: npm.IntegrityOfSHA512(t.Digest).String(), Shasum: hex.EncodeToString(t.SHA1[:])})
}

// upstreamOf names the upstream of a namespace where that is the one which a
// name is asked from.
func (p *Proxy) upstreamOf(text, ns string) string {
	name, err := npm.ParseName(text)
	if err != nil {
		return ""
	}
	if reg, ok := p.deps.Upstreams.Route(name); ok && reg.Namespace() == ns {
		return reg.Name()
	}
	return ""
}

// CachedUsage adds up what is cached. It reads every record.
func (p *Proxy) CachedUsage(ctx context.Context) (CachedUsage, error) {
	t, err := p.deps.Records.Totals(ctx)
	if err != nil {
		return CachedUsage{}, fmt.Errorf("add up cache: %w", err)
	}
	u := CachedUsage{Documents: t.Documents, DocumentBytes: t.DocumentBytes, Tarballs: t.Tarballs,
		TarballBytes: t.TarballBytes, Others: t.Raws, OtherBytes: t.RawBytes}
	u.ReadyBytes, u.Ready = p.ReadyBytes()
	return u, nil
}
