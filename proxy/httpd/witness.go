package httpd

import (
	"errors"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// Witness is told who got what, and what was refused. Neither call may wait:
// the first ends a connection's request, the second comes before its answer.
type Witness interface {
	Served(ServedEvent)
	Refused(RefusedEvent)
}

// ServedEvent is a tarball that somebody got, or began to get: who leaves early
// may have all of it.
type ServedEvent struct {
	Name    npm.Name
	Version string
	// Principal is who asked, in the words of the audit log: a username,
	// "deploy-token:" and a name, or "anonymous".
	Principal string
	// Address is where from; empty where connections have none.
	Address string
	At      time.Time
}

// RefusedEvent is a request that a guard refused, or would have refused.
type RefusedEvent struct {
	// Package and Version name what was refused; empty where it was nothing of a
	// package, or of all its versions.
	Package, Version string
	// Principal and Address are as in ServedEvent. Whose credential was refused
	// is anonymous.
	Principal, Address string
	// Guard and Code are the refusal's ("G11", "E_COOLDOWN").
	Guard, Code string
	// Action and Mode are policy's words for what was done and under which mode:
	// what reaches a client as a refusal was denied by a guard that may.
	Action, Mode string
	// Reason is what the client was told.
	Reason string
	// Route is the operation's name in logs and metrics.
	Route string
	// Decision is the number of the request, which the client was told.
	Decision string
	At       time.Time
}

// Words of RefusedEvents beside those of policy's actions and modes.
const (
	actionDeny   = "deny"
	actionDryRun = "dry-run"
	actionWaived = "waived"
	// actionUndecided is what could not be judged.
	actionUndecided = "undecided"
	modeEnforce     = "enforce"
)

// given is the tarball that an answer hands out.
type given struct {
	name    npm.Name
	version string
	// begun tells that its first byte is part of the answer.
	begun bool
	// verdicts are what guards say about it that does not refuse it.
	verdicts []policy.Verdict
}

// handOut notes whose tarball the answer is about to be.
func (x *exchange) handOut(name npm.Name, version string) {
	x.given = given{name: name, version: version}
}

// handOutFile is handOut for a file of a package that was published here, which
// may be something beside the tarball.
func (x *exchange) handOutFile(file, name, version string) {
	parsed, err := npm.ParseName(name)
	if err == nil && strings.HasSuffix(file, ".tgz") {
		x.handOut(parsed, version)
	}
}

// witnessServed tells of a tarball once its answer is over. One that failed on
// its way was cut off before its end, so nobody has it.
func (x *exchange) witnessServed() {
	w := x.server.sources.Witness
	if w == nil || !x.given.begun || x.given.version == "" || x.cause != nil {
		return
	}
	w.Served(ServedEvent{
		Name: x.given.name, Version: x.given.version,
		Principal: x.principal.Actor(), Address: x.address(), At: time.Now(),
	})
	for i := range x.given.verdicts {
		x.witnessNoted(w, &x.given.verdicts[i])
	}
}

// witnessNoted tells of a guard that would have refused what was handed out.
func (x *exchange) witnessNoted(w Witness, v *policy.Verdict) {
	action := ""
	switch {
	case v.State != policy.Noticed && v.State != policy.Hit:
		return
	case v.Waived != "":
		action = actionWaived
	case v.Mode == policy.DryRun:
		action = actionDryRun
	case v.Action == policy.Warn, v.Action == policy.Hide:
		action = v.Action.String()
	default:
		return
	}
	x.server.options.Metrics.GuardDecided(v.Decider(), action, v.Mode.String())
	w.Refused(RefusedEvent{
		Package: x.given.name.String(), Version: x.given.version, Principal: x.principal.Actor(), Address: x.address(),
		Guard: v.Decider(), Code: v.Code, Action: action, Mode: v.Mode.String(), Reason: v.Reason,
		Route: x.server.operations[x.target.Op].name, Decision: x.id, At: time.Now(),
	})
}

// witnessRefused tells of a refusal. Who is told to slow down would only fill
// the log with it.
func (x *exchange) witnessRefused(f failure) {
	w, e := x.server.sources.Witness, f.refusal
	if w == nil || errors.Is(e.Kind, npm.ErrTooMany) {
		return
	}
	name := e.Package
	if name == "" {
		name = x.target.Name.String()
	}
	w.Refused(RefusedEvent{
		Package: name, Version: e.Version, Principal: x.principal.Actor(), Address: x.address(),
		Guard: e.Guard, Code: e.Code, Action: actionDeny, Mode: modeEnforce, Reason: f.text,
		Route: x.server.operations[x.target.Op].name, Decision: f.id, At: time.Now(),
	})
}
