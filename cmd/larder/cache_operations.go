package main

import (
	"context"
	"errors"
	"strings"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// cachePage is how many names one step of a list reads.
const cachePage = 1000

// listCached lists all cached names that hold a text.
func listCached(ctx context.Context, d *desk, in named) ([]proxy.CachedName, error) {
	out := []proxy.CachedName{}
	q := proxy.CachedQuery{Search: in.Name, Limit: cachePage}
	for {
		list, next, err := d.cache.Cached(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if next == "" {
			return out, nil
		}
		q.After = next
	}
}

func showCached(ctx context.Context, d *desk, in named) ([]proxy.CachedName, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return nil, err
	}
	list, err := d.cache.CachedVersions(ctx, name)
	if err == nil && len(list) == 0 {
		err = errors.New("nothing is stored of " + name.String())
	}
	return list, err
}

func cacheUsage(ctx context.Context, d *desk, _ struct{}) (proxy.CachedUsage, error) {
	return d.cache.CachedUsage(ctx)
}

// purgeCached purges a name, or all that a pattern covers.
func purgeCached(ctx context.Context, d *desk, in named) (proxy.Purged, error) {
	pattern, err := npm.ParsePattern(in.Name)
	if err != nil {
		return proxy.Purged{}, err
	}
	if err := d.service.Note(ctx, d.caller(), "cache.purge", in.Name); err != nil {
		return proxy.Purged{}, err
	}
	// As a pattern a name would stand for all its spellings.
	if name, err := npm.ParseName(in.Name); err == nil && !strings.HasSuffix(in.Name, "*") {
		return d.cache.Purge(ctx, name)
	}
	return d.cache.PurgeMatching(ctx, pattern)
}

func refreshCached(ctx context.Context, d *desk, in named) (proxy.Looked, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return proxy.Looked{}, err
	}
	return d.cache.Look(ctx, name)
}
