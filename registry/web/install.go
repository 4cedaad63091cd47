package web

import (
	"slices"
	"strings"
)

// Command is a line to type and the client that it is for.
type Command struct{ Client, Line string }

// clients are the clients that can install a package, and how each is told to.
var clients = [...]struct{ name, add string }{
	{"npm", "npm install "}, {"pnpm", "pnpm add "}, {"Yarn", "yarn add "}, {"Bun", "bun add "},
}

// installCommands returns a line for each client. The version is named unless
// it is "latest", which is what clients choose themselves.
func installCommands(v PackageView) []Command {
	if v.Type != "npm" || v.Name == "" {
		return nil
	}
	spec := v.Name
	latest := slices.ContainsFunc(v.Tags, func(t Tag) bool { return t.Name == "latest" && t.Version == v.Version })
	if v.Version != "" && !latest {
		spec += "@" + v.Version
	}
	lines := make([]Command, 0, len(clients))
	for _, c := range clients {
		lines = append(lines, Command{Client: c.name, Line: c.add + shellWord(spec)})
	}
	return lines
}

// npmrc returns the lines that point a client at a registry: for one scope, or
// for everything where there is none.
func npmrc(scope, registry string, private bool) string {
	if registry == "" {
		return ""
	}
	line := "registry=" + registry
	if scope != "" {
		line = scope + ":" + line
	}
	if private {
		line += "\n" + tokenLine(registry)
	}
	return line
}

// tokenLine returns the line that gives the token in $NPM_TOKEN to a registry.
// npm keys credentials by the URL without its scheme, with a slash at the end
// (docs.npmjs, "Auth related configuration" of npmrc).
func tokenLine(registry string) string {
	_, rest, ok := strings.Cut(registry, "://")
	if !ok {
		rest = strings.TrimLeft(registry, "/")
	}
	return "//" + strings.TrimRight(rest, "/") + "/:_authToken=${NPM_TOKEN}"
}

// scopeOf returns "@scope" of a scoped name, "" of any other.
func scopeOf(name string) string {
	if scope, _, ok := strings.Cut(name, "/"); ok && strings.HasPrefix(scope, "@") {
		return scope
	}
	return ""
}

// shellWord quotes what a shell would take for more than one plain word. Old
// names may hold such characters.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || strings.ContainsRune("@/._-+:%,", r)
	}
	if strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
