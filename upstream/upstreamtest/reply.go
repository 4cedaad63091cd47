package upstreamtest

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Reply is an answer before it is sent. Faults may change it.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

func jsonReply(status int, v any) *Reply {
	return &Reply{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: encode(v)}
}

func failure(status int, text string) *Reply {
	return jsonReply(status, object{{"error", text}})
}

// send writes the reply with its length.
func (p *Reply) send(w http.ResponseWriter) {
	p.head(w, len(p.Body))
	_, _ = w.Write(p.Body) // the client may be gone, which is its right
}

// head writes status and header with the given length, none if negative.
func (p *Reply) head(w http.ResponseWriter, length int) {
	for k, v := range p.Header {
		w.Header()[k] = v
	}
	// Without this the server would guess a type where a fault removed it.
	if _, ok := p.Header["Content-Type"]; !ok {
		w.Header()["Content-Type"] = nil
	}
	if length >= 0 && p.Status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(p.Status)
}

// conditional turns a 200 into a 304 when the request allows it.
func (p *Reply) conditional(q *http.Request) *Reply {
	etag, since := p.Header.Get("ETag"), p.Header.Get("Last-Modified")
	if want := q.Header.Get("If-None-Match"); want != "" {
		if want == "*" || strings.Contains(want, etag) {
			return p.notModified()
		}
		return p
	}
	if want, err := http.ParseTime(q.Header.Get("If-Modified-Since")); err == nil {
		if have, err := http.ParseTime(since); err == nil && !have.After(want) {
			return p.notModified()
		}
	}
	return p
}

func (p *Reply) notModified() *Reply {
	h := p.Header.Clone()
	h.Del("Content-Type")
	h.Del("Content-Encoding")
	return &Reply{Status: http.StatusNotModified, Header: h}
}

// ranged cuts a 200 to the single range that the request asks for.
func (p *Reply) ranged(q *http.Request) *Reply {
	spec, ok := strings.CutPrefix(q.Header.Get("Range"), "bytes=")
	if !ok || strings.Contains(spec, ",") || !p.ifRange(q.Header.Get("If-Range")) {
		return p
	}
	first, last, ok := byteRange(spec, len(p.Body))
	h := p.Header.Clone()
	if !ok {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", len(p.Body)))
		return &Reply{Status: http.StatusRequestedRangeNotSatisfiable, Header: h}
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(p.Body)))
	return &Reply{Status: http.StatusPartialContent, Header: h, Body: p.Body[first : last+1]}
}

func (p *Reply) ifRange(want string) bool {
	if want == "" || want == p.Header.Get("ETag") {
		return true
	}
	at, err := http.ParseTime(want)
	if err != nil {
		return false
	}
	have, err := http.ParseTime(p.Header.Get("Last-Modified"))
	return err == nil && have.Equal(at)
}

// byteRange resolves "5-", "5-9" and "-3" against a size.
func byteRange(spec string, size int) (first, last int, ok bool) {
	from, to, found := strings.Cut(spec, "-")
	if !found || from == "" && to == "" {
		return 0, 0, false
	}
	last = size - 1
	if from == "" {
		n, err := strconv.Atoi(to)
		if err != nil || n <= 0 {
			return 0, 0, false
		}
		return max(0, size-n), last, size > 0
	}
	first, err := strconv.Atoi(from)
	if err != nil || first < 0 || first >= size {
		return 0, 0, false
	}
	if to != "" {
		n, err := strconv.Atoi(to)
		if err != nil || n < first {
			return 0, 0, false
		}
		last = min(n, last)
	}
	return first, last, true
}

func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

// quiet drops what the server says about connections that faults cut.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
