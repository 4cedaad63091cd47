package config

import "time"

// Policy says which versions of upstream are let through. The words of guards,
// modes, levels and patterns are checked by the package that knows them.
type Policy struct {
	// Level is standard, strict or off.
	Level    string   `yaml:"level"`
	Cooldown Cooldown `yaml:"cooldown"`
	// Guards maps the words of guards, or their numbers, to modes, for all
	// names.
	Guards Table `yaml:"guards"`
	// Overrides give a guard another mode for some names.
	Overrides  []Override  `yaml:"overrides"`
	Exemptions []Exemption `yaml:"exemptions"`
	Block      []Order     `yaml:"block"`
	Allow      []Order     `yaml:"allow"`
	Licenses   Licenses    `yaml:"licenses"`
	// YoungDependency is how old a package must be before a version may add a
	// dependency on it.
	YoungDependency Duration `yaml:"young_dependency"`
	// PublisherHold is how long the first version by another publisher is held.
	PublisherHold Duration `yaml:"publisher_hold"`
	// YoungRemoval is how old a version was at most when upstream removed it,
	// for that to condemn it.
	YoungRemoval Duration `yaml:"young_removal"`
	Burst        Burst    `yaml:"burst"`
	// WaiverMax is the longest time that a waiver may last.
	WaiverMax Duration `yaml:"waiver_max"`
	// Contact is whom to ask, as refusals say at their end.
	Contact  string   `yaml:"contact"`
	Prefetch Prefetch `yaml:"prefetch"`
	// Grandfather lets the cooldown pass what was served before the policy
	// began.
	Grandfather bool `yaml:"grandfather"`
}

// Cooldown says how old versions must be. The longest duration that applies
// counts; those that are not set are the level's.
type Cooldown struct {
	// Default holds for every version, NewPackage for those of new packages,
	// WithScripts for those that run something when they are installed.
	Default     Optional[Duration] `yaml:"default"`
	NewPackage  Optional[Duration] `yaml:"new_package"`
	WithScripts Optional[Duration] `yaml:"with_scripts"`
	// HideOnly hides young versions from documents and serves their tarballs.
	HideOnly bool `yaml:"hide_only"`
	// FastLane is how old a reviewed fix must be at least.
	FastLane Switchable `yaml:"fast_lane"`
	// Windows hold for the names of a pattern instead.
	Windows []Window `yaml:"windows"`
}

// Window is the cooldown of the names of a pattern. Durations of zero add
// nothing to the default one.
type Window struct {
	Match       string   `yaml:"match"`
	Default     Duration `yaml:"default"`
	NewPackage  Duration `yaml:"new_package"`
	WithScripts Duration `yaml:"with_scripts"`
}

// Override gives one guard a mode for the names of a pattern.
type Override struct {
	Match string `yaml:"match"`
	Guard string `yaml:"guard"`
	Mode  string `yaml:"mode"`
}

// Exemption takes versions out of guards, for a limited time.
type Exemption struct {
	Match string `yaml:"match"`
	// Version is an exact version; empty means all.
	Version string `yaml:"version"`
	// Guards are words or numbers; none means those about age.
	Guards  []string `yaml:"guards"`
	Owner   string   `yaml:"owner"`
	Reason  string   `yaml:"reason"`
	Expires Moment   `yaml:"expires"`
}

// Order blocks versions, or lets them through.
type Order struct {
	Match string `yaml:"match"`
	// Versions is an exact version or a range; empty means all.
	Versions string `yaml:"versions"`
	Reason   string `yaml:"reason"`
	// Expires is when it ends; not set means never.
	Expires Moment `yaml:"expires"`
}

// Licenses says which licences may come in.
type Licenses struct {
	Allow []string `yaml:"allow"`
	Deny  []string `yaml:"deny"`
	// Unreadable lets versions through whose licence cannot be read.
	Unreadable bool `yaml:"unreadable"`
}

// Burst says how many versions at once are too many, and for how long those
// are held.
type Burst struct {
	Versions Count    `yaml:"versions"`
	Hold     Duration `yaml:"hold"`
}

// Prefetch bounds the tarballs that are fetched before they are asked for,
// because a guard must look into them.
type Prefetch struct {
	// Wait is how long a request waits for them.
	Wait Duration `yaml:"wait"`
	// Size is how many bytes of them may be fetched for one document.
	Size ByteSize `yaml:"size"`
	// Age is how old a version may be to have its tarball fetched; zero means
	// that all have. What is older is judged when its tarball is asked for.
	Age Duration `yaml:"age"`
}

func defaultPolicy() Policy {
	return Policy{
		Level:           "standard",
		Cooldown:        Cooldown{FastLane: Switchable(day)},
		YoungDependency: Duration(week),
		PublisherHold:   Duration(week),
		YoungRemoval:    Duration(30 * day),
		Burst:           Burst{Versions: 20, Hold: Duration(day)},
		WaiverMax:       Duration(day),
		Prefetch:        Prefetch{Wait: Duration(10 * time.Second), Size: 64 << 20},
		Grandfather:     true,
	}
}
