package registry

import (
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Caller is who asks, from where and with which command of npm.
type Caller struct {
	Principal *accounts.Principal
	// Address is the client's, for the audit log.
	Address string
	// Command is the npm-command header, such as "deprecate".
	Command string
}

// anonymous tells whether nobody signed in.
func (c Caller) anonymous() bool { return c.Principal.Kind == accounts.Anonymous }

// entry makes a line of the audit log.
func (c Caller) entry(action, target, detail string) record.Entry {
	return record.Entry{Actor: c.Principal.Actor(), Address: c.Address, Action: action, Target: target, Detail: detail}
}

// PlaceKind tells which of the four prefixes was asked.
type PlaceKind uint8

// The kinds of places.
const (
	// RootPlace is the server's root, InstancePlace GitLab's instance prefix:
	// both see every local package that the caller may read.
	RootPlace PlaceKind = iota
	InstancePlace
	// GroupPlace sees the packages of a group's projects and subgroups.
	GroupPlace
	// ProjectPlace sees those of one project.
	ProjectPlace
)

// Place is where a name is asked for.
type Place struct {
	Kind PlaceKind
	// Ref is the number or the full path of the group or project.
	Ref string
}

// where is a place that was found, and what the caller may see of it.
type where struct {
	kind    PlaceKind
	project *accounts.Project
	group   *accounts.Group
	// forward tells whether names that are not local go upstream from here.
	forward bool
}

// holds tells whether packages of a project belong to the place.
func (w where) holds(pr *accounts.Project) bool {
	switch w.kind {
	case ProjectPlace:
		return pr.ID == w.project.ID
	case GroupPlace:
		for _, id := range pr.Groups {
			if id == w.group.ID {
				return true
			}
		}
		return false
	}
	return true
}

// errSignIn asks for credentials.
func errSignIn() error {
	return &npm.Error{Kind: npm.ErrUnauthenticated, Message: "Unauthorized", Text: "sign in first: credentials are needed here"}
}

// errRole says which role is missing for what.
func errRole(what, where string, need, have record.AccessLevel) error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden",
		Text: what + " needs the role " + need.String() + " in " + where + "; yours is " + have.String()}
}

// errNoPerson refuses machines what only people do.
func errNoPerson() error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Text: "only people can star packages"}
}

// errNoProject is the answer where a project is absent or invisible; the two
// must look alike.
func errNoProject() error {
	return &npm.Error{Kind: npm.ErrNotFound, Text: "Project not found"}
}

func errNoGroup() error {
	return &npm.Error{Kind: npm.ErrNotFound, Text: "Group not found"}
}

// errNoPackage is GitLab's answer for a name without packages.
func errNoPackage() error { return &npm.Error{Kind: npm.ErrNotFound, Text: "Package not found"} }

// errUncovered says that a token is limited to other names.
func errUncovered(name npm.Name) error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Guard: "G46", Code: "E_TOKEN_PACKAGES",
		Package: name.String(), Text: "this token is limited to other packages than " + name.String()}
}
