package config

import (
	"errors"
	"fmt"
)

// checkGuards checks the settings of what judges versions, as far as no words
// of the policy itself are needed.
func (l *Loaded) checkGuards() []error {
	p := &l.Policy
	problems := l.checkSpans()
	for i, w := range p.Cooldown.Windows {
		if w.Default == 0 {
			problems = append(problems, fmt.Errorf("%s: must be above 0; an entry of policy.overrides with guard: cooldown and mode: off switches the cooldown off",
				l.Where(fmt.Sprintf("policy.cooldown.windows[%d].default", i))))
		}
	}
	if p.Burst.Versions == 0 {
		problems = append(problems, errors.New(l.Where("policy.burst.versions")+": must be above 0; policy.guards: {burst: off} switches the guard off"))
	}
	problems = append(problems, named(l.Where("policy.contact"), checkContact(p.Contact)))
	problems = append(problems, l.checkFeeds()...)
	if addr, _ := l.Metrics.Address(); l.Metrics.Listen != "" {
		problems = append(problems, named(l.Where("metrics.listen"), checkListen(addr)))
	}
	if l.Limits.ConnsPerAddress == 0 {
		problems = append(problems, errors.New(l.Where("limits.conns_per_address")+": must be above 0"))
	}
	return problems
}

// checkSpans checks durations for which zero would mean something else than
// what was written. Guards are switched off by their mode.
func (l *Loaded) checkSpans() []error {
	p := &l.Policy
	var problems []error
	for _, s := range []struct {
		path, guard string
		zero        bool
	}{
		{"policy.cooldown.default", "cooldown", p.Cooldown.Default.Set && p.Cooldown.Default.Value == 0},
		{"policy.young_dependency", "young_dependency", p.YoungDependency == 0},
		{"policy.publisher_hold", "publisher", p.PublisherHold == 0},
		{"policy.young_removal", "removal", p.YoungRemoval == 0},
		{"policy.burst.hold", "burst", p.Burst.Hold == 0},
		{"policy.waiver_max", "", p.WaiverMax == 0},
		{"policy.prefetch.wait", "", p.Prefetch.Wait == 0},
	} {
		switch {
		case !s.zero:
		case s.guard == "":
			problems = append(problems, errors.New(l.Where(s.path)+": must be above 0"))
		default:
			problems = append(problems, fmt.Errorf("%s: must be above 0; policy.guards: {%s: off} switches the guard off", l.Where(s.path), s.guard))
		}
	}
	return problems
}

// maxContact bounds what refusals end with, since they are one line.
const maxContact = 100

func checkContact(s string) error {
	if len(s) > maxContact {
		return fmt.Errorf("%d bytes are too many: give at most %d", len(s), maxContact)
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return errors.New("must be one line of ASCII")
		}
	}
	return nil
}

// checkFeeds checks the list of feeds and who answers audits with them; cmd
// knows formats and keys.
func (l *Loaded) checkFeeds() []error {
	var problems []error
	seen := map[string]bool{}
	for i, f := range l.Feeds {
		where := func(key string) string { return l.Where(fmt.Sprintf("feeds[%d].%s", i, key)) }
		switch {
		case f.Path == "":
			problems = append(problems, errors.New(where("path")+": give the file or folder"))
		case seen[f.Path]:
			problems = append(problems, fmt.Errorf("%s: %s is listed twice: keep one entry", where("path"), clip(f.Path)))
		}
		seen[f.Path] = true
		if f.MaxAge == 0 {
			problems = append(problems, errors.New(where("max_age")+": must be above 0"))
		}
	}
	if l.Audit.Mode == AuditLocal && len(l.Feeds) == 0 {
		problems = append(problems, errors.New(l.Where("audit.mode")+": local answers from feeds, and there are none"))
	}
	return append(problems, oneOf(l.Where("audit.mode"), l.AuditMode(), AuditUpstream, AuditLocal, AuditOff))
}
