package web

import "io"

// GroupView is the page of a group, what is in it, and the packages below it.
type GroupView struct {
	Frame
	// Crumbs lead from the home page to the group above.
	Crumbs []Link
	// Path is the full path.
	Path        string
	Name        string
	Description string
	// Visibility is GitLab's word: private, internal or public.
	Visibility string
	Subgroups  Children
	Projects   Children
	Packages   Packages
}

// Group writes the page of a group.
func (p *Pages) Group(w io.Writer, v GroupView) error {
	v.Packages.Across = true
	return p.render(w, "group", v)
}
