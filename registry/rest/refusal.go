package rest

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// Refusal is an answer that the vocabulary of failures cannot word: GitLab's
// own texts without a status in them, the errors of single fields, and the new
// place of what has moved.
type Refusal struct {
	Status int
	// Text is the whole "message".
	Text string
	// Fields are the errors of single parameters by name; they take the place of
	// Text.
	Fields map[string][]string
	// Location is where a project or group is now.
	Location string
}

// Error implements error.
func (e *Refusal) Error() string {
	if e.Text != "" {
		return e.Text
	}
	var b strings.Builder
	for field, texts := range e.Fields {
		b.WriteString(field + " " + strings.Join(texts, ", ") + "; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// Message is the "message" of the answer's body.
func (e *Refusal) Message() any {
	if len(e.Fields) > 0 {
		return e.Fields
	}
	return e.Text
}

// errNotFound is GitLab's answer for what is not there or not to be seen:
// "404 Project Not Found".
func errNotFound(what string) error {
	return &npm.Error{Kind: npm.ErrNotFound, Message: what + " Not Found", Text: what + " not found"}
}

// errNoRecord is that of a failed look-up: "404 Not found".
func errNoRecord() error {
	return &npm.Error{Kind: npm.ErrNotFound, Message: "Not found", Text: "not found"}
}

// errForbidden is "403 Forbidden", with a reason where there is one.
func errForbidden(reason string) error {
	message := "Forbidden"
	if reason != "" {
		message += " - " + reason
	}
	return &npm.Error{Kind: npm.ErrForbidden, Message: message, Text: "forbidden"}
}

// errUnauthenticated asks for credentials.
func errUnauthenticated() error {
	return &npm.Error{Kind: npm.ErrUnauthenticated, Text: "sign in first: credentials are needed here"}
}

// errWrong is GitLab's answer for parameters that are no good.
func errWrong(text string) error { return &npm.Error{Kind: npm.ErrInvalid, Text: text} }

// errField is GitLab's answer where one field of a record is no good:
// {"message":{"path":["has already been taken"]}}.
func errField(field, text string) error {
	return &Refusal{Status: http.StatusBadRequest, Fields: map[string][]string{field: {text}}}
}

// errMoved sends a reader to where a project or group is now, and refuses
// writers (docs.gitlab.com, "Project redirects").
func (r *Request) errMoved(kind string, id int64) error {
	if r.Method != http.MethodGet {
		return &Refusal{Status: http.StatusMethodNotAllowed, Text: "Non GET methods are not allowed for moved projects"}
	}
	rest := strings.TrimPrefix(r.Path, "/api/v4/"+kind+"/")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest = rest[i:]
	} else {
		rest = ""
	}
	location := r.api("/" + kind + "/" + strconv.FormatInt(id, 10) + rest)
	if query := r.links(); len(query) > 0 {
		location += "?" + query.Encode()
	}
	return &Refusal{Status: http.StatusMovedPermanently, Location: location,
		Text: "This resource has been moved permanently to " + location}
}
