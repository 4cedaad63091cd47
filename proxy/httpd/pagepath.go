package httpd

import (
	"bytes"
	"strconv"
)

// parsePage finds what a path means that is a page for people. Its names are
// full paths of groups and projects with their slashes as they are; nothing in
// them is ever escaped.
func parsePage(path []byte) (Target, bool) {
	path = bytes.TrimSuffix(path, []byte("/"))
	if rest, ok := bytes.CutPrefix(path, []byte("/-/projects")); ok {
		return pageOf(rest, opProjectsPage, opProjectPage)
	}
	if rest, ok := bytes.CutPrefix(path, []byte("/-/groups")); ok {
		return pageOf(rest, opGroupsPage, opGroupPage)
	}
	project, rest, ok := bytes.Cut(path, []byte("/-/"))
	if !ok || bytes.Count(project, []byte("/")) < 2 || !isFullPath(project) {
		return Target{}, false
	}
	t := Target{Subject: string(project[1:])}
	rest, ok = bytes.CutPrefix(rest, []byte("packages/"))
	number, file, filed := bytes.Cut(rest, []byte("/files/"))
	t.Op, t.Number = opPackagePage, parseNumber(number)
	if filed {
		t.Op, t.Second = opPackageFile, parseNumber(file)
	}
	return t, ok && t.Number > 0 && (t.Second > 0 || !filed)
}

// pageOf parses what follows the word of a kind of page: nothing, or one of its
// things.
func pageOf(rest []byte, all, one Op) (Target, bool) {
	switch {
	case len(rest) == 0:
		return Target{Op: all}, true
	case isFullPath(rest):
		return Target{Op: one, Subject: string(rest[1:])}, true
	}
	return Target{}, false
}

// isFullPath tells whether b is a slash and the full path of a group or project.
func isFullPath(b []byte) bool {
	if len(b) < 2 || len(b) > maxDecoded || b[0] != '/' {
		return false
	}
	for part := range bytes.SplitSeq(b[1:], []byte("/")) {
		if !isPathPart(part) || part[0] == '-' {
			return false
		}
		for _, c := range part {
			if !isAlphanumeric(c) && c != '_' && c != '-' && c != '.' {
				return false
			}
		}
	}
	return true
}

// parseNumber reads a record's number; 0 is none.
func parseNumber(b []byte) int64 {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || b[0] < '1' || b[0] > '9' {
		return 0
	}
	return n
}
