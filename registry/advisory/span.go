package advisory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// spanKind tells how a span ends.
type spanKind uint8

const (
	// exactly is the one version from.
	exactly spanKind = iota
	// endless has no end.
	endless
	// before ends below the version to.
	before
	// upTo ends with the version to.
	upTo
)

// span is a run of versions in order, prereleases included. It starts with the
// version from, or with the first of all where that is empty.
type span struct {
	from, to string
	kind     spanKind
}

// whole tells whether the span holds every version.
func (s span) whole() bool { return s.from == "" && s.kind == endless }

// text writes the span as npm writes ranges.
func (s span) text() string {
	from := ""
	if s.from != "" {
		from = ">=" + s.from
	}
	switch s.kind {
	case exactly:
		return "=" + s.from
	case before:
		return strings.TrimSpace(from + " <" + s.to)
	case upTo:
		return strings.TrimSpace(from + " <=" + s.to)
	}
	return cmp.Or(from, "*")
}

// event is a place in the order of versions where a range starts or ends.
type event struct {
	at   npm.Version
	text string
	// what is one of the kinds below.
	what eventKind
}

// eventKind orders events of one version: what is fixed and introduced at once
// is affected, and so is what is introduced and affected last.
type eventKind uint8

const (
	fixed eventKind = iota
	introduced
	lastAffected
)

// spansOf evaluates a range as OSV's schema says, "Evaluation".
func spansOf(in wireRange) ([]span, error) {
	var events []event
	limit := bound{}
	for _, w := range in.Events {
		if err := limit.add(w.Limit); err != nil {
			return nil, err
		}
		one, ok, err := eventOf(w)
		if err != nil {
			return nil, err
		}
		if ok {
			events = append(events, one)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(compare(a.at, b.at), cmp.Compare(a.what, b.what))
	})
	if !slices.ContainsFunc(events, func(e event) bool { return e.what == introduced }) {
		return nil, errors.New("a range does not say which version introduced it")
	}
	return limit.clip(join(events)), nil
}

// compare orders versions, of which the zero one is below all.
func compare(a, b npm.Version) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return -1
	case b.IsZero():
		return 1
	}
	return a.Compare(b)
}

// eventOf reads an event. False means that it is none, but a limit.
func eventOf(w wireEvent) (event, bool, error) {
	e := event{}
	switch {
	case w.Introduced == "0":
		return event{what: introduced}, true, nil
	case w.Introduced != "":
		e.text, e.what = w.Introduced, introduced
	case w.Fixed != "":
		e.text, e.what = w.Fixed, fixed
	case w.LastAffected != "":
		e.text, e.what = w.LastAffected, lastAffected
	default:
		return event{}, false, nil
	}
	v, err := npm.ParseLoose(e.text)
	if err != nil {
		return event{}, false, fmt.Errorf("%q is no version", shown(e.text))
	}
	e.at, e.text = v, v.String()
	return e, true, nil
}

// join makes spans of events in order.
func join(events []event) []span {
	var all []span
	open := false
	from := ""
	for _, e := range events {
		switch {
		case e.what == introduced && !open:
			open, from = true, e.text
		case e.what == fixed && open:
			open, all = false, append(all, span{from: from, to: e.text, kind: before})
		case e.what == lastAffected && open:
			open, all = false, append(all, span{from: from, to: e.text, kind: upTo})
		}
	}
	if open {
		all = append(all, span{from: from, kind: endless})
	}
	return all
}

// bound is the highest limit of a range; what has none is unlimited.
type bound struct {
	at        npm.Version
	unlimited bool
}

func (b *bound) add(text string) error {
	if text == "" || b.unlimited {
		return nil
	}
	if text == "*" {
		b.unlimited = true
		return nil
	}
	v, err := npm.ParseLoose(text)
	if err != nil {
		return fmt.Errorf("%q is no version", shown(text))
	}
	if compare(b.at, v) < 0 {
		b.at = v
	}
	return nil
}

// clip cuts spans at the limit.
func (b *bound) clip(all []span) []span {
	if b.unlimited || b.at.IsZero() {
		return all
	}
	var kept []span
	for _, s := range all {
		from, _ := npm.ParseLoose(s.from)
		to, _ := npm.ParseLoose(s.to)
		if s.from != "" && from.Compare(b.at) >= 0 {
			continue
		}
		if s.kind == endless || to.Compare(b.at) >= 0 {
			s.to, s.kind = b.at.String(), before
		}
		kept = append(kept, s)
	}
	return kept
}

// spansOfAffected returns what an entry of a record affects.
func spansOfAffected(w *wireAffected, malware bool) ([]span, error) {
	var all []span
	for _, in := range w.Ranges {
		if in.Type == "GIT" {
			continue
		}
		some, err := spansOf(in)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if upper, ok := upperOf(w); ok && !malware && len(all) == 1 && all[0].kind == endless {
		all[0].to, all[0].kind = upper.to, upper.kind
	}
	if len(all) == 1 && all[0].whole() {
		return all, nil
	}
	for _, text := range w.Versions {
		if v, err := npm.ParseLoose(text); err == nil {
			text = v.String()
		}
		one := span{from: text, kind: exactly}
		if text != "" && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	// A report that does not say which versions are bad means all of them.
	if malware && len(all) == 0 {
		return []span{{kind: endless}}, nil
	}
	return all, nil
}

// upperOf reads GitHub's bound of a range that nothing fixes.
func upperOf(w *wireAffected) (span, bool) {
	text := w.Specific.is.Upper.is
	s := span{kind: before}
	rest, ok := strings.CutPrefix(text, "<")
	if ok && strings.HasPrefix(rest, "=") {
		s.kind, rest = upTo, rest[1:]
	}
	v, err := npm.ParseVersion(strings.TrimSpace(rest))
	s.to = v.String()
	return s, ok && err == nil
}
