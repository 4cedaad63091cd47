package config

import (
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		want  Rate
		print string
		bad   bool
	}{
		{in: "10/m", want: Rate{10, time.Minute}, print: "10/m"},
		{in: " 1/s ", want: Rate{1, time.Second}, print: "1/s"},
		{in: "1000000/h", want: Rate{1000000, time.Hour}, print: "1000000/h"},
		{in: "007/m", want: Rate{7, time.Minute}, print: "7/m"},
		{in: "0/m", bad: true},
		{in: "1000001/h", bad: true},
		{in: "99999999999999999999/h", bad: true},
		{in: "-1/m", bad: true},
		{in: "+1/m", bad: true},
		{in: "1.5/m", bad: true},
		{in: "10", bad: true},
		{in: "10/", bad: true},
		{in: "/m", bad: true},
		{in: "10/d", bad: true},
		{in: "10/M", bad: true},
		{in: "10/m/m", bad: true},
		{in: "10 / m", bad: true},
		{in: "", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := ParseRate(tt.in)
			if (err != nil) != tt.bad || got != tt.want {
				t.Fatalf("ParseRate(%q) = %+v, %v; want %+v, bad %v", tt.in, got, err, tt.want, tt.bad)
			}
			if err == nil && got.String() != tt.print {
				t.Errorf("String() = %q, want %q", got, tt.print)
			}
		})
	}
}

// FuzzRate checks that a rate which was read prints as one that reads back as
// itself.
func FuzzRate(f *testing.F) {
	for _, s := range []string{"10/m", "1/s", "1000000/h", "/", "0/m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRate(s)
		if err != nil {
			return
		}
		if r.Count <= 0 || r.Per <= 0 {
			t.Fatalf("%q reads as %+v", s, r)
		}
		if again, err := ParseRate(r.String()); err != nil || again != r {
			t.Fatalf("%q reads as %+v, prints as %q, reads as %+v, %v", s, r, r, again, err)
		}
	})
}
