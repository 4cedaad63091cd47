package web

import "time"

// Frame is what surrounds every page.
type Frame struct {
	// Home is the address of the home page, such as "/".
	Home string
	// Username is who is signed in; empty for nobody.
	Username string
	// SignIn is the address of the sign-in page, with where to go afterwards;
	// empty hides the link.
	SignIn string
	// SignOut is where the form that signs out is posted to; empty hides it.
	SignOut string
}

// Link is a text that may lead somewhere.
type Link struct {
	// Text is what is shown.
	Text string
	// URL is where it leads; without it the text stands alone.
	URL string
}

// Pager says which part of a list is shown and where the parts beside it are.
type Pager struct {
	// First and Last are the positions of the first and last row shown, counted
	// from 1; both are zero for an empty list.
	First, Last int
	// Total is how many rows there are.
	Total int
	// Previous and Next are addresses; empty at the ends.
	Previous, Next string
}

// Search is a box that asks for packages by name.
type Search struct {
	// URL is the page that is asked, without a query.
	URL string
	// Text is what was searched for; it is sent as "search".
	Text string
}

// Row is a package in a list.
type Row struct {
	Name string
	// URL is the package's page; empty for one that has none.
	URL     string
	Version string
	// Type is the format, such as "npm".
	Type string
	// Status is GitLab's word; "default" and none are not shown.
	Status string
	// Tags are the dist-tags that point to this version.
	Tags []string
	// PublishedAt is zero where it is not known.
	PublishedAt time.Time
	// Project is the project it is in; shown where lists cross projects.
	Project Link
}

// Packages is one page of a list of packages, as a search found it.
type Packages struct {
	Search Search
	Rows   []Row
	Pager  Pager
	// Across tells that the rows come from several projects.
	Across bool
}

// Child is a group or project in a list.
type Child struct {
	// Path is what is shown: the full path or the part that matters.
	Path string
	URL  string
	// Description may be empty.
	Description string
	// Visibility is GitLab's word: private, internal or public.
	Visibility string
}

// Children is one page of a list of groups or projects.
type Children struct {
	Rows  []Child
	Pager Pager
}
