package config

import (
	"testing"
	"time"
)

func TestOptional(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, print string
		want      Optional[Rate]
		bad       bool
	}{
		{in: "600/s", print: "600/s", want: Some(Rate{600, time.Second})},
		{in: "", print: ""},
		{in: " ", bad: true},
		{in: "none", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			before := Some(Rate{1, time.Hour})
			got := before
			err := got.UnmarshalText([]byte(tt.in))
			switch {
			case tt.bad && (err == nil || got != before):
				t.Errorf("got %+v, %v; want a refusal that changes nothing", got, err)
			case !tt.bad && (err != nil || got != tt.want || got.String() != tt.print):
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestSwitchable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, print string
		want      time.Duration
		bad       bool
	}{
		{in: "off", print: "off"},
		{in: "36h", print: "1d12h", want: 36 * time.Hour},
		{in: "0", bad: true},
		{in: "0d", bad: true},
		{in: "on", bad: true},
		{in: "", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			var got Switchable
			err := got.UnmarshalText([]byte(tt.in))
			if (err != nil) != tt.bad || time.Duration(got) != tt.want {
				t.Fatalf("%q is %v, %v; want %v, bad %v", tt.in, time.Duration(got), err, tt.want, tt.bad)
			}
			if err == nil && got.String() != tt.print {
				t.Errorf("String() = %q, want %q", got, tt.print)
			}
		})
	}
}
