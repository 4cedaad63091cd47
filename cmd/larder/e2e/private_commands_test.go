package e2e

import (
	"fmt"
	"maps"
	"strings"
)

// words are what a command of a client is about.
type words struct {
	name, version, tag, user, text string
}

// commands are the arguments of a client by what they do. NAME, SPEC, VERSION,
// TAG, USER and TEXT stand for what it is done to. What a client cannot do is
// not there.
type commands map[string][]string

func (a commands) with(more commands) commands {
	out := maps.Clone(a)
	maps.Copy(out, more)
	return out
}

// arguments fills the words into a command.
func (a commands) arguments(what string, w words) []string {
	fill := strings.NewReplacer("NAME", w.name, "SPEC", w.name+"@"+w.version, "VERSION", w.version,
		"TAG", w.tag, "USER", w.user, "TEXT", w.text)
	out := make([]string, 0, len(a[what]))
	for _, arg := range a[what] {
		out = append(out, fill.Replace(arg))
	}
	return out
}

// npmCommands are those of npm 12.
func npmCommands() commands {
	return commands{
		"publish":           {"publish"},
		"publish tagged":    {"publish", "--tag", "TAG"},
		"publish for all":   {"publish", "--access", "public"},
		"publish forced":    {"publish", "--force"},
		"whoami":            {"whoami"},
		"view":              {"view", "SPEC"},
		"search":            {"search", "TEXT"},
		"tag ls":            {"dist-tag", "ls", "NAME"},
		"tag add":           {"dist-tag", "add", "SPEC", "TAG"},
		"tag rm":            {"dist-tag", "rm", "NAME", "TAG"},
		"deprecate":         {"deprecate", "SPEC", "TEXT"},
		"undeprecate":       {"undeprecate", "SPEC"},
		"owner ls":          {"owner", "ls", "NAME"},
		"owner add":         {"owner", "add", "USER", "NAME"},
		"owner rm":          {"owner", "rm", "USER", "NAME"},
		"access status":     {"access", "get", "status", "NAME"},
		"access packages":   {"access", "list", "packages"},
		"access people":     {"access", "list", "collaborators", "NAME"},
		"unpublish version": {"unpublish", "SPEC"},
		"unpublish":         {"unpublish", "NAME", "--force"},
		"ping":              {"ping"},
		"audit":             {"audit"},
		"login":             {"login", "--auth-type=legacy"},
		"login by page":     {"login", "--auth-type=web"},
		"logout":            {"logout"},
		"token ls":          {"token", "list"},
		"token create":      {"token", "create", "--name", "TEXT"},
		"token revoke":      {"token", "revoke", "TEXT"},
		"profile":           {"profile", "get", "email"},
		"password":          {"profile", "set", "password"},
	}
}

// olderNpmCommands adds what npm 12 has no more.
func olderNpmCommands() commands {
	return npmCommands().with(commands{
		"star":   {"star", "NAME"},
		"unstar": {"unstar", "NAME"},
		"stars":  {"stars"},
	})
}

func pnpmCommands() commands {
	return npmCommands().with(commands{
		"publish":         {"publish", "--no-git-checks"},
		"publish tagged":  {"publish", "--no-git-checks", "--tag", "TAG"},
		"publish for all": {"publish", "--no-git-checks", "--access", "public"},
		"login by page":   {"login"},
		"login":           nil,
		"token create":    {"token", "create"},
		"owner add":       {"owner", "add", "NAME", "USER"},
		"owner rm":        {"owner", "rm", "NAME", "USER"},
		"access packages": {"access", "list", "packages", "@acme"},
		"star":            {"star", "NAME"},
		"stars":           {"stars"},

		"audit signatures": {"audit", "signatures"},
		// It reads a list of objects where npm's registry has always had a map.
		"access people": nil,
	})
}

func yarn1Commands() commands {
	return commands{
		"publish":         {"publish", "--non-interactive"},
		"publish tagged":  {"publish", "--non-interactive", "--tag", "TAG"},
		"publish for all": {"publish", "--non-interactive", "--access", "public"},
		"view":            {"info", "SPEC"},
		"tag ls":          {"tag", "list", "NAME"},
		"tag add":         {"tag", "add", "SPEC", "TAG"},
		"tag rm":          {"tag", "remove", "NAME", "TAG"},
		// It cannot change owners: it reads the short document, which has none.
		"owner ls": {"owner", "list", "NAME"},
		"login":    {"login"},
		"logout":   {"logout"},
	}
}

func yarn4Commands() commands {
	return commands{
		"prepare":         {"install", "--mode=update-lockfile"},
		"publish":         {"npm", "publish"},
		"publish tagged":  {"npm", "publish", "--tag", "TAG"},
		"publish for all": {"npm", "publish", "--access", "public"},
		"whoami":          {"npm", "whoami"},
		"view":            {"npm", "info", "SPEC"},
		"tag ls":          {"npm", "tag", "list", "NAME"},
		"tag add":         {"npm", "tag", "add", "SPEC", "TAG"},
		"tag rm":          {"npm", "tag", "remove", "NAME", "TAG"},
		"login":           {"npm", "login"},
		"logout":          {"npm", "logout"},
	}
}

func bunCommands() commands {
	return commands{
		"publish":         {"publish"},
		"publish tagged":  {"publish", "--tag", "TAG"},
		"publish for all": {"publish", "--access", "public"},
		"whoami":          {"pm", "whoami"},
		"view":            {"info", "SPEC"},
	}
}

// npmrcSigned are npm's settings with a token, which pnpm and yarn 1 read too.
func npmrcSigned(registry, token string) map[string]string {
	files := npmrc(registry)
	if token != "" {
		_, place, _ := strings.Cut(registry, ":")
		files[".npmrc"] += fmt.Sprintf("%s/:_authToken=%s\n", place, token)
	}
	return files
}

// yarn1Signed lets yarn 1 send the token for names without a scope too.
func yarn1Signed(registry, token string) map[string]string {
	files := npmrcSigned(registry, token)
	files[".npmrc"] += "always-auth=true\n"
	return files
}
