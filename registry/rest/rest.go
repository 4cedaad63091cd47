package rest

import (
	"errors"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
)

// Deps are the rooms that the API works with. Registry and Accounts are
// required; without Cache, Explainer or Policy their routes answer 404.
type Deps struct {
	Registry  *registry.Service
	Accounts  *accounts.Service
	Cache     Cache
	Explainer Explainer
	Policy    Policy
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
}

// New returns a ready API.
func New(d Deps, o Options) (*API, error) {
	if d.Registry == nil || d.Accounts == nil {
		return nil, errors.New("the REST API needs registry and accounts")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &API{deps: d, opts: o}, nil
}
