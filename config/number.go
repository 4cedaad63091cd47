package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Count is a number of things.
type Count int

// maxCount is far above any sensible number and far below an overflow.
const maxCount = 1_000_000

// ParseCount reads a whole number.
func ParseCount(text string) (Count, error) {
	n, ok := digits(strings.TrimSpace(text))
	if !ok || n > maxCount {
		return 0, fmt.Errorf("%q is not a number of things: write a whole number from 0 to %d", clip(text), maxCount)
	}
	return Count(n), nil
}

// String returns the number as ParseCount reads it.
func (c Count) String() string { return strconv.Itoa(int(c)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Count) UnmarshalText(text []byte) error {
	v, err := ParseCount(string(text))
	if err != nil {
		return err
	}
	*c = v
	return nil
}

// Percent is a share in hundredths of a percent, written as "1%" or "0.25%".
type Percent int

// wholePercent is 100%.
const wholePercent = 100 * 100

// ParsePercent reads a share from 0% to 100%, with at most two decimals.
func ParsePercent(text string) (Percent, error) {
	number, found := strings.CutSuffix(strings.TrimSpace(text), "%")
	whole, decimals, point := strings.Cut(number, ".")
	n, ok := digits(whole)
	hundredths, fine := int64(0), !point
	if point && len(decimals) <= 2 {
		hundredths, fine = digits((decimals + "00")[:2])
		fine = fine && decimals != ""
	}
	if !found || !ok || !fine || n > 100 || n*100+hundredths > wholePercent {
		return 0, fmt.Errorf("%q is not a share: write one from 0%% to 100%%, like 1%% or 0.25%%", clip(text))
	}
	return Percent(n*100 + hundredths), nil
}

// Share returns the share as a number from 0 to 1.
func (p Percent) Share() float64 { return float64(p) / wholePercent }

// String returns the share as ParsePercent reads it.
func (p Percent) String() string {
	return strconv.FormatFloat(float64(p)/100, 'f', -1, 64) + "%"
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Percent) UnmarshalText(text []byte) error {
	v, err := ParsePercent(string(text))
	if err != nil {
		return err
	}
	*p = v
	return nil
}
