package e2e

import (
	"testing"
)

// TestPrivateJourneyOfNpm takes packages of a team through their whole life
// with the npm of this machine.
func TestPrivateJourneyOfNpm(t *testing.T) {
	t.Parallel()
	c := npmOnPath(t)
	tm := newTeam(t)
	privateJourney(t, tm.deskOf(t, c, tm.url, tm.token))
	tm.sound(t)
}

// TestPrivateEveryClient makes the same journey with every client.
func TestPrivateEveryClient(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	for _, c := range everyClient(t)[1:] {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tm := newTeam(t)
			privateJourney(t, tm.deskOf(t, c, tm.url, tm.token))
			tm.sound(t)
		})
	}
}

// TestPrivateEveryPrefix makes the same journey by every other way into larder.
func TestPrivateEveryPrefix(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	c := npmOnPath(t)
	for _, name := range []string{instancePlace, groupPlace, projectPlace} { // TestPrivateJourneyOfNpm has the root
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tm := newTeam(t)
			d := tm.deskOf(t, c, tm.prefixes()[name], tm.token)
			if name == groupPlace {
				tm.placesPlain(t, d)
			}
			privateJourney(t, d)
			tm.sound(t)
		})
	}
}

// placesPlain gives the plain name to the project: a group takes a name that
// neither a mapping nor an earlier publish gives to one of its projects from
// nobody, and says what to do.
func (tm *team) placesPlain(t *testing.T, d *desk) {
	t.Helper()
	d.source(t, plainName, "0.9.0")
	d.fails(t, "no project of acme is mapped to acme-tool: add names.publish", "publish", plain("0.9.0"))
	tm.deskOf(t, d.client, tm.prefixes()[projectPlace], tm.token).publish(t, plain("0.9.0"))
}

// What the journey publishes.
const (
	scopedName = "@acme/lib"
	plainName  = "acme-tool"
)

// privateJourney publishes packages, changes all that can be changed about
// them, installs them and removes them.
func privateJourney(t *testing.T, d *desk) {
	d.publishes(t)
	d.reads(t)
	d.tags(t)
	d.deprecates(t)
	d.owns(t)
	d.stars(t)
	d.accesses(t)
	d.installs(t)
	d.unpublishes(t)
}

// scoped and plain are the words for versions of the two packages.
func scoped(version string) words { return words{name: scopedName, version: version} }
func plain(version string) words  { return words{name: plainName, version: version} }

// publish publishes a version.
func (d *desk) publish(t *testing.T, w words) {
	t.Helper()
	d.source(t, w.name, w.version)
	d.run(t, "publish", w)
}

// publishes puts versions of two packages into larder, and one a second time.
func (d *desk) publishes(t *testing.T) {
	t.Helper()
	d.publish(t, scoped("1.0.0"))
	d.source(t, plainName, "1.0.0")
	d.run(t, "publish for all", plain("1.0.0"))
	d.source(t, scopedName, "1.1.0")
	d.run(t, "publish tagged", words{tag: "next"})
	d.source(t, scopedName, "1.1.0", ", again")
	const reason = "You cannot publish over the previously published versions"
	d.fails(t, reason, "publish", scoped("1.1.0"))
	if d.has("publish forced") {
		d.fails(t, reason+": 1.1.0. Package already exists.", "publish forced", scoped("1.1.0"))
	}
	d.hasTags(t, scopedName, map[string]string{"latest": "1.0.0", "next": "1.1.0"})
	d.hasTags(t, plainName, map[string]string{"latest": "1.0.0"})
}

// reads asks who it is and what there is.
func (d *desk) reads(t *testing.T) {
	t.Helper()
	if d.has("whoami") {
		d.shows(t, person, "whoami", words{})
	}
	d.shows(t, "what the team made", "view", scoped("1.0.0"))
	d.shows(t, "The "+publicName+" package", "view", words{name: publicName, version: "1.0.0"})
	if d.has("search") {
		d.shows(t, scopedName, "search", words{text: "lib"})
	}
}
