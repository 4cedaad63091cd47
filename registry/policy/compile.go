package policy

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/larderhq/larder/registry/npm"
)

// problems collects what is wrong with a configuration.
type problems struct{ errs []error }

func (p *problems) add(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf(format+": %w", append(args, npm.ErrInvalid)...))
}

// Compile makes the engine of a configuration. Everything that is wrong with it
// is told at once; each problem wraps npm.ErrInvalid and begins with the key
// that it is about.
func Compile(c Config) (*Engine, error) {
	p := &problems{}
	preset, ok := presetModes(c.Level)
	if !ok {
		p.add("level: unknown word %q; use standard, strict or off", c.Level)
	}
	if len(c.Licenses.Allow)+len(c.Licenses.Deny) > 0 {
		preset[G41] = Enforce
	}
	e := &Engine{
		modes: preset, rules: p.modeRules(c.Modes),
		windows: baseWindows(c), perName: p.windows(c.Cooldown.Windows),
		limits: p.limits(c), licenses: p.licenses(c.Licenses),
		since: c.Since, hideYoung: c.Cooldown.HideOnly,
	}
	if !c.Cooldown.NoFastLane {
		e.fastLane = orElse(c.Cooldown.FastLane, day)
	}
	blocks, grants := p.blocks(c.Blocks), p.grants(c)
	p.contradictions(blocks, grants)
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	e.blocks, e.grants = indexed(blocks), indexed(grants)
	e.digest = e.digestOf(c)
	return e, nil
}

// modeRule gives a guard a mode for the names of a pattern.
type modeRule struct {
	guard Guard
	match npm.Pattern
	mode  Mode
}

// modeRules reads the rules and puts the least specific first.
func (p *problems) modeRules(in []ModeRule) []modeRule {
	var out []modeRule
	for i, r := range in {
		at := fmt.Sprintf("modes[%d]", i)
		guard := p.guard(at, r.Guard)
		mode, ok := parseMode(r.Mode)
		if !ok {
			p.add("%s: unknown mode %q; use off, dry-run, warn or enforce", at, r.Mode)
		}
		match := p.pattern(at, cmp.Or(r.Match, "**"))
		for _, o := range out {
			if o.guard == guard && o.match == match {
				p.add("%s: the mode of %s for %s is already stated", at, guard.Word(), match)
			}
		}
		out = append(out, modeRule{guard, match, mode})
	}
	slices.SortStableFunc(out, func(a, b modeRule) int { return cmp.Compare(a.match.Weight(), b.match.Weight()) })
	return out
}

// modesOf returns the modes for a name.
func (e *Engine) modesOf(name npm.Name) modes {
	m := e.modes
	for i := range e.rules {
		if r := &e.rules[i]; r.match.Match(name) {
			m[r.guard] = r.mode
		}
	}
	return m
}

// ModeOf returns what a guard may do about a name, so that callers gather no
// facts that nobody looks at.
func (e *Engine) ModeOf(name npm.Name, g Guard) Mode { return e.modesOf(name)[g] }

// digestOf names all that an engine was made of. What is left out and what is
// said by default are the same.
func (e *Engine) digestOf(c Config) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%v %v %v %v %v %d\n", e.modes, e.windows, e.limits, e.fastLane, e.hideYoung, e.since.UnixNano())
	fmt.Fprintf(h, "%q %q %v\n", c.Licenses.Allow, c.Licenses.Deny, c.Licenses.Unreadable)
	for _, r := range c.Modes {
		fmt.Fprintf(h, "mode %q\n", r)
	}
	for _, w := range c.Cooldown.Windows {
		fmt.Fprintf(h, "window %q %d %d %d\n", w.Match, w.Default, w.NewPackage, w.WithScripts)
	}
	for _, x := range c.Exemptions {
		fmt.Fprintf(h, "exemption %q %q %q %q %q %d\n", x.Match, x.Version, x.Guards, x.Owner, x.Reason, x.Expires.UnixNano())
	}
	for _, b := range c.Blocks {
		fmt.Fprintf(h, "block %q %q %q %d\n", b.Match, b.Versions, b.Reason, b.Expires.UnixNano())
	}
	for _, g := range c.Grants {
		fmt.Fprintf(h, "allow %q %q %q %d\n", g.Match, g.Versions, g.Reason, g.Expires.UnixNano())
	}
	for _, w := range c.Waivers {
		fmt.Fprintf(h, "waiver %q %q %q %q %d %d\n", w.Name, w.Version, w.Guard, w.Reason, w.From.UnixNano(), w.Until.UnixNano())
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Digest names the configuration that the engine was made of.
func (e *Engine) Digest() [sha256.Size]byte { return e.digest }

// Idle tells that no guard has anything to say about any name: a guard of blocks
// has not while nothing is blocked.
func (e *Engine) Idle() bool {
	m := e.modes
	if e.blocks.empty() {
		m[G39] = Off
	}
	return m == (modes{}) && len(e.rules) == 0
}

// namedWindows are the windows of the names of a pattern.
type namedWindows struct {
	match npm.Pattern
	windows
}

// baseWindows are the windows of names that no pattern is about.
func baseWindows(c Config) windows {
	w := presetWindows(c.Level)
	return windows{
		plain:   orElse(c.Cooldown.Default, w.plain),
		young:   orElse(c.Cooldown.NewPackage, w.young),
		scripts: orElse(c.Cooldown.WithScripts, w.scripts),
	}
}

// windows reads the windows of patterns and puts the most specific first.
func (p *problems) windows(in []Window) []namedWindows {
	var out []namedWindows
	for i, w := range in {
		at := fmt.Sprintf("cooldown.windows[%d]", i)
		match := p.pattern(at, w.Match)
		switch {
		case w.Default <= 0:
			p.add("%s: default must be more than nothing; switch the cooldown off for %s in modes instead", at, match)
		case w.NewPackage < 0 || w.WithScripts < 0:
			p.add("%s: a duration cannot be negative", at)
		}
		for _, o := range out {
			if o.match == match {
				p.add("%s: the windows of %s are already stated", at, match)
			}
		}
		out = append(out, namedWindows{match, windows{w.Default, orElse(w.NewPackage, w.Default), orElse(w.WithScripts, w.Default)}})
	}
	slices.SortStableFunc(out, func(a, b namedWindows) int { return cmp.Compare(b.match.Weight(), a.match.Weight()) })
	return out
}

// windowsOf returns the windows of a name.
func (e *Engine) windowsOf(name npm.Name) windows {
	for i := range e.perName {
		if e.perName[i].match.Match(name) {
			return e.perName[i].windows
		}
	}
	return e.windows
}

func (p *problems) guard(at, word string) Guard {
	g, ok := ParseGuard(word)
	if !ok {
		p.add("%s: unknown guard %q", at, word)
	}
	return g
}

func (p *problems) pattern(at, text string) npm.Pattern {
	match, err := npm.ParsePattern(text)
	if err != nil {
		p.add("%s: %v", at, err)
	}
	return match
}
