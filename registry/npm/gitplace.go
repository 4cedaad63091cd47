package npm

import (
	"slices"
	"strings"
)

// sameRange tells whether two specifiers of a dependency are the same, apart
// from the spelling of repositories on well-known hosts, which npm changes when
// it publishes.
func sameRange(a, b string) bool {
	if a == b {
		return true
	}
	pa, ok := gitPlaceOf(a)
	if !ok {
		return false
	}
	pb, ok := gitPlaceOf(b)
	return ok && pa == pb
}

// gitPlace is a commit of a repository.
type gitPlace struct{ host, path, commit string }

// gitHost is the host of a short form that npm knows.
func gitHost(short string) string {
	switch short {
	case "github":
		return "github.com"
	case "gitlab":
		return "gitlab.com"
	case "bitbucket":
		return "bitbucket.org"
	case "gist":
		return "gist.github.com"
	}
	return ""
}

// gitPlaceOf reads "owner/name", "github:owner/name", "git@host:owner/name.git"
// and URLs, each with "#commit" or without. Everything that another reader
// could take for another host is refused with false, and so is what leads to no
// repository of a host that npm knows.
func gitPlaceOf(spec string) (gitPlace, bool) {
	rest, commit, _ := strings.Cut(spec, "#")
	p := gitPlace{commit: commit}
	prefix, tail, marked := strings.Cut(rest, ":")
	switch {
	case strings.HasPrefix(tail, "//"):
		if !gitScheme(prefix) {
			return p, false
		}
		authority, path, _ := strings.Cut(tail[2:], "/")
		p.host, p.path = authority[strings.LastIndexByte(authority, '@')+1:], path
		if host, first, ok := strings.Cut(p.host, ":"); ok {
			p.host, p.path = host, first+"/"+path
		}
		if !plainText(strings.TrimSuffix(authority[:strings.LastIndexByte(authority, '@')+1], "@"), ":%+") {
			return p, false
		}
	case !marked:
		p.host, p.path = gitHost("github"), rest
	case gitHost(prefix) != "":
		p.host, p.path = gitHost(prefix), tail
	default:
		p.host, p.path = strings.TrimPrefix(prefix, "git@"), tail
	}
	return p, p.settle()
}

func gitScheme(s string) bool {
	switch s {
	case "git", "git+ssh", "git+https", "git+http", "ssh", "https", "http":
		return true
	}
	return false
}

// plainText tells whether s holds letters, digits, "-", "_", ".", "~" and what
// else is allowed.
func plainText(s, also string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return c > '~' || !isIdentByte(byte(c)) && !strings.ContainsRune("_.~"+also, c) //nolint:gosec // ASCII
	})
}

// settle brings the path into one form. False means that the host is none that
// npm knows, or that the path is not a repository's, as those of archives are
// not.
func (p *gitPlace) settle() bool {
	p.host = strings.TrimPrefix(p.host, "www.")
	p.path = strings.TrimSuffix(strings.TrimSuffix(p.path, "/"), ".git")
	parts := strings.Split(p.path, "/")
	if slices.ContainsFunc(parts, func(s string) bool { return s == "" || s == "." || s == ".." || !plainText(s, "") }) {
		return false
	}
	switch p.host {
	case gitHost("gist"):
		p.path = parts[len(parts)-1]
		return len(parts) <= 2
	case gitHost("gitlab"):
		return len(parts) >= 2 && !slices.Contains(parts, "-")
	case gitHost("github"):
		if len(parts) == 4 && parts[2] == "tree" && p.commit == "" {
			p.path, p.commit = parts[0]+"/"+parts[1], parts[3]
			return true
		}
		return len(parts) == 2
	}
	return p.host == gitHost("bitbucket") && len(parts) == 2
}
