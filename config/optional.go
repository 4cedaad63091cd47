package config

import (
	"encoding"
	"fmt"
)

// Optional is a setting that may be left open, which is written as "".
type Optional[T fmt.Stringer] struct {
	// Value is the setting where Set is true.
	Value T
	// Set tells that there is one.
	Set bool
}

// Some returns a setting that is not left open.
func Some[T fmt.Stringer](v T) Optional[T] { return Optional[T]{Value: v, Set: true} }

// String returns the setting as its type writes it, or nothing.
func (o Optional[T]) String() string {
	if !o.Set {
		return ""
	}
	return o.Value.String()
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Optional[T]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*o = Optional[T]{}
		return nil
	}
	var v T
	u, ok := any(&v).(encoding.TextUnmarshaler)
	if !ok {
		panic(fmt.Sprintf("BUG: %T does not read itself", v))
	}
	if err := u.UnmarshalText(text); err != nil {
		return err
	}
	*o = Some(v)
	return nil
}

// Switchable is a duration that can be switched off: zero is written as "off".
type Switchable Duration

// String returns the duration, or "off".
func (s Switchable) String() string {
	if s == 0 {
		return switchedOff
	}
	return Duration(s).String()
}

const switchedOff = "off"

// UnmarshalText implements encoding.TextUnmarshaler. A duration of zero is
// refused, since it could be taken for "no wait" as well as for "off".
func (s *Switchable) UnmarshalText(text []byte) error {
	if string(text) == switchedOff {
		*s = 0
		return nil
	}
	d, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	if d == 0 {
		return fmt.Errorf("%q may mean two things: write off, or a duration above 0", clip(string(text)))
	}
	*s = Switchable(d)
	return nil
}
