package web

import (
	"html/template"
	"io"
	"time"
)

// PackageView is the page of one version of a package.
type PackageView struct {
	Frame
	// Crumbs lead from the home page to the package's project.
	Crumbs []Link
	Name   string
	// Version is empty for a package without one.
	Version string
	// Type is the format; only "npm" has lines to install it.
	Type string
	// Status is GitLab's word for what may be done with it.
	Status string
	// Deprecated is the text of its deprecation; empty for none.
	Deprecated  string
	Description string
	// Registry is the absolute URL that clients install it from.
	Registry string
	// Private tells that installing needs a token.
	Private bool
	// Tags are the dist-tags of the name.
	Tags  []Tag
	Facts Facts
	// Dependencies are grouped by kind; empty groups are not shown.
	Dependencies []Dependencies
	Files        []File
	Versions     Versions
	// Readme is Markdown as published; see Pages.Readme.
	Readme []byte
}

// Tag is a dist-tag.
type Tag struct {
	Name, Version string
	// URL is the page of the version that it points to.
	URL string
}

// Facts is what is known about a version. What is empty or zero is not shown.
type Facts struct {
	PublishedAt time.Time
	Publisher   Link
	// Pipeline is the run that published it, such as "#12 main 4f2a9c1d".
	Pipeline Link
	License  string
	// Homepage and Repository are as published; only web addresses are linked.
	Homepage, Repository string
	// Size is that of all its files, in bytes.
	Size int64
	// Unpacked is the size of what is in the tarball, in bytes.
	Unpacked int64
	// Downloads counts how often it was fetched.
	Downloads        int64
	LastDownloadedAt time.Time
}

// Dependencies is one kind of dependencies of a version.
type Dependencies struct {
	// Kind is a heading, such as "Peer dependencies".
	Kind string
	Rows []Dependency
}

// Dependency is a name and the versions of it that will do.
type Dependency struct{ Name, Range string }

// File is a file of a package.
type File struct {
	Name string
	// URL is where it is downloaded; empty where it cannot be.
	URL string
	// Size is in bytes.
	Size int64
	// SHA1, SHA256 and SHA512 are in hex, Integrity as package-lock.json has
	// it. Empty ones are not shown.
	SHA1, SHA256, SHA512, Integrity string
	CreatedAt                       time.Time
}

// Versions is one page of the versions of a name.
type Versions struct {
	Rows  []VersionRow
	Pager Pager
}

// VersionRow is a version in a list.
type VersionRow struct {
	Version string
	URL     string
	// Status see Row.Status.
	Status string
	// Tags are the dist-tags that point to it.
	Tags        []string
	PublishedAt time.Time
	// Current marks the version whose page this is.
	Current bool
}

// packagePage adds to the view what only the page needs.
type packagePage struct {
	PackageView
	ReadmeHTML template.HTML
}

// Commands returns the lines that install the version.
func (v packagePage) Commands() []Command { return installCommands(v.PackageView) }

// Configuration returns the lines for an .npmrc with which the commands find
// the package.
func (v packagePage) Configuration() string {
	return npmrc(scopeOf(v.Name), v.Registry, v.Private)
}

// Count returns how many dependencies there are.
func (v packagePage) Count() int {
	n := 0
	for _, d := range v.Dependencies {
		n += len(d.Rows)
	}
	return n
}

// Package writes the page of one version of a package.
func (p *Pages) Package(w io.Writer, v PackageView) error {
	return p.render(w, "package", packagePage{PackageView: v, ReadmeHTML: p.Readme(v.Readme)})
}
