package httpd

import (
	"bytes"
	"errors"

	"github.com/larderhq/larder/registry"
)

// apiRoot starts every path of GitLab's API. A package named "api" keeps all
// paths that packages have: none of them is that deep.
const apiRoot = "/api/v4/"

// The texts of GitLab for paths that it refuses. Its clients look for them.
const (
	textUnsafeName = "package_name should be a valid file path"
	textBadName    = "Validation failed: Name should be a valid NPM package name: " +
		"https://github.com/npm/validate-npm-package-name#naming-rules."
)

// apiPath is a path below apiRoot that is read from its left.
type apiPath struct {
	whole []byte
	// left is what was not read yet: empty, or a slash and what follows.
	left []byte
}

// took reads the given parts if exactly they come next.
func (a *apiPath) took(words ...string) bool {
	rest := a.left
	for _, w := range words {
		if len(rest) <= len(w) || rest[0] != '/' || string(rest[1:len(w)+1]) != w {
			return false
		}
		if rest = rest[len(w)+1:]; len(rest) > 0 && rest[0] != '/' {
			return false
		}
	}
	a.left = rest
	return true
}

// part reads the next part, whatever it is.
func (a *apiPath) part() []byte {
	if len(a.left) == 0 {
		return nil
	}
	part := a.left[1:]
	if i := bytes.IndexByte(part, '/'); i >= 0 {
		part = part[:i]
	}
	a.left = a.left[len(part)+1:]
	return part
}

// ended tells whether nothing but a slash is left.
func (a *apiPath) ended() bool { return len(a.left) == 0 || string(a.left) == "/" }

// parseAPI finds what a path below apiRoot means.
func parseAPI(path []byte) (Target, error) {
	a := &apiPath{whole: path, left: path[len(apiRoot)-1:]}
	switch {
	case a.took("packages", "npm"):
		return a.registry(registry.Place{Kind: registry.InstancePlace})
	case a.took("groups"):
		if ref, ok := parseRef(a.part()); ok {
			return a.group(registry.Place{Kind: registry.GroupPlace, Ref: ref})
		}
	case a.took("projects"):
		if ref, ok := parseRef(a.part()); ok {
			return a.project(registry.Place{Kind: registry.ProjectPlace, Ref: ref})
		}
	}
	return a.rest(registry.Place{}), nil
}

// group parses what follows "groups/:id".
func (a *apiPath) group(p registry.Place) (Target, error) {
	if a.took("-", "packages", "npm") {
		return a.registry(p)
	}
	return a.rest(p), nil
}

// project parses what follows "projects/:id".
func (a *apiPath) project(p registry.Place) (Target, error) {
	if a.took("packages", "npm") {
		return a.registry(p)
	}
	return a.rest(p), nil
}

// registry parses what follows the prefix of an npm registry: the grammar of
// the root, refused in GitLab's words.
func (a *apiPath) registry(p registry.Place) (Target, error) {
	prefix := string(a.whole[:len(a.whole)-len(a.left)])
	if a.ended() {
		return Target{Op: opRoot, Place: p, Prefix: prefix}, nil
	}
	if err := blankPart(a.left); err != nil {
		return Target{Place: p, Prefix: prefix}, err
	}
	t, err := parseRoot(a.left)
	switch {
	case errors.Is(err, errEmptyPart):
		return Target{Op: opNoRoute, Place: p, Prefix: prefix}, nil
	case err != nil:
		return Target{Place: p, Prefix: prefix}, inWordsOfGitLab(err)
	}
	t.Place, t.Prefix = p, prefix
	if t.Op == opUnknown || t.Op.rootOnly() {
		t.Op = opNoRoute
	}
	return t, nil
}

// inWordsOfGitLab gives a refusal of the grammar the text that GitLab has for
// it.
func inWordsOfGitLab(err error) error {
	bad := &badTarget{kind: targetKind(err), exact: textUnsafeName}
	if bad.kind == "name" {
		bad.exact = textBadName
	}
	return bad
}

// blankPart refuses a part of nothing but white space, as GitLab does.
func blankPart(path []byte) error {
	before := []byte(nil)
	for part := range bytes.SplitSeq(path[1:], []byte("/")) {
		if isBlank(part) {
			what := `"Package Name"`
			if string(before) == "dist-tags" {
				what = `"Tag"`
			}
			return &badTarget{kind: "character", missing: what}
		}
		before = part
	}
	return nil
}

// isBlank tells whether an escaped part is white space alone.
func isBlank(part []byte) bool {
	for len(part) > 0 {
		c, n := part[0], 1
		if c == '%' {
			if len(part) < 3 || !isHex(part[1]) || !isHex(part[2]) {
				return false
			}
			c, n = unhex(part[1])<<4|unhex(part[2]), 3
		}
		if c != ' ' && c != '\t' {
			return false
		}
		if part = part[n:]; len(part) == 0 {
			return true
		}
	}
	return false
}

// parseRef decodes the number or the full path of a group or project. Slashes
// in it are escaped; anything that no path can hold is no reference.
func parseRef(part []byte) (string, bool) {
	var room [maxDecoded]byte
	ref := room[:0]
	start := 0
	for i := 0; i < len(part); i++ {
		c := part[i]
		if c == '%' {
			if i+2 >= len(part) || !isHex(part[i+1]) || !isHex(part[i+2]) {
				return "", false
			}
			c = unhex(part[i+1])<<4 | unhex(part[i+2])
			i += 2
		}
		switch {
		case c == '/':
			if !isPathPart(ref[start:]) {
				return "", false
			}
			start = len(ref) + 1
		case !isAlphanumeric(c) && c != '_' && c != '-' && c != '.':
			return "", false
		}
		if ref = append(ref, c); len(ref) == maxDecoded {
			return "", false
		}
	}
	if !isPathPart(ref[start:]) {
		return "", false
	}
	return string(ref), true
}

func isPathPart(b []byte) bool { return len(b) > 0 && !isDots(b) }
