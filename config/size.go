package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes, written as "256MiB", "500MB" or "1048576".
type ByteSize int64

// sizeUnits are tried in this order, so that longer suffixes come before the
// "B" that they end in.
var sizeUnits = [...]struct {
	suffix string
	bytes  int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3},
	{"B", 1},
}

var errSize = errors.New("write a whole number and a unit, like 256MiB or 500MB")

// ParseByteSize reads a size. Units are case-insensitive; "MiB" is 1024*1024
// bytes and "MB" is 1000*1000. A bare "M" is refused, because people disagree
// about what it means.
func ParseByteSize(s string) (ByteSize, error) {
	number, unit := strings.TrimSpace(s), int64(1)
	for _, u := range sizeUnits {
		if len(number) > len(u.suffix) && strings.EqualFold(number[len(number)-len(u.suffix):], u.suffix) {
			number, unit = strings.TrimSpace(number[:len(number)-len(u.suffix)]), u.bytes
			break
		}
	}
	n, ok := digits(number)
	if !ok {
		return 0, fmt.Errorf("%q is not a size: %w", clip(s), errSize)
	}
	if n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is too large", clip(s))
	}
	return ByteSize(n * unit), nil
}

// String returns the size in the largest unit that divides it.
func (b ByteSize) String() string {
	if b == 0 {
		return "0"
	}
	for _, u := range sizeUnits {
		if u.bytes > 1 && int64(b)%u.bytes == 0 {
			return strconv.FormatInt(int64(b)/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *ByteSize) UnmarshalText(text []byte) error {
	n, err := ParseByteSize(string(text))
	if err != nil {
		return err
	}
	*b = n
	return nil
}

// digits reads a plain decimal number, without the signs, underscores and
// leading "+" that strconv knows.
func digits(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// clip keeps a rejected value short enough for one line.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}
