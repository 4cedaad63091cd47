package upstreamtest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// bodyLimit bounds what the registry reads of a request.
const bodyLimit = 64 << 20

// ServeHTTP logs the request, plays the faults that were planted for it, and
// answers.
func (r *Registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(io.LimitReader(q.Body, bodyLimit))
	if err != nil {
		return // the client left before it had said everything
	}
	ask := r.classify(q)
	ask.Body = body
	r.record(ask)

	faults := r.take(ask)
	for _, f := range faults {
		if f.hold != nil && !f.hold.wait(q.Context().Done()) {
			panic(http.ErrAbortHandler)
		}
	}
	reply := r.answer(ask, q)
	deliver := func(w http.ResponseWriter, _ *http.Request, p *Reply) { p.send(w) }
	for _, f := range faults {
		if f.change != nil {
			f.change(reply)
		}
		if f.send != nil {
			deliver = f.send
		}
	}
	deliver(w, q, reply)
}

// classify reads the path: split on raw slashes first, decode afterwards.
func (r *Registry) classify(q *http.Request) Request {
	ask := Request{
		Kind: KindOther, Method: q.Method, Target: q.URL.RequestURI(), Header: q.Header.Clone(),
	}
	path, ok := strings.CutPrefix(q.URL.EscapedPath(), r.opts.prefix+"/")
	if !ok {
		return ask
	}
	if rest, ok := strings.CutPrefix(path, "-/"); ok {
		return classifySpecial(ask, rest)
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil {
			return ask
		}
		parts[i] = text
	}
	name, rest := parts[0], parts[1:]
	if strings.HasPrefix(name, "@") && !strings.Contains(name, "/") && len(rest) > 0 {
		name, rest = name+"/"+rest[0], rest[1:]
	}
	ask.Package = name
	switch {
	case len(rest) == 0 || len(rest) == 1 && rest[0] == "":
		ask.Kind = KindPackument
	case len(rest) == 1:
		ask.Kind, ask.Item = KindManifest, rest[0]
	case len(rest) == 2 && rest[0] == "-":
		ask.Kind, ask.Item = KindTarball, rest[1]
	}
	return ask
}

func classifySpecial(ask Request, rest string) Request {
	text, err := url.PathUnescape(rest)
	if err != nil {
		return ask
	}
	switch {
	case text == "ping":
		ask.Kind = KindPing
	case text == "v1/search":
		ask.Kind = KindSearch
	case text == "npm/v1/keys":
		ask.Kind = KindKeys
	case strings.HasPrefix(text, "npm/v1/security/"):
		ask.Kind, ask.Item = KindAudit, strings.TrimPrefix(text, "npm/v1/security/")
	case strings.HasPrefix(text, "npm/v1/attestations/"):
		spec := strings.TrimPrefix(text, "npm/v1/attestations/")
		ask.Kind, ask.Package = KindAttestation, spec
		if i := strings.LastIndexByte(spec, '@'); i > 0 {
			ask.Package, ask.Item = spec[:i], spec[i+1:]
		}
	case strings.HasPrefix(text, "package/") && strings.HasSuffix(text, "/dist-tags"):
		ask.Kind = KindTags
		ask.Package = strings.TrimSuffix(strings.TrimPrefix(text, "package/"), "/dist-tags")
	}
	return ask
}

// answer is what an honest registry says.
func (r *Registry) answer(ask Request, q *http.Request) *Reply {
	if r.opts.token != "" && q.Header.Get("Authorization") != "Bearer "+r.opts.token {
		p := failure(http.StatusUnauthorized, "authentication required")
		p.Header.Set("WWW-Authenticate", "Bearer")
		return p
	}
	if special, ok := r.special(ask, q); ok {
		return special
	}
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		return jsonReply(http.StatusMethodNotAllowed, object{
			{"code", "MethodNotAllowedError"}, {"message", q.Method + " is not allowed"},
		})
	}
	e, ok := r.find(ask.Package)
	if !ok {
		return failure(http.StatusNotFound, "Not found")
	}
	switch ask.Kind {
	case KindPackument:
		return r.packument(e, q)
	case KindManifest:
		return r.manifest(e, ask.Item)
	case KindTarball:
		return r.tarball(e, ask.Item, q)
	case KindTags:
		return jsonReply(http.StatusOK, e.pkg.tags())
	default:
		return failure(http.StatusNotFound, "Not found")
	}
}

func (r *Registry) packument(e *entry, q *http.Request) *Reply {
	doc, kind := e.full, "application/json"
	const corgi = "application/vnd.npm.install-v1+json"
	if e.short != nil && strings.Contains(q.Header.Get("Accept"), corgi) {
		doc, kind = e.short, corgi
	}
	p := &Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {kind}}, Body: doc.body}
	if r.opts.poor {
		return p
	}
	r.dress(p, "public, max-age=300", "accept-encoding, accept")
	p.Header.Set("ETag", doc.etag)
	p.Header.Set("Last-Modified", httpTime(doc.modified))
	if strings.Contains(q.Header.Get("Accept-Encoding"), "gzip") {
		p.Header.Set("Content-Encoding", "gzip")
		p.Body = doc.gzip()
	}
	return p.conditional(q)
}

// dress adds the headers of a registry behind a content network, also those
// that a proxy must not keep.
func (r *Registry) dress(p *Reply, cache, vary string) {
	p.Header.Set("Cache-Control", cache)
	p.Header.Set("Vary", vary)
	p.Header.Set("Set-Cookie", "_edge=c29tZWJvZHk; path=/; HttpOnly")
	p.Header.Set("CF-Ray", "8a1b2c3d4e5f-FRA")
	p.Header.Set("Npm-Notice", "news from upstream")
	p.Header.Set("Access-Control-Allow-Origin", "*")
	p.Header.Set("Age", "17")
	p.Header.Set("Server", "edge")
}

func (r *Registry) manifest(e *entry, want string) *Reply {
	version := want
	if tagged, ok := e.pkg.tags()[want]; ok {
		version = tagged
	}
	draw := renderer{base: r.base, poor: r.opts.poor, plain: r.opts.plain, sign: r.sign}
	for _, v := range e.pkg.Versions {
		if v.Version == version {
			return jsonReply(http.StatusOK, draw.manifest(e.pkg, v, e.balls[version]))
		}
	}
	return jsonReply(http.StatusNotFound, "version not found: "+want)
}

func (r *Registry) tarball(e *entry, file string, q *http.Request) *Reply {
	for version, ball := range e.balls {
		if tarballFile(e.pkg.Name, version) != file {
			continue
		}
		p := &Reply{
			Status: http.StatusOK, Body: ball.bytes,
			Header: http.Header{"Content-Type": {"application/octet-stream"}},
		}
		if r.opts.poor {
			return p
		}
		r.dress(p, "public, immutable, max-age=31557600", "Accept-Encoding")
		p.Header.Set("ETag", ball.etag)
		p.Header.Set("Last-Modified", httpTime(ball.modified))
		p.Header.Set("Accept-Ranges", "bytes")
		if p = p.conditional(q); p.Status != http.StatusOK {
			return p
		}
		return p.ranged(q)
	}
	return failure(http.StatusNotFound, "Not found")
}
