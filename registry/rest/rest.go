package rest

import (
	"errors"
	"log/slog"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
)

// Deps are the rooms that the API works with. Registry and Accounts are
// required; without Cache or Explainer their routes answer 404.
type Deps struct {
	Registry  *registry.Service
	Accounts  *accounts.Service
	Cache     Cache
	Explainer Explainer
	Logger    *slog.Logger
}

// Options are the API's settings. The zero value of each field means its
// default.
type Options struct {
	// Version is larder's own, as "GET /version" tells it.
	Version string
	// Now is the clock (time.Now).
	Now func() time.Time
}

// API answers requests. All methods are safe for concurrent use.
type API struct {
	deps Deps
	opts Options
	log  *slog.Logger
}

// New returns a ready API.
func New(d Deps, o Options) (*API, error) {
	if d.Registry == nil || d.Accounts == nil {
		return nil, errors.New("the REST API needs registry and accounts")
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &API{deps: d, opts: o, log: d.Logger}, nil
}
