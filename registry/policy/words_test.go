package policy

import (
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range []string{
		Allow.String(), Warn.String(), Hide.String(), Undecided.String(), Deny.String(),
		NotAsked.String(), Passed.String(), Noticed.String(), Lacking.String(), Hit.String(),
	} {
		if s == "" || seen[s] {
			t.Errorf("%q is empty or taken", s)
		}
		seen[s] = true
	}
	if got, want := (Preinstall | Install | Postinstall | Gyp).String(), "preinstall, install, postinstall, binding.gyp"; got != want {
		t.Errorf("hooks %q, want %q", got, want)
	}
	if got, want := (NeedTarball | NeedName).String(), "tarball, facts of the name"; got != want {
		t.Errorf("needs %q, want %q", got, want)
	}
}

func TestDurationsInWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		d         time.Duration
		age, span string
	}{
		{-time.Second, "0m", "-1s"}, {59 * time.Second, "0m", "59s"}, {90 * time.Minute, "1h", "90m"}, {71 * time.Hour, "71h", "71h"},
		{72 * time.Hour, "3d", "72h"}, {14 * day, "14d", "14d"}, {14*day + time.Hour, "14d", "337h"},
	}
	for _, tt := range tests {
		if ago(tt.d) != tt.age || span(tt.d) != tt.span {
			t.Errorf("%v: %q and %q, want %q and %q", tt.d, ago(tt.d), span(tt.d), tt.age, tt.span)
		}
	}
	if got, want := stamp(noon.Add(1)), "2026-11-24T12:00:01Z"; got != want {
		t.Errorf("stamp %q, want %q: nobody must come too early", got, want)
	}
}

func TestParsePublishTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want PublishTime
	}{
		{"", PublishTime{State: TimeMissing}},
		{"2026", PublishTime{State: TimeMalformed}},
		{"2026-11-24T12:00:00.000Z", PublishTime{TimeStated, noon}},
	}
	for _, tt := range tests {
		if got := ParsePublishTime(tt.in); got.State != tt.want.State || !got.At.Equal(tt.want.At) {
			t.Errorf("ParsePublishTime(%q) = %+v, want %+v", tt.in, got, tt.want)
		}
	}
}

func TestTheGrantThatLastsSpeaks(t *testing.T) {
	t.Parallel()
	hour, never := noon.Add(time.Hour), time.Time{}
	tests := []struct {
		name string
		a, b grant
		want bool
	}{
		{"longer", grant{until: hour.Add(1)}, grant{until: hour}, true},
		{"shorter", grant{until: hour}, grant{until: hour.Add(1)}, false},
		{"for ever", grant{until: never}, grant{until: hour}, true},
		{"not for ever", grant{until: hour}, grant{until: never}, false},
		{"as long, by text", grant{until: hour, text: "a"}, grant{until: hour, text: "b"}, true},
		{"as long, by text, the other way", grant{until: hour, text: "b"}, grant{until: hour, text: "a"}, false},
	}
	for _, tt := range tests {
		if got := lasts(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
