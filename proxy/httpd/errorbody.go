package httpd

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/larderhq/larder/registry"
)

// wording is how an error is told where a request was addressed.
type wording uint8

const (
	// inOurs repeats one text in both members, which is what npm prints.
	inOurs wording = iota
	// inGitLabsNPM adds GitLab's "message": "404 Project Not Found".
	inGitLabsNPM
	// inGitLabsREST has that alone, or "error" alone for wrong input.
	inGitLabsREST
)

// wording returns how errors of the exchange are told.
func (x *exchange) wording() wording {
	switch {
	case x.server.operations[x.target.Op].family == restFamily:
		return inGitLabsREST
	case x.target.Place.Kind != registry.RootPlace:
		return inGitLabsNPM
	}
	return inOurs
}

// plainText cuts s to printable ASCII of at most limit bytes, so that it fits a
// terminal, a header and a reason phrase, whoever chose it.
func plainText(s string, limit int) string {
	b := []byte(s[:min(len(s), limit)])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// errorBody is the JSON that npm's clients read: older ones show only error,
// newer ones message.
type errorBody struct {
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
	Code    string `json:"code,omitempty"`
	Guard   string `json:"guard,omitempty"`
	Package string `json:"package,omitempty"`
	Version string `json:"version,omitempty"`
	// AvailableAt is when the version may be had, in RFC 3339.
	AvailableAt string `json:"available_at,omitempty"`
	// Decision is what to quote to whoever runs the guards.
	Decision string `json:"decision,omitempty"`
}

// body words a failure.
func (f *failure) body(w wording) errorBody {
	b := errorBody{Error: f.text, Message: f.text}
	if e := f.refusal; e != nil {
		b.Code, b.Guard = e.Code, e.Guard
		b.Package, b.Version = plainText(e.Package, maxText), plainText(e.Version, maxText)
		if ofPolicy(e) {
			b.Decision = f.id
		}
		if !e.Available.IsZero() {
			// Rounded up, so that nobody comes too early.
			b.AvailableAt = e.Available.Add(time.Second - 1).UTC().Truncate(time.Second).Format(time.RFC3339)
		}
	}
	if w == inOurs {
		return b
	}
	b.Message = strconv.Itoa(f.status) + " " + f.gitlabs()
	wrong := f.status == http.StatusBadRequest && w == inGitLabsREST
	switch {
	case f.bare, wrong:
		b.Message = ""
	case w == inGitLabsREST && f.status != http.StatusUnprocessableEntity:
		b.Error = ""
	}
	return b
}

// gitlabs returns the words of GitLab that follow the status in "message". Of
// refused credentials and of our own trouble it tells no more than the status.
func (f *failure) gitlabs() string {
	switch {
	case f.status == http.StatusUnauthorized, f.status >= http.StatusInternalServerError:
		return http.StatusText(f.status)
	case f.message != "":
		return f.message
	case f.titled():
		return titleCase(f.text)
	}
	return http.StatusText(f.status)
}

// titled tells whether GitLab's message for the status is the text itself.
func (f *failure) titled() bool {
	switch f.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge,
		http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// maxTitle is how many words GitLab's titles have at most. What is longer is a
// sentence of ours.
const maxTitle = 4

// titleCase begins every word of a title with a capital: "Package tag not
// found" is "Package Tag Not Found".
func titleCase(s string) string {
	words := strings.Split(s, " ")
	if len(words) > maxTitle {
		return s
	}
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// writeError answers with an error.
func (x *exchange) writeError(err error) {
	f := failureOf(err, x.id)
	if f.status >= http.StatusInternalServerError || f.refusal != nil {
		x.cause = err
	}
	x.internal = f.internal
	r := &x.ctx.Response
	r.ResetBody()
	r.Header.Reset()
	r.Header.SetNoDefaultContentType(true)
	r.SetStatusCode(f.status)
	if e := f.refusal; e != nil {
		r.Header.SetStatusMessage([]byte(f.text[:min(len(f.text), maxReason)]))
		if e.Guard != "" {
			x.refuse(f)
		}
	}
	x.adviseClient(f)
	if f.closes {
		x.closeConnection()
	}
	x.common()
	if f.whole != nil {
		x.writeJSON(map[string]any{"message": f.whole})
		return
	}
	x.writeJSON(f.body(x.wording()))
}

// adviseClient sets the headers that tell what to do about a failure.
func (x *exchange) adviseClient(f failure) {
	h := &x.ctx.Response.Header
	if f.allow != "" {
		h.Set("Allow", f.allow)
	}
	if f.location != "" {
		h.Set("Location", f.location)
	}
	if f.retry > 0 {
		seconds := (f.retry + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if f.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", x.challenge())
		if x.wording() != inGitLabsREST {
			// npm and bun print a guess by the challenge instead of the body's
			// reason, and what this header says.
			h.Set("Npm-Notice", f.text)
		}
	}
}

// challenge names the form of credentials that was wrong. npm words its own
// error by it.
func (x *exchange) challenge() string {
	if x.basic {
		return `Basic realm="larder"`
	}
	return `Bearer realm="larder"`
}

// writeJSON ends an answer that is not kept anywhere.
func (x *exchange) writeJSON(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("BUG: answer cannot be encoded: " + err.Error())
	}
	h := &x.ctx.Response.Header
	h.SetContentType(typeJSON)
	h.Set("Cache-Control", "no-store")
	x.ctx.Response.SetBodyRaw(body)
}
