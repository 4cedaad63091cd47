package config

import "testing"

func TestParseCount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		want  Count
		print string
		bad   bool
	}{
		{in: "0", want: 0, print: "0"},
		{in: " 020 ", want: 20, print: "20"},
		{in: "1000000", want: 1000000, print: "1000000"},
		{in: "1000001", bad: true},
		{in: "99999999999999999999", bad: true},
		{in: "-1", bad: true},
		{in: "+1", bad: true},
		{in: "1.0", bad: true},
		{in: "1e3", bad: true},
		{in: "", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := ParseCount(tt.in)
			if (err != nil) != tt.bad || got != tt.want {
				t.Fatalf("ParseCount(%q) = %d, %v; want %d, bad %v", tt.in, got, err, tt.want, tt.bad)
			}
			if err == nil && got.String() != tt.print {
				t.Errorf("String() = %q, want %q", got, tt.print)
			}
		})
	}
}

func TestParsePercent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		want  float64
		print string
		bad   bool
	}{
		{in: "1%", want: 0.01, print: "1%"},
		{in: "0%", want: 0, print: "0%"},
		{in: "100%", want: 1, print: "100%"},
		{in: "100.00%", want: 1, print: "100%"},
		{in: " 0.25% ", want: 0.0025, print: "0.25%"},
		{in: "12.5%", want: 0.125, print: "12.5%"},
		{in: "0.01%", want: 0.0001, print: "0.01%"},
		{in: "100.01%", bad: true},
		{in: "101%", bad: true},
		{in: "0.001%", bad: true},
		{in: "1.%", bad: true},
		{in: ".5%", bad: true},
		{in: "1.-5%", bad: true},
		{in: "-1%", bad: true},
		{in: "1", bad: true},
		{in: "1 %", bad: true},
		{in: "%", bad: true},
		{in: "99999999999999999999%", bad: true},
		{in: "", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := ParsePercent(tt.in)
			if (err != nil) != tt.bad || got.Share() != tt.want {
				t.Fatalf("ParsePercent(%q) = %v, %v; want %v, bad %v", tt.in, got.Share(), err, tt.want, tt.bad)
			}
			if err == nil && got.String() != tt.print {
				t.Errorf("String() = %q, want %q", got, tt.print)
			}
		})
	}
}

// FuzzPercent checks that a share which was read prints as one that reads back
// as itself.
func FuzzPercent(f *testing.F) {
	for _, s := range []string{"1%", "0.25%", "100%", "99.99%", "%", "1.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePercent(s)
		if err != nil {
			return
		}
		if p < 0 || p > wholePercent {
			t.Fatalf("%q reads as %v", s, p.Share())
		}
		if again, err := ParsePercent(p.String()); err != nil || again != p {
			t.Fatalf("%q reads as %d, prints as %q, reads as %d, %v", s, p, p, again, err)
		}
	})
}
