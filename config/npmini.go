package config

import (
	"encoding/json"
	"regexp"
	"strings"
)

// npmrc is one of npm's ini files: its top-level keys. Sections, which npm
// itself does not use, are skipped.
type npmrc map[string]string

// parseNpmrc reads an .npmrc as npm does: comments with ; and #, quotes,
// escapes, and ${NAME} from the environment. What it cannot read it skips,
// also as npm does.
func parseNpmrc(text string, env Env) npmrc {
	out := npmrc{}
	inSection := false
	for line := range strings.FieldsFuncSeq(strings.TrimPrefix(text, "\ufeff"), isLineEnd) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		if line[0] == '[' && strings.HasSuffix(line, "]") {
			inSection = true
			continue
		}
		key, value, hasValue := strings.Cut(line, "=")
		if inSection || strings.TrimSpace(key) == "" {
			continue
		}
		if !hasValue {
			value = "true"
		}
		out[expandEnv(iniValue(key), env)] = expandEnv(iniValue(value), env)
	}
	return out
}

func isLineEnd(r rune) bool { return r == '\r' || r == '\n' }

// iniValue takes quotes, escapes and a trailing comment off a value.
func iniValue(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == s[len(s)-1] && (s[0] == '"' || s[0] == '\'') {
		return unquote(s)
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ';' || c == '#':
			return strings.TrimSpace(out.String())
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\;#`, s[i+1]) >= 0:
			i++
			out.WriteByte(s[i])
		default:
			out.WriteByte(c)
		}
	}
	return strings.TrimSpace(out.String())
}

// unquote follows npm's ini reader: single quotes are taken off, then what
// still is a JSON string is read as one.
func unquote(s string) string {
	if s[0] == '\'' {
		s = s[1 : len(s)-1]
	}
	var text string
	if json.Unmarshal([]byte(s), &text) == nil {
		return text
	}
	return s
}

// envExpr is npm's pattern of a variable: backslashes before it escape it, and
// a question mark makes an unset one empty.
var envExpr = regexp.MustCompile(`(\\*)\$\{([^${}?]+)(\?)?\}`)

// expandEnv replaces ${NAME}; an unset variable stays as it is written.
func expandEnv(s string, env Env) string {
	if !strings.Contains(s, "${") {
		return s
	}
	return envExpr.ReplaceAllStringFunc(s, func(found string) string {
		m := envExpr.FindStringSubmatch(found)
		slashes, name := m[1], m[2]
		if len(slashes)%2 == 1 {
			return found[(len(slashes)+1)/2:]
		}
		value, set := env[name]
		if !set && m[3] == "" {
			value = "${" + name + "}"
		}
		return slashes[:len(slashes)/2] + value
	})
}
