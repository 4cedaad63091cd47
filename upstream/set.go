package upstream

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// Set holds all upstreams and the routes to them.
type Set struct {
	registries []*Registry
	routes     []route
	fallback   *Registry
}

// route sends the names of a pattern to a registry.
type route struct {
	pattern  npm.Pattern
	registry *Registry
}

// New readies all upstreams, or returns everything that is wrong with them.
// Nothing is dialled.
func New(options []Options, shared Shared) (*Set, error) {
	if len(options) == 0 {
		return nil, fmt.Errorf("%w: no upstream is configured", npm.ErrInvalid)
	}
	shared = shared.withDefaults()
	set := &Set{}
	var problems []error
	if !isToken(shared.InstanceID) {
		problems = append(problems, errors.New("instance id holds a character that no header takes"))
	}
	seen := make(map[string]bool)
	for _, o := range options {
		if o.Name == "" || len(o.Name) > 64 || !isToken(o.Name) {
			problems = append(problems, fmt.Errorf("upstream %q: the name must be letters, digits, '.', '_' or '-'", o.Name))
			continue
		}
		if seen[o.Name] {
			problems = append(problems, fmt.Errorf("upstream %s: the name is taken", o.Name))
			continue
		}
		seen[o.Name] = true
		if err := set.add(o, shared); err != nil {
			problems = append(problems, fmt.Errorf("upstream %s: %w", o.Name, err))
		}
	}
	problems = append(problems, set.ambiguous()...)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: %w", npm.ErrInvalid, errors.Join(problems...))
	}
	slices.SortStableFunc(set.routes, func(a, b route) int {
		return cmp.Compare(b.pattern.Weight(), a.pattern.Weight())
	})
	set.fallback = set.widest()
	return set, nil
}

func (s *Set) add(o Options, shared Shared) error {
	r, err := newRegistry(o, shared)
	if err != nil {
		return err
	}
	s.registries = append(s.registries, r)
	if len(o.Match) == 0 {
		all, err := npm.ParsePattern("**")
		if err != nil {
			return fmt.Errorf("match: %w", err)
		}
		o.Match = []npm.Pattern{all}
	}
	for _, pattern := range o.Match {
		s.routes = append(s.routes, route{pattern: pattern, registry: r})
	}
	return nil
}

// ambiguous finds names that two upstreams claim with equal right (G07): which
// of them answered would depend on the order of a file.
func (s *Set) ambiguous() []error {
	var problems []error
	for i, a := range s.routes {
		for _, b := range s.routes[i+1:] {
			if a.registry != b.registry && a.pattern.Weight() == b.pattern.Weight() && a.pattern.Overlaps(b.pattern) {
				problems = append(problems, fmt.Errorf("upstreams %s (%s) and %s (%s) match the same names",
					a.registry.name, a.pattern, b.registry.name, b.pattern))
			}
		}
	}
	return problems
}

// widest returns the registry with the least specific pattern, the first of
// equals.
func (s *Set) widest() *Registry {
	if len(s.routes) == 0 {
		return s.registries[0]
	}
	least := s.routes[len(s.routes)-1].pattern.Weight()
	at := slices.IndexFunc(s.routes, func(r route) bool { return r.pattern.Weight() == least })
	return s.routes[at].registry
}

// Route returns the upstream that is asked for a name: the one whose matching
// pattern is the most specific.
func (s *Set) Route(name npm.Name) (*Registry, bool) {
	for _, r := range s.routes {
		if r.pattern.Match(name) {
			return r.registry, true
		}
	}
	return nil, false
}

// Default returns the upstream for what concerns no single name: search,
// audits, keys.
func (s *Set) Default() *Registry { return s.fallback }

// Close ends all connections. Answers in progress fail.
func (s *Set) Close() {
	for _, r := range s.registries {
		r.wiring.close()
	}
}

// isToken tells what may stand in a header and a label unquoted.
func isToken(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}
