package httpd

import (
	"context"
	"errors"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// keptAge is the Cache-Control of answers that change rarely: signing keys and
// attestations.
const keptAge = "public, max-age=300"

// auditBulk answers npm 7 and newer, pnpm, berry, bun and deno.
func (s *Server) auditBulk(x *exchange) error { return s.audit(x, s.sources.Services.AuditBulk) }

// auditQuick answers older clients.
func (s *Server) auditQuick(x *exchange) error { return s.audit(x, s.sources.Services.AuditQuick) }

// audit answers the two questions that clients ask about what they installed.
// Where nothing may be forwarded and larder knows nothing itself, it answers as
// GitLab does, and at the root that nothing is known.
func (s *Server) audit(x *exchange, ask func(context.Context, proxy.AuditRequest) (proxy.Raw, error)) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	forwards, err := s.sources.Registry.Forwards(ctx, x.caller(), x.target.Place)
	if err != nil {
		return err
	}
	body, err := x.body.readAll(x.header("Content-Encoding"))
	if err != nil {
		return err
	}
	raw, err := ask(ctx, proxy.AuditRequest{Body: body, Inside: !forwards})
	if forwards || !errors.Is(err, npm.ErrNotFound) {
		return x.writeRaw(raw, err, "no-store")
	}
	switch x.target.Place.Kind {
	case registry.RootPlace:
		x.writeJSON(struct{}{})
	case registry.ProjectPlace:
		x.writeJSON([]struct{}{})
	default:
		return &npm.Error{Kind: npm.ErrNotFound, Text: "Project not found"}
	}
	return nil
}

// attestations answers "/-/npm/v1/attestations/name@version".
func (s *Server) attestations(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	l, err := s.locate(ctx, x)
	if err != nil {
		return err
	}
	if l.Local() {
		list, err := s.sources.Registry.Attestations(ctx, l, x.target.Version)
		if !l.Forward || !errors.Is(err, npm.ErrNotFound) {
			return x.writeAttestations(list, err)
		}
	}
	raw, err := s.sources.Services.Attestations(ctx, x.target.Name, x.target.Version)
	return x.writeRaw(raw, err, keptAge)
}

// writeAttestations answers with what was published beside a tarball.
func (x *exchange) writeAttestations(list []registry.Attested, err error) error {
	if err != nil {
		return err
	}
	x.outcome = outcomeLocal
	x.writeJSON(map[string][]registry.Attested{"attestations": list})
	return nil
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
