package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/signature"
)

// policyKeys maps the keys that policy names in problems to those of the
// configuration, where they differ.
type policyKeys map[string]string

// translatePolicy makes the policy of the settings and finds what is wrong with
// it. When it began to apply is known later.
func (s *settings) translatePolicy() []error {
	p, keys := &s.Policy, policyKeys{"removal.young": "young_removal"}
	s.policy = policy.Config{
		Level:           p.Level,
		Modes:           modeRules(p, keys),
		Cooldown:        cooldownOf(p, keys),
		YoungDependency: time.Duration(p.YoungDependency),
		Burst:           policy.BurstLimit{Versions: int(p.Burst.Versions), Hold: time.Duration(p.Burst.Hold)},
		PublisherHold:   time.Duration(p.PublisherHold),
		YoungRemoval:    time.Duration(p.YoungRemoval),
		Licenses:        policy.Licenses(p.Licenses),
		WaiverMax:       time.Duration(p.WaiverMax),
	}
	for _, x := range p.Exemptions {
		s.policy.Exemptions = append(s.policy.Exemptions, policy.Exemption{
			Match: x.Match, Version: x.Version, Guards: x.Guards,
			Owner: x.Owner, Reason: x.Reason, Expires: x.Expires.Time(),
		})
	}
	for _, o := range p.Block {
		s.policy.Blocks = append(s.policy.Blocks, policy.Block{Match: o.Match, Versions: o.Versions, Reason: o.Reason, Expires: o.Expires.Time()})
	}
	for _, o := range p.Allow {
		s.policy.Grants = append(s.policy.Grants, policy.Grant{Match: o.Match, Versions: o.Versions, Reason: o.Reason, Expires: o.Expires.Time()})
	}
	s.showDefaults()
	_, err := policy.Compile(s.policy)
	return s.policyProblems(err, keys)
}

// modeRules are the modes for all names, then those for some.
func modeRules(p *config.Policy, keys policyKeys) []policy.ModeRule {
	var rules []policy.ModeRule
	add := func(key string, r policy.ModeRule) {
		keys[fmt.Sprintf("modes[%d]", len(rules))] = key
		rules = append(rules, r)
	}
	for _, word := range slices.Sorted(maps.Keys(p.Guards)) {
		add("guards."+word, policy.ModeRule{Guard: word, Mode: p.Guards[word]})
	}
	for i, o := range p.Overrides {
		add(fmt.Sprintf("overrides[%d]", i), policy.ModeRule{Guard: o.Guard, Match: o.Match, Mode: o.Mode})
	}
	return rules
}

// cooldownOf leaves what is not set at zero, which means the level's. Windows
// that config already reported are left out.
func cooldownOf(p *config.Policy, keys policyKeys) policy.Cooldown {
	c := &p.Cooldown
	base := config.Duration(policy.LevelCooldown(p.Level).Default)
	if c.Default.Set {
		base = c.Default.Value
	}
	out := policy.Cooldown{
		Default:     spanOf(c.Default, 0),
		NewPackage:  spanOf(c.NewPackage, base),
		WithScripts: spanOf(c.WithScripts, base),
		HideOnly:    c.HideOnly,
		FastLane:    time.Duration(c.FastLane),
		NoFastLane:  c.FastLane == 0,
	}
	for i, w := range c.Windows {
		if w.Default == 0 {
			continue
		}
		keys[fmt.Sprintf("cooldown.windows[%d]", len(out.Windows))] = fmt.Sprintf("cooldown.windows[%d]", i)
		out.Windows = append(out.Windows, policy.Window{
			Match: w.Match, Default: time.Duration(w.Default),
			NewPackage: time.Duration(w.NewPackage), WithScripts: time.Duration(w.WithScripts),
		})
	}
	return out
}

// spanOf returns a duration of the cooldown. One of zero adds nothing to the
// one that always holds, which policy has no other word for than that one.
func spanOf(o config.Optional[config.Duration], always config.Duration) time.Duration {
	if o.Set && o.Value == 0 {
		return time.Duration(always)
	}
	return time.Duration(o.Value)
}

// showDefaults writes what follows from other settings into those that were
// left open, so that printing shows what holds.
func (s *settings) showDefaults() {
	level := policy.LevelCooldown(s.Policy.Level)
	c := &s.Policy.Cooldown
	for _, d := range []struct {
		key   string
		value *config.Optional[config.Duration]
		level time.Duration
	}{
		{"default", &c.Default, level.Default}, {"new_package", &c.NewPackage, level.NewPackage},
		{"with_scripts", &c.WithScripts, level.WithScripts},
	} {
		if !d.value.Set {
			*d.value = config.Some(config.Duration(d.level))
			s.Origins["policy.cooldown."+d.key] = "default of policy.level"
		}
	}
	s.Audit.Mode = s.AuditMode()
}

// policyProblems words the problems of a policy with the keys and lines of the
// configuration.
func (s *settings) policyProblems(err error, keys policyKeys) []error {
	if err == nil {
		return nil
	}
	var problems []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		key, text, _ := strings.Cut(strings.TrimSuffix(line, ": "+npm.ErrInvalid.Error()), ": ")
		if ours, ok := keys[key]; ok {
			key = ours
		}
		problems = append(problems, errors.New(s.Where("policy."+key)+": "+text))
	}
	return problems
}

// translateFeeds reads formats and keys. Whether a feed can be read shows when
// it is: it may come later than larder.
func (s *settings) translateFeeds() []error {
	var problems []error
	formats := []advisory.Format{advisory.Folder, advisory.Zip, advisory.Lines, advisory.Hashes}
	for i, f := range s.Feeds {
		source := advisory.Source{Path: f.Path, Format: advisory.Format(f.Format)}
		if source.Format != advisory.Auto && !slices.Contains(formats, source.Format) {
			problems = append(problems, fmt.Errorf("%s: %q is not one of %s, %s, %s, %s",
				s.Where(fmt.Sprintf("feeds[%d].format", i)), f.Format, formats[0], formats[1], formats[2], formats[3]))
		}
		if f.Key != "" {
			var err error
			if source.Key, err = advisory.ParseKey(f.Key); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", s.Where(fmt.Sprintf("feeds[%d].key", i)), err))
			}
		}
		s.feeds = append(s.feeds, source)
		s.maxAges = append(s.maxAges, time.Duration(f.MaxAge))
	}
	return problems
}

// readKeys reads the keys that signatures are checked with.
func (s *settings) readKeys() error {
	file := s.Signatures.KeysFile
	if file == "" {
		return nil
	}
	where := s.Where("signatures.keys_file")
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s: cannot be read: %w", where, err)
	}
	if s.trustedKeys, err = signature.ParseKeys(text); err != nil {
		return fmt.Errorf("%s: %s: %w", where, file, err)
	}
	if !slices.ContainsFunc(s.trustedKeys.All(), signature.Key.Known) {
		return fmt.Errorf("%s: %s holds no key that signatures can be checked with", where, file)
	}
	return nil
}

// reloadable compares the settings that hold with those of a reload and returns
// the keys that it cannot change: they count from the next start.
func (*app) reloadable(old, next *config.Config) []string {
	meant := *next
	meant.Upstreams = slices.Clone(next.Upstreams)
	if u, before := meant.MainUpstream(), old.MainUpstream(); u != nil && before != nil && u.URL == "" {
		u.URL = before.URL // what an earlier start chose is chosen again
	}
	return slices.DeleteFunc(config.Differences(old, &meant), func(key string) bool {
		section, _, _ := strings.Cut(key, ".")
		return section == "policy" || section == "feeds" || section == "audit"
	})
}
