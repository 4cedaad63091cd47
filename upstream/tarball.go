package upstream

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// TarballRequest asks for the tarball of one version.
type TarballRequest struct {
	Name    npm.Name
	Version string
	// URL is what the packument says; empty means the place where npm
	// registries have it.
	URL string
	// Offset asks for the rest of a transfer that broke there, and ETag keeps
	// that rest from being of another file.
	Offset int64
	ETag   string
}

// Tarball asks for the raw bytes of a tarball. An upstream that ignores the
// range answers from the start: Response.Offset tells.
func (r *Registry) Tarball(ctx context.Context, req TarballRequest) (*Response, error) {
	c := call{
		method: http.MethodGet, tarball: true, name: req.Name.String(), version: req.Version,
		// The coding that we refuse here would be laid over a file that is
		// compressed already.
		header: http.Header{"Accept": {"application/octet-stream, */*"}, "Accept-Encoding": {"identity"}},
		accepts: func(status int) bool {
			return status == http.StatusOK || req.Offset > 0 && status == http.StatusPartialContent
		},
		absent: isAbsent,
	}
	var err error
	if c.target, err = r.tarballURL(c, req); err != nil {
		return nil, err
	}
	if req.Offset > 0 {
		c.header.Set("Range", fmt.Sprintf("bytes=%d-", req.Offset))
		if req.ETag != "" && !strings.HasPrefix(req.ETag, "W/") {
			c.header.Set("If-Range", req.ETag)
		}
	}
	x, err := r.do(ctx, c)
	if err != nil {
		return nil, err
	}
	offset, err := r.checkTarball(c, req, x)
	if err != nil {
		x.end()
		return nil, err
	}
	answer := r.response(x, r.shared.PackageLimit-offset, false)
	answer.Offset = offset
	return answer, nil
}

// checkTarball judges a tarball by its head and returns where it begins.
func (r *Registry) checkTarball(c call, req TarballRequest, x *exchange) (int64, error) {
	if isHTML(cleanType(x.resp.Header.Get("Content-Type"))) {
		return 0, r.fail(npm.ErrBadUpstream, c, "sent a page instead of a tarball", nil)
	}
	var offset int64
	if x.resp.StatusCode == http.StatusPartialContent {
		if !rangeFits(x.resp, req.Offset) {
			return 0, r.fail(npm.ErrBadUpstream, c, "sent another range than asked for", nil)
		}
		offset = req.Offset
	}
	if offset >= r.shared.PackageLimit || x.resp.ContentLength > r.shared.PackageLimit-offset {
		return 0, r.fail(npm.ErrBadUpstream, c, "sent more than the limit", errTooLarge)
	}
	return offset, nil
}

// rangeFits tells whether a partial answer is the rest from the offset on.
func rangeFits(resp *http.Response, offset int64) bool {
	span, ok := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes ")
	if !ok {
		return false
	}
	span, size, _ := strings.Cut(span, "/")
	from, to, _ := strings.Cut(span, "-")
	first, errFirst := strconv.ParseInt(from, 10, 64)
	last, errLast := strconv.ParseInt(to, 10, 64)
	if errFirst != nil || errLast != nil || first != offset || last < first {
		return false
	}
	if whole, err := strconv.ParseInt(size, 10, 64); size != "*" && (err != nil || last != whole-1) {
		return false
	}
	return resp.ContentLength < 0 || resp.ContentLength == last-first+1
}

// tarballURL decides where a tarball is fetched from (G52).
func (r *Registry) tarballURL(c call, req TarballRequest) (*url.URL, error) {
	if req.URL == "" {
		return r.canonical(req)
	}
	target, err := parseTarget(req.URL)
	if err != nil {
		return nil, r.strangeHost(c, "")
	}
	// Registries behind a TLS terminator like to write http URLs. The same host
	// is ours, so ask it the way we were told to.
	if to := originOf(target); to.host == r.own.host && to.scheme == "http" && r.own.scheme == "https" &&
		(to.port == "80" || to.port == r.own.port) {
		target.Scheme, target.Host = r.base.Scheme, r.base.Host
	}
	if !r.permits(target) {
		return nil, r.strangeHost(c, target.Hostname())
	}
	return target, nil
}

// canonical returns the place where npm registries have a tarball.
func (r *Registry) canonical(req TarballRequest) (*url.URL, error) {
	path := r.base.String() + "/"
	if scope := req.Name.Scope(); scope != "" {
		path += url.PathEscape(scope) + "/"
	}
	path += url.PathEscape(req.Name.Base()) + "/-/" + url.PathEscape(req.Name.TarballFile(req.Version))
	target, err := parseTarget(path)
	if err != nil {
		return nil, fmt.Errorf("build tarball URL: %w", err)
	}
	return target, nil
}
