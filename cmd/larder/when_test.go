package main

import (
	"testing"
	"time"
)

func TestParseWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		in   string
		want time.Time
		bad  bool
	}{
		{in: "", want: time.Time{}},
		{in: "30d", want: time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)},
		{in: "2w", want: time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)},
		{in: "90m", want: time.Date(2026, 3, 1, 13, 30, 0, 0, time.UTC)},
		{in: "2026-03-02", want: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)},
		{in: "2026-03-01", bad: true},
		{in: "2020-01-01", bad: true},
		{in: "2026-13-01", bad: true},
		{in: "0d", bad: true},
		{in: "-5d", bad: true},
		{in: "tomorrow", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := parseWhen(tt.in, now)
			if (err != nil) != tt.bad || !got.Equal(tt.want) {
				t.Errorf("parseWhen(%q) = %v, %v; want %v, bad %v", tt.in, got, err, tt.want, tt.bad)
			}
		})
	}
}
