package policy

import (
	"strconv"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// stamp writes a moment to the second. It rounds up, so that nobody comes too
// early.
func stamp(t time.Time) string {
	if t.Nanosecond() > 0 {
		t = t.Truncate(time.Second).Add(time.Second)
	}
	return t.UTC().Format(time.RFC3339)
}

// ago writes an age, rounded down: minutes, hours up to three days, then days.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "0m"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 3*day:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/day)) + "d"
}

// span writes a configured duration as people write it.
func span(d time.Duration) string {
	switch {
	case d >= 7*day && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d >= time.Hour && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d >= time.Minute && d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return d.String()
}

// shownName is the name of a package as a refusal shows it. Whoever publishes
// chooses the names of dependencies, and must not choose what is shown.
func shownName(s string) string {
	if _, err := npm.ParseName(s); err != nil {
		return "of a malformed name"
	}
	return s
}

// maxWord bounds foreign words in refusals, in bytes.
const maxWord = 64

// shownWord is a foreign word as a refusal shows it: an identifier, a user, a
// licence.
func shownWord(s string) string {
	if s == "" || len(s) > maxWord {
		return "unnamed"
	}
	for i := range len(s) {
		if !plainByte(s[i]) {
			return "unnamed"
		}
	}
	return s
}

func plainByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '.', '_', '-', '+', ':', '/', '=':
		return true
	}
	return false
}

// shownText is an operator's words as a refusal shows them: one line of ASCII.
func shownText(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r < ' ' || r == 0x7f:
			out = append(out, ' ')
		case r > '~':
			out = append(out, '?')
		default:
			out = append(out, byte(r)) //nolint:gosec // ASCII
		}
	}
	return string(out)
}

// later returns the later of two moments.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
