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
	list := s.list[:s.n]
	switch {
	case len(list) == 0:
		return Target{Op: opRoot}, nil
	case list[0].is("-"):
		return parseService(list[1:])
	}
	return parsePackage(list)
}

// parsePackage parses "/name" and what may follow it.
func parsePackage(list []segment) (Target, error) {
	name, rest, err := takeName(list)
	if err != nil {
		return Target{}, err
	}
	for _, s := range rest {
		if s.slash >= 0 {
			return Target{}, malformed("separator", "it holds an encoded slash that does not end a scope")
		}
	}
	t := Target{Name: name}
	switch {
	case len(rest) == 0:
		t.Op = opPackument
	case len(rest) == 1 && !rest[0].is("-"):
		t.Op, t.Version = opManifest, string(rest[0].text)
	case len(rest) == 2 && rest[0].is("-"):
		t.Op, t.File = opTarball, string(rest[1].text)
	case len(rest) == 2 && rest[0].is("-rev"),
		len(rest) == 4 && rest[0].is("-") && rest[2].is("-rev"):
		t.Op = opRevision
	}
	return t, nil
}

// takeName takes the package name off the front of list, in any of the
// spellings that clients use: one part with an encoded slash, or two parts.
func takeName(list []segment) (npm.Name, []segment, error) {
	if len(list) == 0 {
		return npm.Name{}, nil, malformed("name", "it names no package")
	}
	first := list[0]
	if first.text[0] != '@' || first.slash >= 0 {
		name, err := parseName(string(first.text))
		return name, list[1:], err
	}
	if len(list) == 1 || list[1].slash >= 0 {
		return npm.Name{}, nil, malformed("name", "a scope needs a name after it")
	}
	name, err := parseName(joinName(first.text, list[1].text))
	return name, list[2:], err
}

// joinName builds "@scope/name" with one allocation.
func joinName(scope, base []byte) string {
	var room [maxDecoded]byte
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
func parseService(list []segment) (Target, error) {
	if len(list) == 0 {
		return Target{}, nil
	}
	switch {
	case list[0].is("package"):
		return parsePackageService(list[1:])
	case len(list) >= 4 && isPath(list[:3], "npm", "v1", "attestations"):
		return parseAttestations(list[3:])
	}
	for _, s := range list {
		if s.slash >= 0 {
			return Target{}, malformed("separator", "it holds an encoded slash that does not end a scope")
		}
	}
	return Target{Op: serviceOp(list)}, nil
}

// serviceOp returns the operation of a path that names no package.
func serviceOp(list []segment) Op {
	switch {
	case len(list) == 1:
		return singleOp(list[0])
	case isPath(list, "v1", "search"):
		return opSearch
	case isPath(list, "npm", "v1", "keys"):
		return opKeys
	case isPath(list, "npm", "v1", "security", "advisories", "bulk"):
		return opAuditBulk
	case isPath(list, "npm", "v1", "security", "audits", "quick"),
		isPath(list, "npm", "v1", "security", "audits"):
		return opAuditQuick
	}
	return opUnknown
}

func singleOp(s segment) Op {
	switch string(s.text) {
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

// isPath tells whether list spells exactly these words.
func isPath(list []segment, words ...string) bool {
	if len(list) != len(words) {
		return false
	}
	for i, w := range words {
		if !list[i].is(w) {
			return false
		}
	}
	return true
}

// parsePackageService parses what follows "/-/package/".
func parsePackageService(list []segment) (Target, error) {
	if len(list) == 0 {
		return Target{}, nil
	}
	name, rest, err := takeName(list)
	if err != nil {
		return Target{}, err
	}
	t := Target{Name: name}
	switch {
	case isPath(rest, "dist-tags"):
		t.Op = opDistTags
	case len(rest) == 2 && rest[0].is("dist-tags"):
		t.Op = opDistTag
	}
	return t, nil
}

// parseAttestations parses "<name>@<version>" in all spellings of the name.
func parseAttestations(list []segment) (Target, error) {
	last := list[len(list)-1]
	at := bytes.LastIndexByte(last.text, '@')
	switch {
	case at <= last.slash+1 || at == len(last.text)-1:
		return Target{}, malformed("name", "attestations need a name and a version")
	case len(list) > 2:
		return Target{}, nil
	}
	version := string(last.text[at+1:])
	list[len(list)-1].text = last.text[:at]
	name, rest, err := takeName(list)
	if err != nil {
		return Target{}, err
	}
	if len(rest) > 0 {
		return Target{}, nil
	}
	return Target{Op: opAttestations, Name: name, Version: version}, nil
}
