package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
)

// maxDenied is how many denied versions are printed.
const maxDenied = 20

// printGuards writes what the policy says: about the version that was asked for
// or that latest points to, and, where none was asked for, about the others.
func (x *explanation) printGuards(row rower, now time.Time) {
	if x.Verdict != "" {
		verdict := x.Verdict
		if x.Reason != "" {
			verdict += ": " + x.Reason
		}
		if x.Version == "" && x.Judged != "" {
			verdict = x.Judged + ": " + verdict
		}
		row("verdict", "%s", verdict)
	}
	if x.Available != nil {
		row("available", "%s", ahead(*x.Available, now))
	}
	if x.Version == "" {
		x.printVersions(row)
	}
	for _, g := range guardsInOrder(x.Guards) {
		if x.Available != nil && g.Until != nil && g.Until.Equal(*x.Available) {
			g.Until = nil // it was said above
		}
		printGuard(row, g, now)
	}
}

// printVersions writes which versions people get who name none, and which nobody
// gets.
func (x *explanation) printVersions(row rower) {
	if len(x.Tags) > 0 {
		var tags []string
		for _, tag := range slices.Sorted(maps.Keys(x.Tags)) {
			tags = append(tags, tag+" "+x.Tags[tag])
		}
		row("tags", "%s", visible(strings.Join(tags, ", ")))
	}
	shown := x.Denied[:min(len(x.Denied), maxDenied)]
	for _, d := range shown {
		row("denied", "%s", visible(fmt.Sprintf("%s by %s: %s", d.Version, d.Guard, d.Reason)))
	}
	if more := x.DeniedTotal - len(shown); more > 0 {
		row("denied", "and %d more", more)
	}
}

// guardsInOrder puts those first that let least through.
func guardsInOrder(list []proxy.ExplainGuard) []proxy.ExplainGuard {
	order := []string{policy.Deny.String(), policy.Undecided.String(), policy.Hide.String(), policy.Warn.String()}
	rank := func(g proxy.ExplainGuard) int {
		if i := slices.Index(order, g.Action); i >= 0 {
			return i
		}
		return len(order)
	}
	return slices.SortedStableFunc(slices.Values(list), func(a, b proxy.ExplainGuard) int { return rank(a) - rank(b) })
}

// printGuard writes the line of one guard. What keeps a version back, or warns of
// it, has a mark.
func printGuard(row rower, g proxy.ExplainGuard, now time.Time) {
	mark, text := " ", g.Reason
	if g.Action != policy.Allow.String() {
		mark = "!"
		text = g.Action + ": " + text
	}
	if g.Until != nil {
		text += "; until " + ahead(*g.Until, now)
	}
	if g.Waived != "" {
		text += "; " + g.Waived
	}
	if g.Waive != "" {
		text += "; to overrule it: " + g.Waive
	}
	row("guard", "%s", visible(fmt.Sprintf("%s %s %-19s %-7s  %s", mark, g.Guard, g.Word, g.Mode, text)))
}

// ahead writes a time to come with how long it takes.
func ahead(t, now time.Time) string {
	const day = 24 * time.Hour
	left := max(t.Sub(now), 0).Round(time.Second)
	span := left.String()
	if left >= 2*day {
		span = fmt.Sprintf("%d days", left/day)
	}
	return fmt.Sprintf("%s (in %s)", t.UTC().Format(time.RFC3339), span)
}
