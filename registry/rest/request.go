package rest

import (
	"io"
	"net/url"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
)

// Request is a call of the API. Who sent it is known, and its parameters are
// read.
type Request struct {
	// Method is the HTTP method; GET stands for HEAD too.
	Method string
	// Fetches tells that the client wants the bytes of a file: it sent no HEAD,
	// and does not only ask whether those that it has are the newest.
	Fetches bool
	// Principal is who asks.
	Principal *accounts.Principal
	// Address is the client's, for the audit log.
	Address string
	// Base is the public URL of larder without a slash at its end; links start
	// with it.
	Base string
	// Path is the path below Base as it was asked for: "/api/v4/projects/1".
	Path string
	// Query holds the parameters of the query alone, which links repeat.
	Query url.Values
	// Params are those of the path, of the body and of the query; the first
	// that has a name counts.
	Params Params
	// Unmodified is the time of If-Unmodified-Since; zero where none was sent.
	Unmodified time.Time
}

// File is content that is sent as it is.
type File struct {
	Body io.ReadSeekCloser
	// Size is in bytes.
	Size int64
	// Name is what a browser saves it as.
	Name string
	// ETag is the strong validator, with its quotes.
	ETag string
	// Package and Version say whose file it is.
	Package, Version string
}

// caller tells the registry who asks.
func (r *Request) caller() registry.Caller {
	return registry.Caller{Principal: r.Principal, Address: r.Address}
}

// actor tells accounts who asks.
func (r *Request) actor() accounts.Actor {
	return accounts.Actor{Name: r.Principal.Actor(), Address: r.Address, UserID: r.Principal.UserID}
}

// api returns an absolute URL of the API.
func (r *Request) api(path string) string { return r.Base + "/api/v4" + path }
