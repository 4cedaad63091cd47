package config

import (
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	t.Parallel()
	newYear := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		in    string
		want  time.Time
		print string
	}{
		{"2027-01-01", newYear, "2027-01-01"},
		{" 2027-01-01T00:00:00Z ", newYear, "2027-01-01"},
		{"2027-01-01T01:30:00+01:30", newYear, "2027-01-01"},
		{"2026-12-31T19:00:00-05:00", newYear, "2027-01-01"},
		{"2027-01-01T17:30:00.25Z", newYear.Add(17*time.Hour + 30*time.Minute + 250*time.Millisecond), "2027-01-01T17:30:00.25Z"},
		{"2027-02-30", time.Time{}, ""},
		{"2027-1-1", time.Time{}, ""},
		{"0207-01-01", time.Time{}, ""},
		{"0001-01-01", time.Time{}, ""},
		{"9999-12-31T23:00:00-05:00", time.Time{}, ""},
		{"2027-01-01T10:00:00", time.Time{}, ""},
		{"2027-01-01 10:00", time.Time{}, ""},
		{"30d", time.Time{}, ""},
		{"never", time.Time{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := ParseMoment(tt.in)
			if (err != nil) != (tt.print == "") || got.Time() != tt.want || got.String() != tt.print {
				t.Fatalf("ParseMoment(%q) = %s, %v; want %s, printed %q", tt.in, got, err, tt.want, tt.print)
			}
		})
	}
}

// FuzzMoment checks that a time which was read prints as one that reads back
// as itself.
func FuzzMoment(f *testing.F) {
	for _, s := range []string{"2027-01-31", "2027-01-31T17:30:00+01:00", "9999-12-31T23:59:59.999999999Z", "", "2027"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMoment(s)
		if err != nil {
			return
		}
		if again, err := ParseMoment(m.String()); err != nil || again != m {
			t.Fatalf("%q reads as %v, prints as %q, reads as %v, %v", s, m.Time(), m, again.Time(), err)
		}
	})
}
