package rest

import (
	"context"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// listCache lists the names that something is cached of.
func (a *API) listCache(ctx context.Context, r *Request) (*Response, error) {
	cache, err := a.cache()
	if err != nil {
		return nil, err
	}
	var q proxy.CachedQuery
	if q.Search, err = r.Params.Word("search", ""); err != nil {
		return nil, err
	}
	if q.After, err = r.Params.Word("name_after", ""); err != nil {
		return nil, err
	}
	if q.Limit, err = r.pageSize(); err != nil {
		return nil, err
	}
	list, next, err := cache.Cached(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.keyed(list, nextName(next)), nil
}

// showUsage tells how much is cached.
func (a *API) showUsage(ctx context.Context, _ *Request) (*Response, error) {
	cache, err := a.cache()
	if err != nil {
		return nil, err
	}
	u, err := cache.CachedUsage(ctx)
	if err != nil {
		return nil, err
	}
	return ok(u), nil
}

// cacheOf returns the cache and the name that the path has.
func (a *API) cacheOf(r *Request) (Cache, npm.Name, error) {
	cache, err := a.cache()
	if err != nil {
		return nil, npm.Name{}, err
	}
	name, err := r.packageName()
	return cache, name, err
}

// showCached shows what is cached of a name: a list with an entry for each
// upstream that it came from.
func (a *API) showCached(ctx context.Context, r *Request) (*Response, error) {
	cache, name, err := a.cacheOf(r)
	if err != nil {
		return nil, err
	}
	rows, err := cache.CachedVersions(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errNotFound("Name")
	}
	return ok(rows), nil
}

// actionPurge is what the audit log calls a purge.
const actionPurge = "cache.purge"

// purgeName removes what is cached of a name.
func (a *API) purgeName(ctx context.Context, r *Request) (*Response, error) {
	cache, name, err := a.cacheOf(r)
	if err != nil {
		return nil, err
	}
	if err := a.deps.Registry.Note(ctx, r.caller(), actionPurge, name.String()); err != nil {
		return nil, err
	}
	done, err := cache.Purge(ctx, name)
	if err != nil {
		return nil, err
	}
	return ok(done), nil
}

// purgeCache removes what is cached of all names that a pattern covers.
func (a *API) purgeCache(ctx context.Context, r *Request) (*Response, error) {
	cache, err := a.cache()
	if err != nil {
		return nil, err
	}
	if err := r.Params.Need("pattern"); err != nil {
		return nil, err
	}
	text, err := r.Params.Word("pattern", "")
	if err != nil {
		return nil, err
	}
	pattern, err := npm.ParsePattern(text)
	if err != nil {
		return nil, errWrong("pattern is invalid")
	}
	if err := a.deps.Registry.Note(ctx, r.caller(), actionPurge, pattern.String()); err != nil {
		return nil, err
	}
	done, err := cache.PurgeMatching(ctx, pattern)
	if err != nil {
		return nil, err
	}
	return ok(done), nil
}

// refreshName asks upstream about a name now.
func (a *API) refreshName(ctx context.Context, r *Request) (*Response, error) {
	cache, name, err := a.cacheOf(r)
	if err != nil {
		return nil, err
	}
	looked, err := cache.Look(ctx, name)
	if err != nil {
		return nil, err
	}
	return ok(looked), nil
}
