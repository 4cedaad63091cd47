package rest

import (
	"context"
	"runtime/debug"
)

// versionRoutes are those of GitLab documentation, "Version API" and "Metadata
// API".
func versionRoutes() []Route {
	return []Route{
		{Name: "version", Method: "GET", Path: "/version", SignedIn: true, Run: (*API).showVersion},
		{Name: "metadata", Method: "GET", Path: "/metadata", SignedIn: true, Run: (*API).showVersion},
	}
}

// versionView is what both paths answer.
type versionView struct {
	Version    string  `json:"version"`
	Revision   string  `json:"revision"`
	KAS        kasView `json:"kas"`
	Enterprise bool    `json:"enterprise"`
}

// kasView is about GitLab's server for Kubernetes, which there is none of.
type kasView struct {
	Enabled             bool    `json:"enabled"`
	ExternalURL         *string `json:"externalUrl"`
	ExternalK8sProxyURL *string `json:"externalK8sProxyUrl"`
	Version             *string `json:"version"`
}

// showVersion answers "GET /version" and "GET /metadata".
func (a *API) showVersion(context.Context, *Request) (*Response, error) {
	return ok(versionView{Version: a.opts.Version, Revision: revision()}), nil
}

// revision returns the commit that larder was built from, as the Go tool
// recorded it.
func revision() string {
	const shown = 12
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= shown {
			return s.Value[:shown]
		}
	}
	return ""
}
