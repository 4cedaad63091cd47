package httpd

import (
	"bytes"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// userPrefix starts the id of a user's document, which comes from CouchDB.
const userPrefix = "org.couchdb.user:"

// parseService parses what follows "/-/".
func parseService(s *segments) (Target, error) {
	switch {
	case s.is(1, "package") && s.n > 2:
		return parsePackageService(s)
	case s.is(1, "user") && s.is(2, "package") && s.n > 4:
		return parseStar(s)
	case s.is(1, "npm") && s.is(2, "v1") && s.is(3, "attestations") && s.n > 4:
		return parseAttestations(s)
	}
	if err := s.plain(1); err != nil {
		return Target{}, err
	}
	if s.n == 2 {
		return Target{Op: singleOp(s.at(1))}, nil
	}
	switch string(s.at(1)) {
	case "user":
		return parseUser(s), nil
	case "npm", "v1":
		return parseVersioned(s), nil
	case "org":
		if s.n == 4 && s.is(3, "package") {
			return Target{Op: opScopePackages, Subject: string(s.at(2))}, nil
		}
	case "_view":
		if s.are(2, "starredByUser") {
			return Target{Op: opStarredBy}, nil
		}
	}
	return Target{}, nil
}

// parseUser parses what follows "/-/user/".
func parseUser(s *segments) Target {
	word, isUser := strings.CutPrefix(string(s.at(2)), userPrefix)
	switch {
	case isUser && s.n == 3 && word != "":
		return Target{Op: opUser, Subject: word}
	case isUser && s.n == 5 && s.is(3, "-rev") && word != "":
		return Target{Op: opUserRevision, Subject: word, Rev: string(s.at(4))}
	case s.n == 4 && s.is(2, "token"):
		return Target{Op: opToken, Secret: string(s.at(3))}
	case s.are(2, "v1", "star"):
		return Target{Op: opStars}
	case s.n == 4 && s.is(3, "package"):
		return Target{Op: opUserPackages, Subject: word}
	}
	return Target{}
}

// parseVersioned parses the services whose path carries the version of their
// protocol.
func parseVersioned(s *segments) Target {
	switch {
	case s.n == 4 && s.is(1, "v1") && s.is(2, "done"):
		return Target{Op: opLoginDone, Secret: string(s.at(3))}
	case s.n == 6 && s.is(2, "v1") && s.is(3, "tokens") && s.is(4, "token"):
		return Target{Op: opTokenKey, Secret: string(s.at(5))}
	}
	return Target{Op: serviceOp(s)}
}

// parseStar parses "/-/user/package/<name>/star".
func parseStar(s *segments) (Target, error) {
	name, i, err := takeName(s, 3)
	if err != nil {
		return Target{}, err
	}
	if err := s.plain(i); err != nil {
		return Target{}, err
	}
	if !s.are(i, "star") {
		return Target{Name: name}, nil
	}
	return Target{Op: opStar, Name: name}, nil
}

// serviceOp returns the operation of a path that names no package.
func serviceOp(s *segments) Op {
	switch {
	case s.are(1, "v1", "login"):
		return opWebLogin
	case s.are(1, "npm", "v1", "tokens"):
		return opTokens
	case s.are(1, "npm", "v1", "user"):
		return opProfile
	case s.are(1, "v1", "search"):
		return opSearch
	case s.are(1, "npm", "v1", "keys"):
		return opKeys
	case s.are(1, "npm", "v1", "security", "advisories", "bulk"):
		return opAuditBulk
	case s.are(1, "npm", "v1", "security", "audits", "quick"),
		s.are(1, "npm", "v1", "security", "audits"):
		return opAuditQuick
	}
	return opUnknown
}

func singleOp(word []byte) Op {
	switch string(word) {
	case "ping":
		return opPing
	case "whoami":
		return opWhoami
	case "login":
		return opLoginPage
	case "logout":
		return opSignOut
	case "health":
		return opHealth
	case "liveness":
		return opLiveness
	case "readiness":
		return opReadiness
	case "metrics":
		return opMetrics
	}
	return opUnknown
}

// parsePackageService parses "/-/package/<name>/…".
func parsePackageService(s *segments) (Target, error) {
	name, i, err := takeName(s, 2)
	if err != nil {
		return Target{}, err
	}
	if err := s.plain(i); err != nil {
		return Target{}, err
	}
	t := Target{Name: name}
	switch {
	case s.are(i, "dist-tags"):
		t.Op = opDistTags
	case s.n-i == 2 && s.is(i, "dist-tags"):
		t.Op, t.Tag = opDistTag, string(s.at(i+1))
	case s.are(i, "access"):
		t.Op = opAccess
	case s.are(i, "visibility"):
		t.Op = opVisibility
	case s.are(i, "collaborators"):
		t.Op = opCollaborators
	case s.are(i, "owners"):
		t.Op = opOwners
	case s.n-i == 2 && s.is(i, "owners"):
		t.Op, t.Subject = opOwner, string(s.at(i+1))
	}
	return t, nil
}

// parseAttestations parses "/-/npm/v1/attestations/<name>@<version>" in all
// spellings of the name.
func parseAttestations(s *segments) (Target, error) {
	if s.n > 6 {
		return Target{}, s.plain(4)
	}
	last := &s.list[s.n-1]
	text := s.at(s.n - 1)
	at := bytes.LastIndexByte(text, '@')
	if at <= last.slash+1 || at == len(text)-1 {
		return Target{}, malformed("name", "attestations need a name and a version")
	}
	version := string(text[at+1:])
	if _, err := npm.ParseLoose(version); err != nil {
		// It goes upstream as it is, so it has to be what it says.
		return Target{}, malformed("name", "attestations need a name and a version")
	}
	last.to = last.from + at
	name, i, err := takeName(s, 4)
	if err != nil {
		return Target{}, err
	}
	if i < s.n {
		return Target{}, nil
	}
	return Target{Op: opAttestations, Name: name, Version: version}, nil
}
