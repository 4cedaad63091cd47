package config

import (
	"math"
	"testing"
	"time"
)

func TestParseByteSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		want  ByteSize
		print string
		bad   bool
	}{
		{in: "256MiB", want: 256 << 20, print: "256MiB"},
		{in: "500MB", want: 500e6, print: "500MB"},
		{in: "1048576", want: 1 << 20, print: "1MiB"},
		{in: " 2 gib ", want: 2 << 30, print: "2GiB"},
		{in: "12B", want: 12, print: "12"},
		{in: "0", want: 0, print: "0"},
		{in: "1500KB", want: 1500e3, print: "1500KB"},
		{in: "8388607TiB", want: 8388607 << 40, print: "8388607TiB"},
		{in: "9223372036854775807", want: math.MaxInt64, print: "9223372036854775807"},
		{in: "8388608TiB", bad: true},
		{in: "9223372036854775808", bad: true},
		{in: "", bad: true},
		{in: "MiB", bad: true},
		{in: "5M", bad: true},
		{in: "-5MiB", bad: true},
		{in: "+5MiB", bad: true},
		{in: "1.5GiB", bad: true},
		{in: "1_000", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := ParseByteSize(tt.in)
			if (err != nil) != tt.bad || got != tt.want {
				t.Fatalf("ParseByteSize(%q) = %d, %v; want %d, bad %v", tt.in, got, err, tt.want, tt.bad)
			}
			if err == nil && got.String() != tt.print {
				t.Errorf("String() = %q, want %q", got, tt.print)
			}
		})
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		want  time.Duration
		print string
		bad   bool
	}{
		{in: "5m", want: 5 * time.Minute, print: "5m"},
		{in: "1500ms", want: 1500 * time.Millisecond, print: "1.5s"},
		{in: "7d", want: 7 * day, print: "7d"},
		{in: "2w", want: 14 * day, print: "14d"},
		{in: "1w1d12h", want: 8*day + 12*time.Hour, print: "8d12h"},
		{in: "1h20m", want: 80 * time.Minute, print: "1h20m"},
		{in: "20h10m", want: 20*time.Hour + 10*time.Minute, print: "20h10m"},
		{in: "1h0m5s", want: time.Hour + 5*time.Second, print: "1h0m5s"},
		{in: "0", want: 0, print: "0s"},
		{in: "0d", want: 0, print: "0s"},
		{in: " 30s ", want: 30 * time.Second, print: "30s"},
		{in: "", bad: true},
		{in: "d", bad: true},
		{in: "5", bad: true},
		{in: "-5m", bad: true},
		{in: "1d-5m", bad: true},
		{in: "+5m", bad: true},
		{in: "1d1w", bad: true},
		{in: "999999999999d", bad: true},
		{in: "36500d1ns", bad: true},
		{in: "5 minutes", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := ParseDuration(tt.in)
			if (err != nil) != tt.bad || time.Duration(got) != tt.want {
				t.Fatalf("ParseDuration(%q) = %v, %v; want %v, bad %v", tt.in, got, err, tt.want, tt.bad)
			}
			if err == nil && got.String() != tt.print {
				t.Errorf("String() = %q, want %q", got, tt.print)
			}
		})
	}
}

// FuzzByteSize checks that a size which was read prints as one that reads back
// as itself.
func FuzzByteSize(f *testing.F) {
	for _, s := range []string{"256MiB", "500 MB", "0", "9223372036854775807", "1TiBB", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseByteSize(s)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("%q is negative: %d", s, n)
		}
		if again, err := ParseByteSize(n.String()); err != nil || again != n {
			t.Fatalf("%q reads as %d, prints as %q, reads as %d, %v", s, n, n, again, err)
		}
	})
}

// FuzzDuration does the same for durations.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"5m", "7d", "2w1d3h4m5s6ms7us8ns", "0", "1.5h", "36500d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q is negative: %d", s, d)
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d {
			t.Fatalf("%q reads as %d, prints as %q, reads as %d, %v", s, d, d, again, err)
		}
	})
}
