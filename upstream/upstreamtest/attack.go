package upstreamtest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// MarkerEnv is the environment variable with the file that a payload writes to
// when it runs. Where it is not set, nothing is written.
const MarkerEnv = "ATTACK_MARKER"

// Attack is one way to get a bad version to those who install a package. It has
// a good history, which Publish serves, and one or more steps, which Strike
// takes. Times are relative to when it was made.
type Attack struct {
	// Name is what it is called in tests.
	Name string
	// Guard is the number of the guard that it is made for. The others have no
	// reason to object, but for those that its kind cannot do without.
	Guard string
	// Package is what is installed. Bad is the version that nobody may get, and
	// Good the one that installs get instead; it is empty where no version of
	// the name may come in.
	Package, Good, Bad string
	// Known tells that only who has seen the history can tell the attack.
	Known bool
	// Fetched tells that somebody must have fetched the tarball of Bad before,
	// and Forgotten that its bytes are no longer stored.
	Fetched, Forgotten bool
	// Unlisted tells that the document itself does not list Bad any more.
	Unlisted bool
	// Runs tells that installing Bad writes the marker, with clients that run
	// scripts.
	Runs bool
	// Beside are other packages of the attack, which have to be looked at for
	// it to be seen.
	Beside []string
	// Feed is a feed of malware that knows it, Indicators a list of hashes.
	Feed, Indicators string
	// Resembles is the private name that Package looks like.
	Resembles string

	history []Package
	steps   []func(*Registry)
}

// Publish serves what was there before the attack.
func (a *Attack) Publish(r *Registry) { r.Add(a.history...) }

// Strike makes the attack. Where it takes several steps, between is called
// after each but the last: whoever is to know the attack has to look then.
func (a *Attack) Strike(r *Registry, between func()) {
	for i, step := range a.steps {
		if i > 0 {
			between()
		}
		step(r)
	}
}

// Attacks returns all attacks on what larder serves of an upstream. Each has a
// package of its own.
func Attacks(now time.Time) []Attack {
	return slices.Concat(attacksInTime(now), attacksInContent(now), attacksInTrust(now), attacksInArchives(now),
		attacksByUpstream(now), attacksByName(now))
}

const day = 24 * time.Hour

// asleep is how long ago the bad version of an attack was published whose age
// does not matter: longer than anybody holds a version.
const asleep = 100 * day

// What the history of an attack has: lastGood is its highest version and
// nextBad the one that the attack adds. A late fix of an old line is the last
// that was published, so that who goes by the time ends there.
const (
	lastGood = "1.1.0"
	nextBad  = "1.2.0"
	lateFix  = "0.9.9"
)

// past is the good history of a package, whose publisher has no other.
func past(name string, now time.Time) Package {
	keeper := "keeper-of-" + strings.NewReplacer("@", "", "/", "-").Replace(name)
	p := Package{Name: name, Description: "The " + name + " package", Tags: deps{"latest": lastGood, "next": lastGood, "legacy": lateFix}}
	for _, v := range []struct {
		version string
		age     time.Duration
	}{{"0.9.0", 900 * day}, {"1.0.0", 800 * day}, {lastGood, 400 * day}, {lateFix, 20 * day}} {
		p.Versions = append(p.Versions, Version{Version: v.version, Published: now.Add(-v.age), Publisher: keeper})
	}
	return p
}

// each changes all versions.
func (p Package) each(edit func(*Version)) Package {
	p.Versions = slices.Clone(p.Versions)
	for i := range p.Versions {
		edit(&p.Versions[i])
	}
	return p
}

// adding is the package with another version, which its tags point to.
func (p Package) adding(v Version) Package {
	if v.Publisher == "" {
		v.Publisher = p.Versions[0].Publisher
	}
	p.Versions = append(slices.Clone(p.Versions), v)
	p.Tags = maps.Clone(p.Tags)
	p.Tags["latest"], p.Tags["next"] = v.Version, v.Version
	return p
}

// serving is the step in which packages are published anew.
func serving(packages ...Package) func(*Registry) {
	return func(r *Registry) { r.Add(packages...) }
}

// released fills in an attack that adds a version to a history.
func (a Attack) released(history Package, bad Version) Attack {
	a.Package, a.Good, a.Bad = history.Name, lastGood, bad.Version
	a.history = []Package{history}
	a.steps = []func(*Registry){serving(history.adding(bad))}
	return a
}

// sleeper is the next version of a package, old enough for everybody.
func sleeper(now time.Time) Version {
	return Version{Version: nextBad, Published: now.Add(-asleep)}
}

// payload is a script that writes the marker.
const payload = `const to = process.env.` + MarkerEnv + `;
if (to) require("fs").appendFileSync(to, "payload of " + __dirname + "\n");
`

// armed puts the payload into a version, for a hook to run.
func (v Version) armed(hook string) Version {
	v.Files = deps{"index.js": "exports.bad = true;\n", "setup.js": payload}
	v.Manifest = with(v.Manifest, manifest{"scripts": deps{hook: "node setup.js"}})
	return v
}
