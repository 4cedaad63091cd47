package httpd

import (
	"github.com/valyala/fasthttp"

	"github.com/larderhq/larder/registry"
)

// expect answers "Expect: 100-continue". Where a body is wanted, from whoever
// sends it, the client may go on; everything else is answered at once and the
// connection closed, so that a refused body is never sent.
func (s *Server) expect(ctx *fasthttp.RequestCtx) int {
	wanted, refusal := s.wantsBody(ctx)
	if wanted {
		return fasthttp.StatusContinue
	}
	s.serve(ctx, refusal)
	return ctx.Response.StatusCode()
}

// wantsBody tells whether the body that a head announces would be read, and why
// not where only its operation can know. It checks what the handler checks
// before it reads; the handler will do so again.
func (s *Server) wantsBody(ctx *fasthttp.RequestCtx) (wanted bool, refusal error) {
	x := s.newExchange(ctx)
	defer func() {
		x.release()
		if recover() != nil {
			wanted, refusal = false, errPanicked
		}
	}()
	r, err := s.examine(x)
	if err != nil || r.body == noBody || s.admit(x, r) != nil {
		return false, nil
	}
	if r.authorize != nil {
		refusal = r.authorize(s, x)
	}
	return refusal == nil, refusal
}

func (s *Server) authorizePut(x *exchange) error {
	_, err := s.sources.Registry.BeginPut(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Place, x.target.Name)
	return err
}

func (s *Server) authorizeRevision(x *exchange) error {
	_, err := s.sources.Registry.BeginRevision(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Place, x.revision())
	return err
}

func (s *Server) authorizeTag(x *exchange) error {
	w := registry.TagWrite{Name: x.target.Name, Tag: x.target.Tag}
	return s.sources.Registry.AuthorizeTag(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Place, w)
}
