package httpd

import (
	"errors"

	"github.com/larderhq/larder/registry/npm"
)

// refuse tells a client and whoever watches that a guard refused. The decision
// has the request's number, under which the log has its cause.
func (x *exchange) refuse(f failure) {
	h, e := &x.ctx.Response.Header, f.refusal
	h.Set("X-Guard", plainText(e.Guard, maxReason))
	h.Set("X-Guard-Decision", f.id)
	if ofPolicy(e) {
		// Tools that know GitLab's dependency firewall tell by this a package that
		// nobody gets from one that the caller may not read.
		h.Set("X-Gitlab-Dependency-Firewall", "blocked")
		x.server.options.Metrics.GuardDecided(e.Guard, actionDeny, modeEnforce)
	}
	x.server.options.Metrics.RequestRefused(e.Guard)
	x.witnessRefused(f)
}

// ofPolicy tells whether it was refused for what it is, not for who asks.
func ofPolicy(e *npm.Error) bool {
	return errors.Is(e.Kind, npm.ErrBlocked) || errors.Is(e.Kind, npm.ErrIntegrity)
}
