package upstream

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// Validators are what the last answer said about its document.
type Validators struct{ ETag, LastModified string }

// Packument asks for the full document of a package, decoded. A document that
// still is as the validators say comes back as NotModified.
func (r *Registry) Packument(ctx context.Context, name npm.Name, v Validators) (*Response, error) {
	target, err := parseTarget(r.base.String() + "/" + name.Escaped())
	if err != nil {
		return nil, fmt.Errorf("build packument URL: %w", err)
	}
	conditional := v.ETag != "" || v.LastModified != ""
	c := call{
		method: http.MethodGet, target: target, name: name.String(),
		header: http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}},
		accepts: func(status int) bool {
			return status == http.StatusOK || conditional && status == http.StatusNotModified
		},
		absent: isAbsent,
	}
	if v.ETag != "" {
		c.header.Set("If-None-Match", v.ETag)
	}
	if v.LastModified != "" {
		c.header.Set("If-Modified-Since", v.LastModified)
	}
	return r.document(ctx, c, r.shared.DocumentLimit, isJSON)
}

// Get asks for another document below the upstream's URL, decoded, such as
// "-/v1/search?text=x". What the upstream does not offer is ErrNotFound.
func (r *Registry) Get(ctx context.Context, pathAndQuery, accept string, limit int64) (*Response, error) {
	c, err := r.pass(http.MethodGet, pathAndQuery)
	if err != nil {
		return nil, err
	}
	c.header.Set("Accept", accept)
	return r.document(ctx, c, limit, isNotHTML)
}

// Post sends a document and returns the answer, decoded. It is never repeated.
func (r *Registry) Post(ctx context.Context, path, contentType string, body []byte, limit int64) (*Response, error) {
	c, err := r.pass(http.MethodPost, path)
	if err != nil {
		return nil, err
	}
	c.header.Set("Accept", "application/json")
	c.header.Set("Content-Type", contentType)
	c.body = bytes.Clone(body)
	if c.body == nil {
		c.body = []byte{}
	}
	return r.document(ctx, c, limit, isNotHTML)
}

// pass prepares a call whose path was put together elsewhere.
func (r *Registry) pass(method, pathAndQuery string) (call, error) {
	target, err := parseTarget(r.base.String() + "/" + strings.TrimPrefix(pathAndQuery, "/"))
	if err != nil {
		return call{}, &npm.Error{Kind: npm.ErrInvalid, Text: "malformed request", Err: err}
	}
	return call{
		method: method, target: target, header: http.Header{"Accept-Encoding": {"gzip"}},
		accepts: func(status int) bool { return status >= 200 && status < 300 },
		absent: func(status int) bool {
			return isAbsent(status) || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented
		},
	}, nil
}

// document carries out a call for a decoded body of one kind.
func (r *Registry) document(ctx context.Context, c call, limit int64, fits func(string) bool) (*Response, error) {
	x, err := r.do(ctx, c)
	if err != nil {
		return nil, err
	}
	if x.resp.StatusCode == http.StatusNotModified {
		return r.response(x, 0, false), nil
	}
	if err := r.checkDocument(c, x, limit, fits); err != nil {
		x.end()
		return nil, err
	}
	return r.response(x, limit, true), nil
}

// checkDocument judges a document by its head. A captive portal's page must
// never be taken for a packument.
func (r *Registry) checkDocument(c call, x *exchange, limit int64, fits func(string) bool) error {
	if !codedAs(x.resp.Header) {
		return r.fail(npm.ErrBadUpstream, c, "sent an unknown content coding", nil)
	}
	if !fits(cleanType(x.resp.Header.Get("Content-Type"))) {
		return r.fail(npm.ErrBadUpstream, c, "sent another kind of document than JSON", nil)
	}
	if x.resp.ContentLength > limit {
		return r.fail(npm.ErrBadUpstream, c, "sent more than the limit", errTooLarge)
	}
	return nil
}

func isNotHTML(kind string) bool { return !isHTML(kind) }

func isAbsent(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }
