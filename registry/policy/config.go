package policy

import "time"

// Config is the policy as operators write it. Patterns, versions and guards
// are texts, so that Compile can name everything that is wrong with them. The
// order of lists means nothing: the most specific pattern decides.
type Config struct {
	// Level is Standard (also when empty), Strict or NoLevel.
	Level string
	// Modes override the level's modes.
	Modes    []ModeRule
	Cooldown Cooldown
	// YoungDependency is how old a package must be before a version may add a
	// dependency on it; zero means 7 days.
	YoungDependency time.Duration
	Burst           BurstLimit
	// PublisherHold is how long the first version by another publisher is
	// held; zero means 7 days.
	PublisherHold time.Duration
	// YoungRemoval is how old a version was at most when upstream removed it,
	// for that to condemn it; zero means 30 days.
	YoungRemoval time.Duration
	Licenses     Licenses
	Exemptions   []Exemption
	Blocks       []Block
	Grants       []Grant
	Waivers      []Waiver
	// WaiverMax is the longest time that a waiver may last; zero means 24
	// hours.
	WaiverMax time.Duration
	// Since is when the policy began to apply. What was served before is let
	// through by the cooldown; zero means that nothing is.
	Since time.Time
}

// ModeRule gives one guard a mode for the names of a pattern.
type ModeRule struct {
	// Guard is the guard's word or number.
	Guard string
	// Match is the pattern; empty means "**".
	Match string
	// Mode is off, dry-run, warn or enforce.
	Mode string
}

// Cooldown tells how old versions must be. Durations of zero are those of the
// level, and those of a Window that are zero are its Default.
type Cooldown struct {
	// Default holds for every version, NewPackage for those of a package that
	// is younger than 30 days, WithScripts for those that run something on
	// install. The longest that applies counts.
	Default, NewPackage, WithScripts time.Duration
	// Windows hold for the names of a pattern instead.
	Windows []Window
	// HideOnly hides young versions from listings and serves their tarballs.
	HideOnly bool
	// FastLane is how old a reviewed fix must be at least; zero means 24 hours.
	FastLane time.Duration
	// NoFastLane holds fixes as long as everything else.
	NoFastLane bool
}

// Window is the cooldown of the names of a pattern.
type Window struct {
	Match                            string
	Default, NewPackage, WithScripts time.Duration
}

// BurstLimit tells how many versions make a burst, and for how long those of
// one are held. Zero values mean 20 and 24 hours.
type BurstLimit struct {
	Versions int
	Hold     time.Duration
}

// Licenses say which licences may come in. They are single identifiers of the
// SPDX list, "GPL-2.0-only WITH Classpath-exception-2.0" being one, or
// UNLICENSED, or a LicenseRef. The guard enforces as soon as there is one,
// unless Modes say otherwise.
type Licenses struct {
	// Allow, when not empty, is all that is allowed.
	Allow []string
	// Deny is what is not.
	Deny []string
	// Unreadable allows versions that state no licence, or none that can be
	// read. Without it they are refused where Allow is not empty.
	Unreadable bool
}

// Exemption takes versions out of guards, for a limited time.
type Exemption struct {
	// Match is a name or a pattern, Version an exact version or empty for all.
	// There are no ranges: one that is open is an exemption of what nobody has
	// seen yet.
	Match, Version string
	// Guards are the guards; none means the cooldown and the publish time. A
	// guard that is hard needs an exact name and version.
	Guards []string
	// Owner answers for it, Reason says why. Neither may be empty.
	Owner, Reason string
	Expires       time.Time
}

// Block refuses versions.
type Block struct {
	// Match is a name or a pattern, Versions an exact version or a range, or
	// empty for all.
	Match, Versions string
	Reason          string
	// Expires is when it ends; zero for never.
	Expires time.Time
}

// Grant lets versions through every guard that is not hard, and through those
// as well where it names an exact name and version and ends some time.
type Grant struct {
	// Match is a name or a pattern, Versions an exact version or a range, or
	// empty for all.
	Match, Versions string
	Reason          string
	// Expires is when it ends; zero for never.
	Expires time.Time
}

// Waiver lets one version through, for a short time.
type Waiver struct {
	// Name and Version are exact.
	Name, Version string
	// Guard is the only guard that it overrules; empty means all.
	Guard  string
	Reason string
	// From and Until bound it; Until is at most Config.WaiverMax after From.
	From, Until time.Time
}
