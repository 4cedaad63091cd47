package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkRegistry checks the settings of the private registry.
func (l *Loaded) checkRegistry() []error {
	problems := []error{oneOf(l.Where("auth.anonymous"), l.Auth.Anonymous, AnonymousUpstream, AnonymousNone)}
	for _, scope := range slices.Sorted(maps.Keys(l.Names.Publish)) {
		problems = append(problems, named(l.Where("names.publish"), checkMapping(scope, l.Names.Publish[scope])))
	}
	seen := map[string]bool{}
	for i, d := range l.Names.Dual {
		where := l.where(fmt.Sprintf("names.dual[%d]", i), "names.dual")
		problems = append(problems, named(where, checkDual(d)))
		if d.Name != "" && seen[d.Name] {
			problems = append(problems, fmt.Errorf("%s: %s is listed twice: keep one entry", where, clip(d.Name)))
		}
		seen[d.Name] = true
	}
	if l.Auth.TokenTTL > l.Auth.TokenMaxTTL {
		problems = append(problems, fmt.Errorf("%s: %s is longer than auth.token_max_ttl, which is %s",
			l.Where("auth.token_ttl"), l.Auth.TokenTTL, l.Auth.TokenMaxTTL))
	}
	return problems
}

// checkMapping checks one entry of names.publish.
func checkMapping(scope, project string) error {
	bare, ok := strings.CutPrefix(scope, "@")
	if !ok || bare == "" || strings.Trim(bare, wordLetters+"~") != "" {
		return fmt.Errorf("%q is not a scope: write it like \"@acme\"", clip(scope))
	}
	parts := strings.Split(project, "/")
	for _, part := range parts {
		if len(parts) < 2 || !isWord(part) {
			return fmt.Errorf("%q is not the path of a project: write it like acme/packages", clip(project))
		}
	}
	return nil
}

// checkDual checks one entry of names.dual; cmd knows what a name is.
func checkDual(d Dual) error {
	switch {
	case d.Name == "":
		return errors.New("give the name of the package")
	case strings.ContainsAny(d.Name, "* \t\r\n,"):
		return fmt.Errorf("%q is not the name of one package", clip(d.Name))
	case d.Versions == "" || strings.ContainsAny(d.Versions, " \t\r\n,"):
		return fmt.Errorf("versions: say which versions of %s may be published here, like \"*-acme.*\"", clip(d.Name))
	}
	return nil
}
