package contract_test

import (
	"net/http"

	"github.com/larderhq/larder/registry/record"
)

// This file is what GitLab says about who may do what, written down a second
// time and apart from what larder does.

// kind is what sort of caller somebody is.
type kind uint8

const (
	nobody kind = iota
	person
	deployToken
	jobToken
	// broken is a credential that is no good: wrong, expired, of a job that has
	// ended.
	broken
)

// who is a caller of the product.
type who struct {
	name string
	kind kind
	// level is the role in the project; deploy tokens have none.
	level record.AccessLevel
	// own tells that a deploy token is of the project.
	own bool
	// readonly tells that the credential lacks the scope to write.
	readonly bool
}

// callers are all that the product is run by.
func callers() []who {
	return []who{
		{name: "anonymous"},
		{name: "guest", kind: person, level: record.Guest},
		{name: "reporter", kind: person, level: record.Reporter},
		{name: "developer", kind: person, level: record.Developer},
		{name: "maintainer", kind: person, level: record.Maintainer},
		{name: "owner", kind: person, level: record.Owner},
		{name: "stranger", kind: person},
		{name: "admin", kind: person, level: record.Admin},
		{name: "deploy-read", kind: deployToken, own: true, readonly: true},
		{name: "deploy-write", kind: deployToken, own: true},
		{name: "deploy-elsewhere", kind: deployToken},
		{name: "job-developer", kind: jobToken, level: record.Developer},
		{name: "job-maintainer", kind: jobToken, level: record.Maintainer},
		{name: "job-stranger", kind: jobToken},
		{name: "job-finished", kind: broken},
		{name: "read-api", kind: person, level: record.Owner, readonly: true},
		{name: "wrong", kind: broken},
		{name: "expired", kind: broken},
	}
}

// need is what a command asks of its caller.
type need uint8

const (
	needNothing need = iota
	// needCredential is enough for what is about the caller alone.
	needCredential
	// needPerson is needed where an account is looked at.
	needPerson
	// needPlace is to see the project that was addressed, if one was.
	needPlace
	// needAudit is needPlace by somebody who signed in, but at the root.
	needAudit
	needRead
	// needPeople is needRead by somebody who signed in.
	needPeople
	needStar
	needPush
	needDestroy
	// needImpossible is what nobody may do even with the right to destroy.
	needImpossible
	// needPublished is a push of what is there already.
	needPublished
)

// The places of the product.
const (
	atRoot     = "root"
	atInstance = "instance"
	atGroup    = "group"
	atProject  = "project"
)

// sees tells whether a caller may read in a project (1.4): a private one is for
// its members, an internal one for every user, and a deploy token is a user of
// nothing but its own project.
func (c who) sees(v record.Visibility) bool {
	switch {
	case v == record.PublicVisibility, c.level >= record.Guest, c.own:
		return true
	case v == record.InternalVisibility:
		return c.kind == person || c.kind == jobToken
	}
	return false
}

// expect is the status of a command of a name in a project of that visibility.
func expect(n need, c who, place string, v record.Visibility, done int) int {
	switch {
	case c.kind == broken:
		return http.StatusUnauthorized // 1.3: never the anonymous instead
	case n == needNothing:
		return done
	case n <= needAudit:
		return c.expectAt(n, place, v, done)
	case n <= needPeople:
		return c.expectRead(n, place, v, done)
	}
	return c.expectWrite(n, v, done)
}

// expectAt is for what is about no package.
func (c who) expectAt(n need, place string, v record.Visibility, done int) int {
	hidden := place == atProject && !c.sees(v)
	switch {
	case c.kind == nobody && (n < needPlace || hidden || n == needAudit && place != atRoot): // 8.8
		return http.StatusUnauthorized
	case n == needPerson && c.kind != person:
		return http.StatusForbidden
	case n >= needPlace && hidden:
		return http.StatusNotFound
	}
	return done
}

// expectRead is for what is read of a package (1.4, 8.2, 8.3).
func (c who) expectRead(n need, place string, v record.Visibility, done int) int {
	switch {
	case c.kind == nobody && (n == needPeople || !c.sees(v)):
		return http.StatusUnauthorized
	case c.sees(v):
		return done
	case place == atProject:
		return http.StatusNotFound
	}
	return http.StatusForbidden // the name is there, in projects that the caller may not read
}

// expectWrite is for what changes a package (1.4).
func (c who) expectWrite(n need, v record.Visibility, done int) int {
	role, machine := record.Maintainer, c.own
	switch n {
	case needPush, needPublished:
		role = record.Developer
	case needStar:
		role, machine = record.NoAccess, false // for people, who like it
	}
	if n == needStar && c.kind == deployToken {
		role = record.Admin
	}
	switch {
	case c.kind == nobody:
		return http.StatusUnauthorized
	case !c.sees(v):
		return http.StatusNotFound
	case c.readonly, c.level < role && !machine, n == needImpossible, n == needPublished:
		return http.StatusForbidden
	}
	return done
}
