package policy

import "strings"

// Exotic is where a dependency comes from that is not from a registry, in a
// word for refusals.
type Exotic string

// The places.
const (
	FromRegistry Exotic = ""
	FromGit      Exotic = "git"
	FromURL      Exotic = "url"
	FromFile     Exotic = "file"
	FromLink     Exotic = "link"
	// FromElsewhere is a protocol that only some clients know.
	FromElsewhere Exotic = "unknown protocol"
)

// DependencyOf reads one member of dependencies or optionalDependencies. The
// name is that of the package that is installed, which aliases ("npm:x@1")
// name in the specifier. What cannot be told apart is taken for exotic.
func DependencyOf(name, spec string) Dependency {
	spec = strings.TrimSpace(spec)
	if target, ok := cutPrefixFold(spec, "npm:"); ok {
		return Dependency{Name: aliased(target)}
	}
	return Dependency{Name: name, Exotic: exoticOf(spec)}
}

// aliased is the name in "name@range" or "@scope/name@range".
func aliased(target string) string {
	if at := strings.LastIndexByte(target, '@'); at > 0 {
		return target[:at]
	}
	return target
}

// exoticOf reads a specifier as npm-package-arg does: ranges and tags hold
// neither a slash nor a colon.
func exoticOf(spec string) Exotic {
	protocol, _, marked := strings.Cut(spec, ":")
	protocol = strings.ToLower(protocol)
	switch {
	case isPath(spec):
		return FromFile
	case marked && !strings.ContainsAny(protocol, "/@#"):
		return exoticProtocol(protocol)
	case marked:
		// "git@host:owner/name" and the like.
		return FromGit
	case strings.Contains(spec, "/"):
		return FromGit
	case isArchive(spec):
		return FromFile
	}
	return FromRegistry
}

func exoticProtocol(protocol string) Exotic {
	switch protocol {
	case "git", "git+ssh", "git+https", "git+http", "git+file", "git+rsync", "git+ftp", "ssh",
		"github", "gitlab", "bitbucket", "gist":
		return FromGit
	case "http", "https":
		return FromURL
	case "file":
		return FromFile
	case "link", "portal":
		return FromLink
	}
	return FromElsewhere
}

// isPath tells whether npm takes a specifier for a path.
func isPath(spec string) bool {
	if len(spec) >= 2 && spec[1] == ':' {
		return true // a drive of Windows
	}
	for _, prefix := range [...]string{"/", "./", "../", "~/", `.\`, `..\`, `\`} {
		if strings.HasPrefix(spec, prefix) {
			return true
		}
	}
	return spec == "." || spec == ".."
}

func isArchive(spec string) bool {
	lower := strings.ToLower(spec)
	return strings.HasSuffix(lower, ".tgz") || strings.HasSuffix(lower, ".tar.gz") || strings.HasSuffix(lower, ".tar")
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
