package web

import "io"

// HomeView is the first page: how to use the registry and what it holds.
type HomeView struct {
	Frame
	// Registry is the absolute URL to paste, with a slash at the end.
	Registry string
	// LocalPackages, Projects and CachedNames count what the server holds, as
	// far as the reader may know it.
	LocalPackages, Projects, CachedNames int64
	// Groups are the top-level groups that the reader may see.
	Groups Children
	// Packages are what a search found; its rows are shown only when something
	// was searched for.
	Packages Packages
}

// Command returns the line to paste.
func (v HomeView) Command() string { return "npm config set registry " + shellWord(v.Registry) }

// Home writes the first page.
func (p *Pages) Home(w io.Writer, v HomeView) error {
	v.Packages.Across = true
	return p.render(w, "home", v)
}
