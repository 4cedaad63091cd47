package httpd

import (
	"context"
	"net/http"
	"strings"

	"github.com/larderhq/larder/registry"
)

// written is the answer to a write of a document. npm looks at the status
// alone, yarn 1 at ok, GitLab's clients at id.
type written struct {
	OK      bool   `json:"ok"`
	Success bool   `json:"success"`
	ID      any    `json:"id,omitempty"`
	Rev     string `json:"rev,omitempty"`
}

// put answers "PUT /name": a publish or a change of a document. Who may is
// decided before the body is read.
func (s *Server) put(x *exchange) error {
	ctx := x.deadline(s.options.TarballTimeout)
	p, err := s.sources.Registry.BeginPut(ctx, x.caller(), x.target.Place, x.target.Name)
	if err != nil {
		return err
	}
	return s.write(ctx, x, p)
}

// putRevision answers "PUT /name/-rev/REV".
func (s *Server) putRevision(x *exchange) error {
	ctx := x.deadline(s.options.TarballTimeout)
	p, err := s.sources.Registry.BeginRevision(ctx, x.caller(), x.target.Place, x.revision())
	if err != nil {
		return err
	}
	if err := s.write(ctx, x, p); err != nil {
		return err
	}
	x.ctx.Response.SetStatusCode(http.StatusCreated)
	return nil
}

// putter is a write whose rights are checked and whose body is to be read.
type putter interface {
	Run(ctx context.Context, b registry.Body) (registry.Written, error)
}

// write reads the body of an authorised write and answers it.
func (s *Server) write(ctx context.Context, x *exchange, p putter) error {
	body, err := s.writeBody(x)
	if err != nil {
		return err
	}
	w, err := p.Run(ctx, body)
	if err != nil {
		return bodyFailure(err)
	}
	x.wrote(w)
	return nil
}

func (x *exchange) revision() registry.Revision {
	return registry.Revision{Name: x.target.Name, Rev: x.target.Rev}
}

// deleteRevision answers "DELETE /name/-rev/REV" and
// "DELETE /name/-/file/-rev/REV".
func (s *Server) deleteRevision(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	var w registry.Written
	var err error
	if x.target.File == "" {
		w, err = s.sources.Registry.DeleteRevision(ctx, x.caller(), x.target.Place, x.revision())
	} else {
		w, err = s.sources.Registry.DeleteFile(ctx, x.caller(), x.target.Place, x.revision(), x.target.File)
	}
	if err != nil {
		return err
	}
	x.wrote(w)
	return nil
}

// wrote answers a write that was done.
func (x *exchange) wrote(w registry.Written) {
	x.outcome = outcomeLocal
	if w.Notice != "" {
		x.ctx.Response.Header.Set("Npm-Notice", w.Notice) // npm prints it
	}
	out := written{OK: true, Success: true}
	if w.ID != 0 {
		out.ID = w.ID
	}
	if w.Rev != 0 {
		out.Rev = registry.RevText(w.Rev)
	}
	x.writeJSON(out)
}

// setTag answers "PUT /-/package/name/dist-tags/tag", whose body is the version
// as a JSON string or as bare text.
func (s *Server) setTag(x *exchange) error {
	if err := s.authorizeTag(x); err != nil {
		return err
	}
	w := registry.TagWrite{Name: x.target.Name, Tag: x.target.Tag}
	body, err := x.body.readAll(x.header("Content-Encoding"))
	if err != nil {
		return err
	}
	w.Version = tagVersion(body)
	if w.Version == "" {
		w.Version = string(x.ctx.QueryArgs().Peek("version"))
	}
	if err := s.sources.Registry.SetTag(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Place, w); err != nil {
		return err
	}
	return x.tagged()
}

// tagVersion reads the version out of a body.
func tagVersion(body []byte) string {
	text := strings.TrimSpace(string(body))
	if text == "null" {
		return ""
	}
	if unquoted, ok := unquoteJSON(text); ok {
		return unquoted
	}
	return text
}

// removeTag answers "DELETE /-/package/name/dist-tags/tag".
func (s *Server) removeTag(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	w := registry.TagWrite{Name: x.target.Name, Tag: x.target.Tag}
	if err := s.sources.Registry.RemoveTag(ctx, x.caller(), x.target.Place, w); err != nil {
		return err
	}
	return x.tagged()
}

// tagged answers a write of a tag: 204 as GitLab does, but at the root, where
// yarn 1 wants to read ok.
func (x *exchange) tagged() error {
	x.outcome = outcomeLocal
	if x.target.Place.Kind == registry.RootPlace {
		x.writeJSON(written{OK: true, Success: true})
		return nil
	}
	x.ctx.Response.SetStatusCode(http.StatusNoContent)
	return nil
}
