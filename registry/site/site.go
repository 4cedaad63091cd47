package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/web"
)

// Deps are the rooms that pages are made of. Registry and Accounts are required.
type Deps struct {
	Registry *registry.Service
	Accounts *accounts.Service
	// Cached counts the names of upstream that are kept; nil where nobody
	// counts.
	Cached func(ctx context.Context) (int64, error)
}

// Options are the settings of pages.
type Options struct {
	// Version is larder's own, shown at the foot of pages.
	Version string
}

// Site makes pages. All methods are safe for concurrent use.
type Site struct {
	deps   Deps
	pages  *web.Pages
	cached tally
}

// New returns a ready site.
func New(d Deps, o Options) (*Site, error) {
	if d.Registry == nil || d.Accounts == nil {
		return nil, errors.New("pages need registry and accounts")
	}
	pages, err := web.New(web.Options{Version: o.Version})
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	return &Site{deps: d, pages: pages, cached: tally{count: d.Cached}}, nil
}

// Policy returns the Content-Security-Policy of every page.
func (s *Site) Policy() string { return s.pages.Policy() }

// Visit is somebody who looks at a page.
type Visit struct {
	Principal *accounts.Principal
	// Address is the visitor's.
	Address string
	// Base is the public URL of larder without a slash at its end, and Mount
	// that URL's path. Links begin with Mount, lines to paste with Base.
	Base, Mount string
	// Here is the path and query of the page below the public URL.
	Here string
	// Query holds the page's own parameters.
	Query url.Values
}

func (v Visit) caller() registry.Caller {
	return registry.Caller{Principal: v.Principal, Address: v.Address}
}

// frame is what surrounds every page.
func (v Visit) frame() web.Frame {
	f := web.Frame{Home: v.Mount + "/"}
	if v.Principal.Kind == accounts.Anonymous {
		f.SignIn = v.Mount + "/-/login"
		if v.Here != "" && v.Here != "/" {
			f.SignIn += "?next=" + url.QueryEscape(v.Here)
		}
		return f
	}
	f.Username, f.SignOut = v.Principal.Username, v.Mount+"/-/logout"
	return f
}

// rendered runs one renderer into memory.
func rendered[V any](render func(w io.Writer, view V) error, view V) ([]byte, error) {
	var b bytes.Buffer
	if err := render(&b, view); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Problem is why a page cannot be shown.
type Problem struct {
	// Status is the HTTP status.
	Status int
	// Text is what clients are told.
	Text string
	// Request is the request's number in the log.
	Request string
}

// Failure tells why a page cannot be shown.
func (s *Site) Failure(v Visit, p Problem) ([]byte, error) {
	return rendered(s.pages.Error, web.ErrorView{Frame: v.frame(), Status: p.Status, Text: p.Text, RequestID: p.Request})
}

// Next returns where a browser may be sent after somebody signed in: a path of
// ours, the first page instead of anything else.
func Next(wanted string) string {
	if path := web.LocalPath(wanted); path != "" {
		return path
	}
	return "/"
}

// SignIn is the form with which somebody signs in, as it is to be shown.
type SignIn struct {
	// Next is the path to go to afterwards.
	Next string
	// Username is filled in again after a failure, and Error says what failed.
	Username, Error string
}

// SignIn shows the form with which people sign in.
func (s *Site) SignIn(v Visit, in SignIn) ([]byte, error) {
	return rendered(s.pages.Login, web.LoginView{Frame: v.frame(), Action: v.Mount + "/-/login",
		Name: in.Username, Error: in.Error, Next: in.Next})
}
