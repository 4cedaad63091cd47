package httpd

import (
	"net/http"
	"slices"
	"strings"
)

// family is a way of wording errors. Clients read them differently.
type family uint8

const (
	// npmFamily answers {"error","message"}, which npm prints.
	npmFamily family = iota
	// restFamily answers {"message"} or, for wrong input, {"error"}.
	restFamily
)

// access tells who may ask at all, before a handler decides more.
type access uint8

const (
	// byTarget leaves it to the handler; a credential that is sent must be
	// right.
	byTarget access = iota
	// signedIn refuses the anonymous before anything else is looked at.
	signedIn
	// signedInBelow does so on GitLab's prefixes. At the root some clients send
	// no credentials there.
	signedInBelow
	// unchecked looks at no credential: signing in must work with an expired
	// token in a client's configuration, and probes have none.
	unchecked
)

// bodyClass is a size of request body.
type bodyClass uint8

const (
	noBody bodyClass = iota
	// formBody is a few values.
	formBody
	// auditBody lists what somebody installed.
	auditBody
	// documentBody is a package's document, with tarballs inside.
	documentBody
)

// route is what the front end knows about one method of an operation before it
// looks at the request.
type route struct {
	// method is the request's; GET stands for HEAD too.
	method string
	// mutates tells that packages, accounts or settings change.
	mutates bool
	access  access
	// upstream tells that all it answers comes from upstream.
	upstream bool
	body     bodyClass
	// authorize, where set, refuses what run would refuse before it reads the
	// body. It is asked where a client waits for 100 Continue.
	authorize func(*Server, *exchange) error
	// run answers; nil where the method is not served.
	run func(*Server, *exchange) error
}

// operation is an Op's part of the table that is the one truth about what is
// served.
type operation struct {
	// name is the operation's in logs and metrics.
	name string
	// path is its pattern below a prefix; empty where no path means it.
	path   string
	family family
	routes []route
	// allow is the Allow header.
	allow string
}

// Route is one line of the table of what is served, for those who have to
// reason about all of it.
type Route struct {
	// Name is that of logs and metrics.
	Name string
	// Method is GET (which HEAD follows), PUT, POST, PATCH or DELETE.
	Method string
	// Path is a pattern below a registry's prefix or, for GitLab's REST API,
	// below "/api/v4".
	Path string
	// Mutates tells that packages, accounts or settings change.
	Mutates bool
	// SignIn tells that the anonymous are refused before anything is looked at.
	SignIn bool
	// REST tells GitLab's REST API from the npm protocol.
	REST bool
	// RootOnly tells that it exists at the root alone.
	RootOnly bool
}

// Routes lists everything that is served.
func (s *Server) Routes() []Route {
	var list []Route
	for op := range s.operations {
		o := &s.operations[op]
		for i := range o.routes {
			r := &o.routes[i]
			if r.run == nil {
				continue
			}
			list = append(list, Route{
				Name: o.name, Method: r.method, Path: o.path, Mutates: r.mutates,
				SignIn: r.access == signedIn, REST: o.family == restFamily, RootOnly: Op(op).rootOnly(),
			})
		}
	}
	return list
}

// route returns the route of a method, or nil.
func (o *operation) route(method string) *route {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range o.routes {
		if r := &o.routes[i]; r.method == method && r.run != nil {
			return r
		}
	}
	return nil
}

// mutates tells whether any of its routes changes something.
func (o *operation) mutates() bool {
	return slices.ContainsFunc(o.routes, func(r route) bool { return r.mutates })
}

// allowed writes the Allow header of an operation.
func (o *operation) allowed() string {
	if o.path == "" {
		return ""
	}
	var methods []string
	for _, r := range o.routes {
		if r.run == nil {
			continue
		}
		methods = append(methods, r.method)
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return strings.Join(append(methods, http.MethodOptions), ", ")
}

// limit returns the most bytes that a body of the class may have, as sent and
// as decoded.
func (s *Server) limit(b bodyClass) int64 {
	switch b {
	case formBody:
		return formLimit
	case auditBody:
		return auditLimit
	case documentBody:
		// Tarballs travel in base64, a third longer than they are.
		return s.options.PackageLimit/3*4 + s.options.DocumentLimit
	}
	return 0
}

// Limits of bodies, in bytes.
const (
	formLimit  = 256 << 10
	auditLimit = 16 << 20
)
