package npm

import "strings"

// maxName is the longest name that npm accepts, in bytes.
const maxName = 214

// Name is the name of a package, "name" or "@scope/name", in its decoded form.
// It keeps the case in which it was written: npm has legacy packages that
// differ only by case. Only ParseName makes one; the zero Name names nothing.
type Name struct{ s string }

// ParseName reads a name as npm's clients would ask for it. Legacy names that
// could no longer be published (capitals, ~ ' ! ( ) *) are accepted; whatever
// could be mistaken for a path or needs escaping in a URL is not.
func ParseName(s string) (Name, error) {
	if reason := badName(s); reason != "" {
		return Name{}, &Error{Kind: ErrInvalid, Text: "malformed package name: " + reason}
	}
	return Name{s}, nil
}

// badName says what is wrong with a name, or returns "".
func badName(s string) string {
	switch {
	case s == "":
		return "it is empty"
	case len(s) > maxName:
		return "it is longer than 214 characters"
	case s[0] != '@':
		return badBare(s)
	}
	scope, base, ok := strings.Cut(s[1:], "/")
	switch {
	case !ok:
		return "a scope needs a name after it"
	case isDots(scope) || isDots(base):
		return "it holds a path step"
	case !isNameText(scope) || !isNameText(base):
		return "it holds characters that names cannot have"
	}
	return ""
}

// badBare is badName for a name without a scope. The leading characters and
// the two file names are npm's own rules and hold for unscoped names alone.
func badBare(s string) string {
	switch {
	case s[0] == '.' || s[0] == '-' || s[0] == '_':
		return "it starts with a period, hyphen or underscore"
	case strings.EqualFold(s, "node_modules") || strings.EqualFold(s, "favicon.ico"):
		return "it is a reserved word"
	case !isNameText(s):
		return "it holds characters that names cannot have"
	}
	return ""
}

func isDots(s string) bool { return s == "." || s == ".." }

// isNameText tells whether s is made of what encodeURIComponent leaves alone,
// which is npm's definition of URL-friendly.
func isNameText(s string) bool {
	for i := range len(s) {
		if !isIdentByte(s[i]) && !isNameMark(s[i]) {
			return false
		}
	}
	return s != ""
}

func isNameMark(c byte) bool {
	switch c {
	case '.', '_', '~', '!', '\'', '(', ')', '*':
		return true
	}
	return false
}

// String returns the name as it was written, "name" or "@scope/name".
func (n Name) String() string { return n.s }

// IsZero tells whether n names nothing.
func (n Name) IsZero() bool { return n.s == "" }

// Scope returns "@scope", or "" for a name without one.
func (n Name) Scope() string {
	if n.s == "" || n.s[0] != '@' {
		return ""
	}
	return n.s[:strings.IndexByte(n.s, '/')]
}

// Base returns the name without its scope.
func (n Name) Base() string {
	if n.s == "" || n.s[0] != '@' {
		return n.s
	}
	return n.s[strings.IndexByte(n.s, '/')+1:]
}

// Fold returns the name in lower case. Private names are matched by it, so
// that no spelling of a private name slips upstream.
func (n Name) Fold() string { return strings.ToLower(n.s) }

// Escaped returns the name as one segment of a URL path: "@scope%2fname".
func (n Name) Escaped() string {
	if n.Scope() == "" {
		return n.s
	}
	return n.Scope() + "%2f" + n.Base()
}

// TarballFile returns the file name of a version's tarball.
func (n Name) TarballFile(version string) string {
	return n.Base() + "-" + version + ".tgz"
}

// VersionOfFile is the inverse of TarballFile: it returns the version, spelled
// as in the file name, or false when file is not a tarball of this package.
func (n Name) VersionOfFile(file string) (string, bool) {
	rest, ok := strings.CutPrefix(file, n.Base())
	if !ok {
		return "", false
	}
	rest, ok = strings.CutPrefix(rest, "-")
	if !ok {
		return "", false
	}
	version, ok := strings.CutSuffix(rest, ".tgz")
	if !ok || strings.ContainsFunc(version, isSpace) {
		return "", false
	}
	if _, err := ParseLoose(version); err != nil {
		return "", false
	}
	return version, true
}
