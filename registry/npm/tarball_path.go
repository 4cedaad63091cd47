package npm

import (
	"archive/tar"
	"crypto/sha256"
	"strings"
	"unicode/utf8"
)

// pathKey stands for a path in memory: the archive chooses how many there are
// and how long, and must not choose two that are taken for one.
type pathKey [16]byte

func pathKeyOf(path string) pathKey {
	sum := sha256.Sum256([]byte(path))
	return pathKey(sum[:16])
}

// checkHeader checks type and path of an entry, and returns the path without
// the slash that directories end with.
func (i *inspection) checkHeader(h *tar.Header) (string, error) {
	if len(h.Name) > i.limit.Path {
		return "", refuse("G24", "tar: a path is too long")
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeDir:
	case tar.TypeSymlink, tar.TypeLink:
		return "", refuse("G23", "tar: a link: "+quotePath(h.Name))
	default:
		return "", refuse("G23", "tar: neither file nor directory: "+quotePath(h.Name))
	}
	if isSparse(h) {
		// Clients that do not know sparse files unpack something else.
		return "", refuse("G23", "tar: a sparse file: "+quotePath(h.Name))
	}
	path := h.Name
	if h.Typeflag == tar.TypeDir {
		path = strings.TrimSuffix(path, "/")
	}
	if reason := badPath(path); reason != "" {
		return "", refuse("G23", "tar: "+reason+": "+quotePath(h.Name))
	}
	return path, i.checkPlace(path, h.Typeflag)
}

// isSparse tells whether the archive holds only parts of a file.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// checkPlace checks where an entry lands among the others.
func (i *inspection) checkPlace(path string, kind byte) error {
	top, inside, below := strings.Cut(path, "/")
	if !below && kind != tar.TypeDir {
		return refuse("G23", "tar: a file outside of the package's directory: "+quotePath(path))
	}
	if i.top == "" {
		i.top = top
	}
	if top != i.top {
		return refuse("G23", "tar: more than one directory at the top: "+quotePath(top))
	}
	// On many disks, names that differ only by case are one file.
	if strings.EqualFold(inside, "package.json") {
		path = top + "/package.json"
		if _, ok := i.seen[pathKeyOf(path)]; ok {
			return refuse("G22", "tarball has two package.json")
		}
	}
	key := pathKeyOf(path)
	old, ok := i.seen[key]
	if ok && (old != kind || kind != tar.TypeDir) {
		return refuse("G23", "tar: a path that stands twice: "+quotePath(path))
	}
	i.seen[key] = kind
	return nil
}

// badPath says what is wrong with a path, or returns "".
func badPath(path string) string {
	switch {
	case path == "":
		return "an empty path"
	case path[0] == '/':
		return "an absolute path"
	case !utf8.ValidString(path):
		return "a path that is not text"
	case strings.Contains(path, `\`):
		return "a path with a backslash"
	case strings.ContainsFunc(path, func(c rune) bool { return c < ' ' || c >= 0x7f && c < 0xa0 }):
		return "a path with control characters"
	}
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case part == "..":
			return "a path that leaves the package"
		case part == "" || part == ".":
			return "a path with empty steps"
		case len(part) > 1 && part[1] == ':' && isLetter(part[0]):
			return "a path with a drive"
		}
	}
	return ""
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// checkGlobal refuses a header for all entries behind it, unless it only holds
// a comment, as that of git does: some clients apply it and others do not.
func checkGlobal(h *tar.Header) error {
	for key := range h.PAXRecords {
		if key != "comment" {
			return refuse("G23", "tar: a global header")
		}
	}
	return nil
}

// shownPath is how much of a path a refusal shows, in bytes.
const shownPath = 100

// quotePath shows a path that the archive chose.
func quotePath(path string) string {
	if len(path) > shownPath {
		path = path[:shownPath] + "…"
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == utf8.RuneError || c >= 0x7f && c < 0xa0 {
			return '?'
		}
		return c
	}, path)
}
