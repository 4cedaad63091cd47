package httpd

import (
	"context"

	"github.com/larderhq/larder/proxy"
)

// keptAge is the Cache-Control of answers that change rarely: signing keys and
// attestations.
const keptAge = "public, max-age=300"

// auditBulk answers npm 7 and newer, pnpm, berry, bun and deno.
func (s *Server) auditBulk(x *exchange) error { return s.audit(x, s.sources.Services.AuditBulk) }

// auditQuick answers older clients.
func (s *Server) auditQuick(x *exchange) error { return s.audit(x, s.sources.Services.AuditQuick) }

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
