package policy

import "time"

// limits are the numbers of the guards.
type limits struct {
	youngDependency time.Duration
	burst           BurstLimit
	publisherHold   time.Duration
	youngRemoval    time.Duration
}

// newPackage is how long a package is new.
const newPackage = 30 * day

// limits reads the numbers of the configuration.
func (p *problems) limits(c Config) limits {
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"young_dependency", c.YoungDependency}, {"publisher_hold", c.PublisherHold}, {"burst.hold", c.Burst.Hold},
		{"removal.young", c.YoungRemoval}, {"waiver_max", c.WaiverMax},
		{"cooldown.default", c.Cooldown.Default}, {"cooldown.new_package", c.Cooldown.NewPackage},
		{"cooldown.with_scripts", c.Cooldown.WithScripts}, {"cooldown.fast_lane", c.Cooldown.FastLane},
	} {
		if d.value < 0 {
			p.add("%s: a duration cannot be negative", d.key)
		}
	}
	if c.Burst.Versions < 0 {
		p.add("burst.versions: a number cannot be negative")
	}
	l := limits{
		youngDependency: orElse(c.YoungDependency, 7*day), publisherHold: orElse(c.PublisherHold, 7*day),
		youngRemoval: orElse(c.YoungRemoval, 30*day), burst: c.Burst,
	}
	l.burst.Hold = orElse(l.burst.Hold, day)
	if l.burst.Versions == 0 {
		l.burst.Versions = 20
	}
	return l
}

// orElse is d, or what zero means.
func orElse(d, zero time.Duration) time.Duration {
	if d == 0 {
		return zero
	}
	return d
}
