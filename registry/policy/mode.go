package policy

import "time"

// Mode is what a guard may do. A greater one lets less through.
type Mode uint8

// The modes.
const (
	// Off does not ask the guard.
	Off Mode = iota
	// DryRun records what the guard would refuse.
	DryRun
	// Warning tells clients, and refuses nothing.
	Warning
	// Enforce refuses.
	Enforce
	modeCount
)

// String returns the mode's word.
func (m Mode) String() string {
	switch m {
	case Off:
		return "off"
	case DryRun:
		return "dry-run"
	case Warning:
		return "warn"
	case Enforce:
		return "enforce"
	}
	panic("BUG: unknown policy mode")
}

func parseMode(s string) (Mode, bool) {
	for m := Off; m < modeCount; m++ {
		if s == m.String() {
			return m, true
		}
	}
	return Off, false
}

// modes are the modes of all guards for one name.
type modes [guardCount]Mode

// The levels: sets of modes and windows to start from.
const (
	// Standard stops what is known or near certain to be bad, holds new
	// versions for a day and warns about the rest.
	Standard = "standard"
	// Strict refuses what Standard warns about, and holds longer.
	Strict = "strict"
	// NoLevel asks no guard but what operators block.
	NoLevel = "off"
)

const day = 24 * time.Hour

// presetModes returns the modes of a level, or false for an unknown one.
func presetModes(level string) (modes, bool) {
	var m modes
	switch level {
	case "", Standard:
		m = allEnforced()
		for _, g := range []Guard{G08, G25, G14, G15, G16, G17, G32, G33} {
			m[g] = Warning
		}
	case Strict:
		m = allEnforced()
	case NoLevel:
		// Nobody writes down a block that is not meant.
		m[G39] = Enforce
	default:
		return m, false
	}
	return m, true
}

// allEnforced are the modes of guards that say no. The licence policy has
// nothing to say until it is written down.
func allEnforced() modes {
	var m modes
	for g := NoGuard + 1; g < guardCount; g++ {
		m[g] = Enforce
	}
	m[G41] = Off
	return m
}

// windows tell how old a version must be.
type windows struct {
	// plain holds for every version, young for those of a new package, scripts
	// for those that run something when they are installed. The longest that
	// applies counts.
	plain, young, scripts time.Duration
}

// presetWindows returns the windows of a level.
func presetWindows(level string) windows {
	if level == Strict {
		return windows{72 * time.Hour, 14 * day, 7 * day}
	}
	return windows{day, day, day}
}

// LevelCooldown returns the durations that a level has where a Cooldown leaves
// them at zero. Those of an unknown one are Standard's.
func LevelCooldown(level string) Cooldown {
	w := presetWindows(level)
	return Cooldown{Default: w.plain, NewPackage: w.young, WithScripts: w.scripts}
}
