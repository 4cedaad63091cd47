package rest

import (
	"context"
	"net/http"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// Cache is what larder keeps of upstream, for administrators.
type Cache interface {
	CacheReader
	CacheKeeper
}

// CacheReader tells what is cached, see the methods of proxy.Proxy.
type CacheReader interface {
	Cached(ctx context.Context, q proxy.CachedQuery) ([]proxy.CachedName, string, error)
	CachedVersions(ctx context.Context, name npm.Name) ([]proxy.CachedName, error)
	CachedUsage(ctx context.Context) (proxy.CachedUsage, error)
}

// CacheKeeper changes what is cached, see the methods of proxy.Proxy.
type CacheKeeper interface {
	Purge(ctx context.Context, name npm.Name) (proxy.Purged, error)
	PurgeMatching(ctx context.Context, pattern npm.Pattern) (proxy.Purged, error)
	Look(ctx context.Context, name npm.Name) (proxy.Looked, error)
}

// Explainer tells all that is known of a name, and of a version unless that is
// empty, as "larder explain --json" prints it.
type Explainer interface {
	Explain(ctx context.Context, name npm.Name, version string) (any, error)
}

// larderRoutes are the API of larder's own. All of it is for administrators.
func larderRoutes() []Route {
	routes := []Route{
		{Name: "larder_names", Method: http.MethodGet, Path: "/larder/names", Run: (*API).listNames},
		{Name: "larder_name", Method: http.MethodGet, Path: "/larder/names/:name", Run: (*API).showName},
		{Name: "larder_name_release", Method: http.MethodPost, Path: "/larder/names/:name/release", Run: (*API).releaseName},
		{Name: "larder_name_acknowledge", Method: http.MethodPost, Path: "/larder/names/:name/acknowledge", Run: (*API).acknowledgeName},
		{Name: "larder_cache", Method: http.MethodGet, Path: "/larder/cache", Run: (*API).listCache},
		{Name: "larder_cache", Method: http.MethodDelete, Path: "/larder/cache", Run: (*API).purgeCache},
		{Name: "larder_cache_usage", Method: http.MethodGet, Path: "/larder/cache_usage", Run: (*API).showUsage},
		{Name: "larder_cache_name", Method: http.MethodGet, Path: "/larder/cache/:name", Run: (*API).showCached},
		{Name: "larder_cache_name", Method: http.MethodDelete, Path: "/larder/cache/:name", Run: (*API).purgeName},
		{Name: "larder_cache_refresh", Method: http.MethodPost, Path: "/larder/cache/:name/refresh", Run: (*API).refreshName},
		{Name: "larder_explain", Method: http.MethodGet, Path: "/larder/explain/:name", Run: (*API).explainName},
		{Name: "larder_audit", Method: http.MethodGet, Path: "/larder/audit", Run: (*API).listAudit},
		{Name: "larder_orders", Method: http.MethodGet, Path: "/larder/policy/orders", Run: (*API).listOrders},
		{Name: "larder_orders", Method: http.MethodPost, Path: "/larder/policy/orders", Run: (*API).giveOrder},
		{Name: "larder_order", Method: http.MethodDelete, Path: "/larder/policy/orders/:id", Run: (*API).endOrder},
		{Name: "larder_served", Method: http.MethodGet, Path: "/larder/policy/served", Run: (*API).listServed},
		{Name: "larder_decisions", Method: http.MethodGet, Path: "/larder/policy/decisions", Run: (*API).listDecisions},
	}
	for i, r := range routes {
		run := r.Run
		routes[i].SignedIn = true
		routes[i].Run = func(a *API, ctx context.Context, r *Request) (*Response, error) {
			if err := r.admin(); err != nil {
				return nil, err
			}
			return run(a, ctx, r)
		}
	}
	return routes
}

// packageName reads the name of a package that the path has.
func (r *Request) packageName() (npm.Name, error) {
	text, err := r.Params.Word("name", "")
	if err != nil {
		return npm.Name{}, err
	}
	name, err := npm.ParseName(text)
	if err != nil {
		return npm.Name{}, errWrong("name is invalid")
	}
	return name, nil
}

// cache returns the cache; an API that was made without one has no such routes.
func (a *API) cache() (Cache, error) {
	if a.deps.Cache == nil {
		return nil, errNotFound("Cache")
	}
	return a.deps.Cache, nil
}

// explainName tells all that is known of a name.
func (a *API) explainName(ctx context.Context, r *Request) (*Response, error) {
	name, err := r.packageName()
	if err != nil {
		return nil, err
	}
	version, err := r.version()
	if err != nil {
		return nil, err
	}
	if a.deps.Explainer == nil {
		return nil, errNotFound("Explanation")
	}
	x, err := a.deps.Explainer.Explain(ctx, name, version)
	if err != nil {
		return nil, err
	}
	return ok(x), nil
}
