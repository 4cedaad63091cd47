package httpd

import (
	"bytes"

	"github.com/larderhq/larder/registry/npm"
)

// parsePath finds what a checked path means. A path that is well-formed but
// means nothing is opUnknown.
func parsePath(path []byte) (Target, error) {
	var s segments
	if err := s.split(path); err != nil {
		return Target{}, err
	}
	switch {
	case s.n == 0:
		return Target{Op: opRoot}, nil
	case s.is(0, "-"):
		return parseService(&s)
	}
	return parsePackage(&s)
}

// parsePackage parses "/name" and what may follow it.
func parsePackage(s *segments) (Target, error) {
	name, i, err := takeName(s, 0)
	if err != nil {
		return Target{}, err
	}
	if err := s.plain(i); err != nil {
		return Target{}, err
	}
	t := Target{Name: name}
	switch rest := s.n - i; {
	case rest == 0:
		t.Op = opPackument
	case rest == 1 && !s.is(i, "-"):
		t.Op, t.Version = opManifest, string(s.at(i))
	case rest == 2 && s.is(i, "-"):
		t.Op, t.File = opTarball, string(s.at(i+1))
	case rest == 2 && s.is(i, "-rev"),
		rest == 4 && s.is(i, "-") && s.is(i+2, "-rev"):
		t.Op = opRevision
	}
	return t, nil
}

// takeName takes the package name that starts at segment i, in any of the
// spellings that clients use: one part with an encoded slash, or two parts. It
// returns the index behind it.
func takeName(s *segments, i int) (npm.Name, int, error) {
	if i >= s.n {
		return npm.Name{}, i, malformed("name", "it names no package")
	}
	first := s.at(i)
	if first[0] != '@' || s.list[i].slash >= 0 {
		name, err := parseName(string(first))
		return name, i + 1, err
	}
	if i+1 >= s.n || s.list[i+1].slash >= 0 {
		return npm.Name{}, i, malformed("name", "a scope needs a name after it")
	}
	name, err := parseName(joinName(first, s.at(i+1)))
	return name, i + 2, err
}

// joinName builds "@scope/name" with one allocation.
func joinName(scope, base []byte) string {
	var room [maxDecoded + 1]byte
	b := append(room[:0], scope...)
	b = append(b, '/')
	b = append(b, base...)
	return string(b)
}

func parseName(s string) (npm.Name, error) {
	name, err := npm.ParseName(s)
	if err != nil {
		return npm.Name{}, malformed("name", "it names no package that could exist")
	}
	return name, nil
}

// parseService parses what follows "/-/".
func parseService(s *segments) (Target, error) {
	switch {
	case s.is(1, "package") && s.n > 2:
		return parsePackageService(s)
	case s.is(1, "npm") && s.is(2, "v1") && s.is(3, "attestations") && s.n > 4:
		return parseAttestations(s)
	}
	if err := s.plain(1); err != nil {
		return Target{}, err
	}
	return Target{Op: serviceOp(s)}, nil
}

// serviceOp returns the operation of a path that names no package.
func serviceOp(s *segments) Op {
	switch {
	case s.n == 2:
		return singleOp(s.at(1))
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
		t.Op = opDistTag
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
