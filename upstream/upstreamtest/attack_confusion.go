package upstreamtest

// ConfusionVersion is higher than any that a team has.
const ConfusionVersion = "99.0.0"

// Confusion is a private name that a stranger publishes upstream.
type Confusion struct {
	// Name is what it is called in tests.
	Name string
	// Guard is the number of the guard that it is made for.
	Guard string
	// Package is the name that a build asks for.
	Package string
	// Declared is the pattern that declares it private; empty where nothing
	// but its publication does.
	Declared string
	// Published is the version that the team has published; empty for none.
	// Deleted tells that it was deleted again.
	Published string
	Deleted   bool
}

// Strike publishes the name upstream, with a payload.
func (c *Confusion) Strike(r *Registry) {
	r.Add(Package{Name: c.Package, Description: "Not what it seems", Versions: []Version{
		Version{Version: ConfusionVersion, Publisher: "stranger"}.armed("postinstall"),
	}})
}

// Confusions returns the ways to get a public package in place of a private one.
// All of them were published long ago, so that their age stops none.
func Confusions() []Confusion {
	return []Confusion{
		{Name: "declared scope", Guard: "G01", Package: "@inhouse/billing", Declared: "@inhouse/*"},
		{Name: "declared name", Guard: "G01", Package: "inhouse-billing", Declared: "inhouse-billing"},
		{Name: "shadowed name", Guard: "G02", Package: "shadowed-tool", Published: "1.0.0"},
		{Name: "deleted name", Guard: "G03", Package: "deleted-tool", Published: "1.0.0", Deleted: true},
		{Name: "other case", Guard: "G09", Package: "@InHouse/Billing", Declared: "@inhouse/*"},
	}
}
