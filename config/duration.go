package config

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a span of time, written as "1500ms", "5m", "1h30m", "7d" or "2w".
type Duration time.Duration

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// ParseDuration reads a duration in Go's notation, with "d" for 24 hours and
// "w" for 7 days in front ("1d12h"). It refuses negative values.
func ParseDuration(s string) (Duration, error) {
	rest, total := strings.TrimSpace(s), time.Duration(0)
	bad := func() (Duration, error) {
		return 0, fmt.Errorf("%q is not a duration: write a number and a unit, like 1500ms, 5m or 7d", clip(s))
	}
	for _, u := range [...]struct {
		letter string
		span   time.Duration
	}{{"w", week}, {"d", day}} {
		number, after, found := strings.Cut(rest, u.letter)
		if !found {
			continue
		}
		n, ok := digits(number)
		if !ok || n > int64(maxDuration/u.span) {
			return bad()
		}
		total, rest = total+time.Duration(n)*u.span, after
	}
	if rest == "" && total == 0 && !strings.ContainsAny(s, "wd") {
		return bad()
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 || rest[0] == '+' || rest[0] == '-' {
			return bad()
		}
		total += d
	}
	if total < 0 || total > maxDuration {
		return bad()
	}
	return Duration(total), nil
}

// maxDuration is far above any sensible value and far below an overflow, also
// when two parts of it are added.
const maxDuration = 100 * 365 * day

// String returns the duration as ParseDuration reads it.
func (d Duration) String() string {
	t := time.Duration(d)
	if t == 0 {
		return "0s"
	}
	out := ""
	if days := t / day; days > 0 {
		out, t = fmt.Sprintf("%dd", days), t%day
	}
	if t == 0 {
		return out
	}
	rest := t.String()
	if strings.HasSuffix(rest, "m0s") {
		rest = strings.TrimSuffix(rest, "0s")
	}
	if strings.HasSuffix(rest, "h0m") {
		rest = strings.TrimSuffix(rest, "0m")
	}
	return out + rest
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
