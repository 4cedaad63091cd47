package httpd

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/site"
)

// show makes a page for whoever looks at it.
type show func(ctx context.Context, v site.Visit) ([]byte, error)

// page answers with a page. The anonymous are asked to sign in where they may
// not look, also where nothing is: nobody learns which.
func (s *Server) page(x *exchange, show show) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	visit, err := s.visit(ctx, x)
	if err != nil {
		return s.writeFailure(x, visit, err)
	}
	body, err := show(ctx, visit)
	if err == nil {
		x.writePage(http.StatusOK, body, s.sources.Site.Policy())
		return nil
	}
	return s.refusePage(x, visit, err)
}

// visit finds out who looks.
func (s *Server) visit(ctx context.Context, x *exchange) (site.Visit, error) {
	query, err := url.ParseQuery(string(x.target.Query))
	v := x.visit()
	v.Query = query
	if err != nil {
		return v, &npm.Error{Kind: npm.ErrInvalid, Text: "the query is malformed", Err: err}
	}
	err = s.visitor(ctx, x)
	v.Principal = x.principal
	return v, err
}

// visit is somebody of whom nothing is known yet.
func (x *exchange) visit() site.Visit {
	return site.Visit{Principal: x.principal, Address: x.address(), Base: x.origin.base, Mount: x.origin.mount, Here: x.asked()}
}

// refusePage answers where somebody may not look.
func (s *Server) refusePage(x *exchange, v site.Visit, err error) error {
	hidden := errors.Is(err, npm.ErrNotFound) || errors.Is(err, npm.ErrForbidden) || errors.Is(err, npm.ErrUnauthenticated)
	if hidden && v.Principal.Kind == accounts.Anonymous {
		x.seeOther("/-/login?next=" + url.QueryEscape(x.asked()))
		return nil
	}
	return s.writeFailure(x, v, err)
}

// asked is the path and query that a browser asked for, below the public URL.
func (x *exchange) asked() string {
	path := string(x.ctx.Request.Header.RequestURI())
	if rest, ok := stripMount([]byte(path), x.origin.mount); ok {
		path = string(rest)
	}
	return path
}

// writeFailure tells on a page what went wrong.
func (s *Server) writeFailure(x *exchange, v site.Visit, err error) error {
	f := failureOf(err, x.id)
	if f.internal {
		x.cause, x.internal = err, true
	}
	body, err := s.sources.Site.Failure(v, site.Problem{Status: f.status, Text: f.text, Request: x.id})
	if err != nil {
		return err
	}
	x.writePage(f.status, body, s.sources.Site.Policy())
	return nil
}

// writePage ends an answer that is a page.
func (x *exchange) writePage(status int, body []byte, policy string) {
	x.outcome = outcomeLocal
	h := &x.ctx.Response.Header
	h.SetContentType("text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	x.ctx.Response.SetStatusCode(status)
	x.ctx.Response.SetBodyRaw(body)
}

// home answers "/": a page for browsers, an empty object for clients, which
// only want to hear that somebody is there.
func (s *Server) home(x *exchange) error {
	x.ctx.Response.Header.Set("Vary", "Accept")
	if !acceptsHTML(x.header("Accept")) || x.target.Prefix != "" {
		return s.empty(x)
	}
	return s.page(x, s.sources.Site.Home)
}

// showProjects answers "/-/projects".
func (s *Server) showProjects(x *exchange) error { return s.page(x, s.sources.Site.Projects) }

// showGroups answers "/-/groups".
func (s *Server) showGroups(x *exchange) error { return s.page(x, s.sources.Site.Groups) }

// showProject answers "/-/projects/PATH".
func (s *Server) showProject(x *exchange) error {
	return s.page(x, func(ctx context.Context, v site.Visit) ([]byte, error) {
		return s.sources.Site.Project(ctx, v, x.target.Subject)
	})
}

// showGroup answers "/-/groups/PATH".
func (s *Server) showGroup(x *exchange) error {
	return s.page(x, func(ctx context.Context, v site.Visit) ([]byte, error) {
		return s.sources.Site.Group(ctx, v, x.target.Subject)
	})
}

// showPackage answers what _links.web_path of GitLab's API names:
// "/PATH/-/packages/ID".
func (s *Server) showPackage(x *exchange) error {
	return s.page(x, func(ctx context.Context, v site.Visit) ([]byte, error) {
		return s.sources.Site.Package(ctx, v, x.target.Subject, x.target.Number)
	})
}

// downloadFile answers "/PATH/-/packages/ID/files/FILE", where the package's page
// leads to: a browser has no other credential than its session.
func (s *Server) downloadFile(x *exchange) error {
	ctx := x.deadline(s.options.TarballTimeout)
	v, err := s.visit(ctx, x)
	if err != nil {
		return s.writeFailure(x, v, err)
	}
	ref := site.FileRef{Project: x.target.Subject, PackageID: x.target.Number, FileID: x.target.Second}
	f, err := s.sources.Site.File(ctx, v, ref)
	if err != nil {
		return s.refusePage(x, v, err)
	}
	if x.fetches() {
		s.sources.Site.Downloaded(f.PackageID)
	}
	_, name, _ := strings.Cut("/"+f.Name, "/")
	x.outcome = outcomeLocal
	x.handOutFile(f.Name, f.Package.Name, f.Package.Version)
	return x.writeTarball(&proxy.Tarball{Size: f.Size, ETag: f.ETag, Body: f.Body}, name[strings.LastIndexByte(name, '/')+1:], localTarballAge)
}
