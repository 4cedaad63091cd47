package upstreamtest

import (
	"fmt"
	"net/http"
	"strconv"
)

// Target picks the requests that a fault is for.
type Target func(Request) bool

// Everything is every request.
func Everything() Target { return func(Request) bool { return true } }

// OnKind is every request of one kind.
func OnKind(kind Kind) Target { return func(q Request) bool { return q.Kind == kind } }

// OnPackument is the packument of one package.
func OnPackument(name string) Target {
	return func(q Request) bool { return q.Kind == KindPackument && q.Package == name }
}

// OnTarball is the tarball of one version.
func OnTarball(name, version string) Target {
	return func(q Request) bool {
		return q.Kind == KindTarball && q.Package == name && q.Item == tarballFile(name, version)
	}
}

// OnPackage is every request for one package.
func OnPackage(name string) Target { return func(q Request) bool { return q.Package == name } }

// OnTarget is every request with exactly this path and query, as sent.
func OnTarget(target string) Target { return func(q Request) bool { return q.Target == target } }

// Fault is one way to misbehave. Several may be planted together: all holds
// happen first, then all changes in order, then the last way of sending.
type Fault struct {
	hold   *Gate
	change func(*Reply)
	send   func(http.ResponseWriter, *http.Request, *Reply)
	limit  int
}

// Times makes the fault end by itself after n requests.
func (f Fault) Times(n int) Fault {
	f.limit = n
	return f
}

type planted struct {
	target Target
	fault  Fault
	left   int // negative: for ever
}

// Fail plants faults for the requests of a target and returns what heals them.
func (r *Registry) Fail(target Target, faults ...Fault) (heal func()) {
	var mine []*planted
	for _, f := range faults {
		left := f.limit
		if left == 0 {
			left = -1
		}
		mine = append(mine, &planted{target, f, left})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, mine...)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, p := range mine {
			p.left = 0
		}
	}
}

// Heal ends all faults. Requests that a gate holds stay held until release.
func (r *Registry) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = nil
}

// take returns the faults for a request and counts them.
func (r *Registry) take(q Request) []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Fault
	for _, p := range r.faults {
		if p.left == 0 || !p.target(q) {
			continue
		}
		if p.left > 0 {
			p.left--
		}
		out = append(out, p.fault)
	}
	return out
}

// Hold keeps the request from any answer until the gate opens.
func Hold(g *Gate) Fault { return Fault{hold: g} }

// Change edits the answer before it is sent.
func Change(edit func(*Reply)) Fault { return Fault{change: edit} }

// Status answers with this status and an npm error body.
func Status(code int) Fault {
	return Change(func(p *Reply) { *p = *failure(code, fmt.Sprintf("upstream says %d", code)) })
}

// TooMany answers 429 with an HTML page and Retry-After, as networks do.
func TooMany(retryAfterSeconds int) Fault {
	return Change(func(p *Reply) {
		*p = *page(http.StatusTooManyRequests, "error 1015")
		p.Header.Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	})
}

// HTML answers 200 with a page, as a captive portal does.
func HTML() Fault {
	return Change(func(p *Reply) { *p = *page(http.StatusOK, "Please log in") })
}

func page(status int, text string) *Reply {
	return &Reply{
		Status: status, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Body: []byte("<!DOCTYPE html>\n<html><body><h1>" + text + "</h1></body></html>\n"),
	}
}

// Redirect answers with a redirect to a URL.
func Redirect(code int, url string) Fault {
	return Change(func(p *Reply) {
		*p = Reply{Status: code, Header: http.Header{"Location": {url}, "Content-Type": {"text/html"}}}
	})
}

// Short sends only the first n bytes and frames them as if they were all.
func Short(n int) Fault {
	return Change(func(p *Reply) { p.Body = p.Body[:min(n, len(p.Body))] })
}

// Flip inverts one byte, so that the hash is wrong and the length is right.
// A negative offset counts from the end.
func Flip(offset int) Fault {
	return Change(func(p *Reply) {
		if offset < 0 {
			offset += len(p.Body)
		}
		p.Body = append([]byte{}, p.Body...)
		if offset >= 0 && offset < len(p.Body) {
			p.Body[offset] ^= 0xff
		}
	})
}

// NoRange answers a range request with 200 and everything.
func (r *Registry) NoRange(name, version string) Fault {
	whole := r.Bytes(name, version)
	return Change(func(p *Reply) {
		if p.Status == http.StatusPartialContent {
			p.Status, p.Body = http.StatusOK, whole
			p.Header.Del("Content-Range")
		}
	})
}

// HiddenGzip compresses the body and says nothing about it.
func HiddenGzip() Fault {
	return Change(func(p *Reply) {
		if p.Header.Get("Content-Encoding") == "" {
			p.Body = zip(p.Body)
		}
		p.Header.Del("Content-Encoding")
		p.Header.Del("Content-Type")
	})
}

// Bomb answers a small gzip body that decodes to so many bytes of JSON.
func Bomb(decoded int) Fault {
	body := bomb(decoded)
	return Change(func(p *Reply) {
		*p = *jsonReply(http.StatusOK, nil)
		p.Header.Set("Content-Encoding", "gzip")
		p.Body = body
	})
}
