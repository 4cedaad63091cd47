package httpd

import (
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
	if err := s.plainFile(i, name); err != nil {
		return Target{}, err
	}
	t := Target{Name: name}
	switch rest := s.n - i; {
	case rest == 0:
		t.Op = opPackument
	case rest == 1 && !s.is(i, "-"):
		t.Op, t.Version = opManifest, string(s.at(i))
	case rest == 2 && s.is(i, "-rev"):
		t.Op, t.Rev = opRevision, string(s.at(i+1))
	case s.is(i, "-"):
		parseFile(s, i+1, &t)
	}
	return t, nil
}

// parseFile parses what follows "/name/-/": a file of the package, and a
// revision where it is to be deleted. The file may carry the package's scope,
// as GitLab's tarball URLs and those of npm's publish documents do.
func parseFile(s *segments, i int, t *Target) {
	if scope := t.Name.Scope(); scope != "" && i+1 < s.n && string(s.at(i)) == scope {
		i++
	}
	switch rest := s.n - i; {
	case rest == 1:
		t.Op, t.File = opTarball, string(withoutScope(s.at(i), t.Name))
	case rest == 3 && s.is(i+1, "-rev"):
		t.Op, t.File, t.Rev = opFileRevision, string(withoutScope(s.at(i), t.Name)), string(s.at(i+2))
	}
}

// withoutScope takes the scope off a file name that carries it escaped.
func withoutScope(file []byte, name npm.Name) []byte {
	if scope := name.Scope(); scope != "" && len(file) > len(scope)+1 && file[len(scope)] == '/' &&
		string(file[:len(scope)]) == scope {
		return file[len(scope)+1:]
	}
	return file
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
