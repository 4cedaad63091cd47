package web

import "io"

// ProjectView is the page of a project and its packages.
type ProjectView struct {
	Frame
	// Crumbs lead from the home page to the project's group.
	Crumbs []Link
	// Path is the full path.
	Path        string
	Name        string
	Description string
	// Visibility is GitLab's word: private, internal or public.
	Visibility string
	// Registry is the absolute URL that clients publish to and install from.
	Registry string
	// Scope is the scope that the lines to publish are for, such as "@acme";
	// empty writes them for every name.
	Scope    string
	Packages Packages
}

// Configuration returns the lines for an .npmrc with which npm publishes to the
// project.
func (v ProjectView) Configuration() string { return npmrc(v.Scope, v.Registry, v.Registry != "") }

// Project writes the page of a project.
func (p *Pages) Project(w io.Writer, v ProjectView) error { return p.render(w, "project", v) }
