package httpd

import (
	"context"
	"net/url"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/rest"
	"github.com/larderhq/larder/registry/site"
)

// Packages is where packages come from.
type Packages interface {
	Packument(ctx context.Context, r proxy.PackumentRequest) (proxy.Answer, error)
	Manifest(ctx context.Context, r proxy.ManifestRequest) (proxy.Answer, error)
	DistTags(ctx context.Context, name npm.Name) (proxy.Answer, error)
	// Tarball's ctx covers the answer's Body too: it is cancelled only once the
	// Body is closed.
	Tarball(ctx context.Context, r proxy.TarballRequest) (*proxy.Tarball, error)
}

// Services is where the answers come from that larder passes on unread.
type Services interface {
	Search(ctx context.Context, query url.Values) (proxy.Raw, error)
	AuditBulk(ctx context.Context, r proxy.AuditRequest) (proxy.Raw, error)
	AuditQuick(ctx context.Context, r proxy.AuditRequest) (proxy.Raw, error)
	Keys(ctx context.Context) (proxy.Raw, error)
	Attestations(ctx context.Context, name npm.Name, version string) (proxy.Raw, error)
}

// Check is one thing that must work for this server to be ready.
type Check struct {
	// Name is shown to whoever asks for readiness.
	Name string
	// Probe fails when the thing does not work. Its error is logged, not shown.
	Probe func(ctx context.Context) error
}

// Sources are what a Server answers from.
type Sources struct {
	Packages Packages
	Services Services
	// Accounts tells who somebody is, and Registry holds the packages that were
	// published here.
	Accounts *accounts.Service
	Registry *registry.Service
	// API answers GitLab's REST API.
	API *rest.API
	// Site makes the pages that people look at.
	Site *site.Site
	// Witness is told what was handed out and refused; nil where nobody asks.
	Witness Witness
	Checks  []Check
}
