package httpd

import (
	"errors"

	"github.com/larderhq/larder/registry/npm"
)

// refuse tells a client and whoever watches that a guard refused. A decision of
// policy has the request's number, under which the log has its cause; refusals
// of access are GitLab's, which has no such word.
func (x *exchange) refuse(f failure) {
	h, e := &x.ctx.Response.Header, f.refusal
	h.Set("X-Guard", plainText(e.Guard, maxReason))
	if ofPolicy(e) {
		h.Set("X-Guard-Decision", f.id)
		// Tools that know GitLab's dependency firewall tell by this a package that
		// nobody gets from one that the caller may not read.
		h.Set("X-Gitlab-Dependency-Firewall", "blocked")
		x.server.options.Metrics.GuardDecided(e.Guard, actionDeny, modeEnforce)
	}
	if e.Code == codeUnjudged {
		x.server.options.Metrics.GuardDecided(e.Guard, actionUndecided, modeEnforce)
	}
	x.server.options.Metrics.RequestRefused(e.Guard)
	x.witnessRefused(f)
}

// codeUnjudged is the code of what could not be judged.
const codeUnjudged = "E_UNJUDGED"

// ofPolicy tells whether a guard refused it for what it is, not for who asks.
func ofPolicy(e *npm.Error) bool {
	return e.Guard != "" && (errors.Is(e.Kind, npm.ErrBlocked) || errors.Is(e.Kind, npm.ErrIntegrity))
}
