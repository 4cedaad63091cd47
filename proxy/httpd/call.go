package httpd

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/rest"
)

// call answers a request to the REST API.
func (s *Server) call(x *exchange, r rest.Route) error {
	request, err := x.call(r)
	if err != nil {
		return err
	}
	response, err := r.Run(s.sources.API, x.deadline(s.options.AnswerTimeout), request)
	if err != nil {
		return err
	}
	return x.respond(response)
}

// call makes the request that the REST API reads.
func (x *exchange) call(r rest.Route) (*rest.Request, error) {
	query, err := url.ParseQuery(string(x.target.Query))
	if err != nil {
		return nil, &npm.Error{Kind: npm.ErrInvalid, Text: "the query is malformed", Err: err}
	}
	body, err := x.body.readAll(x.header("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	params, err := rest.ReadParams(query, string(x.header("Content-Type")), body)
	if err != nil {
		return nil, err
	}
	if _, sudo := params["sudo"]; sudo || len(x.header("Sudo")) > 0 {
		return nil, errSudo()
	}
	for _, arg := range x.target.Args {
		params[arg.Name] = arg.Value
	}
	return &rest.Request{
		Method: r.Method, Fetches: x.fetches(), Principal: x.principal, Address: x.address(), Base: x.origin.base, Path: x.target.Path,
		Query: query, Params: params, Unmodified: rest.HTTPTime(string(x.header("If-Unmodified-Since"))),
	}, nil
}

// respond writes the response of the REST API.
func (x *exchange) respond(r *rest.Response) error {
	x.outcome = outcomeLocal
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	x.ctx.Response.SetStatusCode(status)
	for _, header := range r.Header {
		x.ctx.Response.Header.Set(header.Name, header.Value)
	}
	switch {
	case r.File != nil:
		f := r.File
		x.handOutFile(f.Name, f.Package, f.Version)
		return x.writeTarball(&proxy.Tarball{Size: f.Size, ETag: f.ETag, Body: f.Body}, f.Name[strings.LastIndexByte(f.Name, '/')+1:], localTarballAge)
	case r.Body != nil:
		x.writeJSON(r.Body)
	}
	return nil
}

// errSudo refuses to act for somebody else, which GitLab lets tokens with a scope
// of their own do. Doing it as whoever asks would be worse than not at all.
func errSudo() error {
	return &npm.Error{Kind: npm.ErrForbidden, Text: "sudo is not supported",
		Message: "Forbidden - sudo is not supported: use a token of that user"}
}
