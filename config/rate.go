package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is how often something may happen, written as "10/m".
type Rate struct {
	// Count is how often it may happen within Per.
	Count int
	// Per is a second, a minute or an hour.
	Per time.Duration
}

// rateUnits are the letters behind the slash.
var rateUnits = [...]struct {
	letter string
	per    time.Duration
}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// maxRate is far above any sensible number and far below an overflow.
const maxRate = 1_000_000

// ParseRate reads a whole number above 0, a slash, and "s", "m" or "h".
func ParseRate(text string) (Rate, error) {
	number, letter, found := strings.Cut(strings.TrimSpace(text), "/")
	n, ok := digits(number)
	if found && ok && 0 < n && n <= maxRate {
		for _, u := range rateUnits {
			if u.letter == letter {
				return Rate{Count: int(n), Per: u.per}, nil
			}
		}
	}
	return Rate{}, fmt.Errorf("%q is not a rate: write a number from 1 to %d and a unit, like 10/m, 1/s or 100/h", clip(text), maxRate)
}

// String returns the rate as ParseRate reads it.
func (r Rate) String() string {
	for _, u := range rateUnits {
		if u.per == r.Per {
			return strconv.Itoa(r.Count) + "/" + u.letter
		}
	}
	return strconv.Itoa(r.Count) + "/" + Duration(r.Per).String()
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rate) UnmarshalText(text []byte) error {
	v, err := ParseRate(string(text))
	if err != nil {
		return err
	}
	*r = v
	return nil
}
