// Package policy decides what may come in. It knows facts about names and
// versions and nothing of how they are fetched, stored or asked for: it does no
// I/O, has no clock and keeps nothing but its compiled configuration.
package policy

import (
	"crypto/sha256"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Action is what happens to a version. A greater one lets less through.
type Action uint8

// The actions.
const (
	// Allow lets a version through.
	Allow Action = iota
	// Warn lets a version through and says why it should not be.
	Warn
	// Hide keeps a version out of listings; its tarball is still served.
	Hide
	// Undecided means that an enforcing guard lacks facts. Nothing of the
	// version may go out before they are gathered.
	Undecided
	// Deny keeps a version out of listings and refuses its tarball.
	Deny
)

// String returns the action's word.
func (a Action) String() string {
	switch a {
	case Allow:
		return "allow"
	case Warn:
		return "warn"
	case Hide:
		return "hide"
	case Undecided:
		return "undecided"
	case Deny:
		return "deny"
	}
	panic("BUG: unknown policy action")
}

// Engine decides. It is asked on every route that hands out a version, also
// for cached bytes, since lockfiles skip packuments. It never changes: another
// configuration is another Engine. Compile makes one.
type Engine struct {
	modes     modes
	rules     []modeRule
	windows   windows
	perName   []namedWindows
	limits    limits
	blocks    index[block]
	grants    index[grant]
	licenses  licenseRules
	since     time.Time
	hideYoung bool
	fastLane  time.Duration
	digest    [sha256.Size]byte
}

// New returns an engine without guards on versions: who owns a name, whether a
// document is what it says and whether bytes match their hash is decided by
// the rooms that own those facts, before a version gets here.
func New() *Engine { return &Engine{} }

// Decide judges a version of which nothing but its name is known. Where a
// guard enforces, that is never enough to let it through.
func (e *Engine) Decide(name npm.Name, version string) Verdict {
	if e.Idle() {
		return Verdict{Action: Allow, Reason: "no guard judges versions"}
	}
	return e.Judge(Facts{&NameFacts{Name: name}, &VersionFacts{Version: version}}, time.Time{}).Verdict
}
