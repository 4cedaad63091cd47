package main

import (
	"fmt"
	"time"

	"github.com/larderhq/larder/config"
)

// parseWhen reads a time to come: a span from now, or a day, which counts to
// its beginning in UTC. An empty text is no time.
func parseWhen(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		span, err := config.ParseDuration(text)
		if err != nil || span == 0 {
			return time.Time{}, fmt.Errorf("%q is no time to come: write 30d, or a day like 2030-01-31", text)
		}
		return now.Add(time.Duration(span)).UTC().Truncate(time.Second), nil
	}
	if !day.After(now) {
		return time.Time{}, fmt.Errorf("%s is over already: give a day to come", text)
	}
	return day, nil
}

// until writes when something ends, behind what it is.
func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + date(t, "")
}
