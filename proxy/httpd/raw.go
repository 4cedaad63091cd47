package httpd

import (
	"context"
	"net/url"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// keptAge is the Cache-Control of answers that change rarely: signing keys and
// attestations.
const keptAge = "public, max-age=300"

// search answers "/-/v1/search".
func (s *Server) search(x *exchange) error {
	query, err := url.ParseQuery(string(x.target.Query))
	if err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "the query is malformed", Err: err}
	}
	raw, err := s.sources.Services.Search(x.deadline(s.options.AnswerTimeout), query)
	return x.writeRaw(raw, err, unasked)
}

// audit answers the two questions that clients ask about what they installed.
func (s *Server) audit(x *exchange, ask func(context.Context, []byte) (proxy.Raw, error)) error {
	body, err := x.body.readAll(x.header("Content-Encoding"))
	if err != nil {
		return err
	}
	raw, err := ask(x.deadline(s.options.AnswerTimeout), body)
	return x.writeRaw(raw, err, "no-store")
}

// keys answers "/-/npm/v1/keys".
func (s *Server) keys(x *exchange) error {
	raw, err := s.sources.Services.Keys(x.deadline(s.options.AnswerTimeout))
	return x.writeRaw(raw, err, keptAge)
}

// attestations answers "/-/npm/v1/attestations/name@version".
func (s *Server) attestations(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	raw, err := s.sources.Services.Attestations(ctx, x.target.Name, x.target.Version)
	return x.writeRaw(raw, err, keptAge)
}

// writeRaw answers with upstream's bytes. Their type is ours to say: upstream's
// headers never reach a client.
func (x *exchange) writeRaw(raw proxy.Raw, err error, cacheControl string) error {
	if err != nil {
		return err
	}
	x.came(raw.Outcome)
	h := &x.ctx.Response.Header
	h.SetContentType(typeJSON)
	h.Set("Cache-Control", cacheControl)
	x.ctx.Response.SetBodyRaw(raw.Body)
	return nil
}
