package config

import (
	"fmt"
	"strings"
	"time"
)

// Moment is a point in time, written as "2027-01-31", which means the beginning
// of that day in UTC, or as "2027-01-31T17:30:00+01:00". The zero Moment is
// none, written as "".
type Moment time.Time

// ParseMoment reads a day or a time as RFC 3339 writes it, in this millennium
// or later, so that a year that lacks a digit is found.
func ParseMoment(text string) (Moment, error) {
	s := strings.TrimSpace(text)
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	t = t.UTC()
	if err != nil || t.Year() < 2000 || t.Year() > 9999 {
		return Moment{}, fmt.Errorf("%q is not a time: write a day, like 2027-01-31, or 2027-01-31T17:30:00Z", clip(text))
	}
	return Moment(t), nil
}

// Time returns the moment in UTC.
func (m Moment) Time() time.Time { return time.Time(m) }

// String returns the moment as ParseMoment reads it.
func (m Moment) String() string {
	t := time.Time(m)
	switch {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(day)):
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Moment) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Moment{}
		return nil
	}
	v, err := ParseMoment(string(text))
	if err != nil {
		return err
	}
	*m = v
	return nil
}
