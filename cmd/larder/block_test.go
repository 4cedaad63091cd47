package main

import (
	"testing"
	"time"
)

func TestParseEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		in   string
		want time.Time
		bad  bool
	}{
		{in: ""},
		{in: "2h", want: now.Add(2 * time.Hour)},
		{in: "2026-03-02", want: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)},
		{in: "2026-03-01T14:00:00+01:00", want: now.Add(time.Hour)},
		{in: "2026-03-01T12:00:00Z", bad: true},
		{in: "2026-03-01T13:00:00", bad: true},
		{in: "later", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := parseEnd(tt.in, now)
			if (err != nil) != tt.bad || !got.Equal(tt.want) {
				t.Errorf("parseEnd(%q) = %v, %v; want %v, bad %v", tt.in, got, err, tt.want, tt.bad)
			}
		})
	}
}
