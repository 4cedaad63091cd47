package httpd

import (
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

func TestChooseForm(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, accept string
		want         npm.Form
	}{
		{"absent", "", npm.Full},
		{"anything", "*/*", npm.Full},
		{"npm install", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*", npm.Abbreviated},
		{"npm full", "application/json", npm.Full},
		{"pnpm full", "application/json; q=1.0, */*", npm.Full},
		{"abbreviated alone", "application/vnd.npm.install-v1+json", npm.Abbreviated},
		{"other case", "Application/VND.npm.install-v1+JSON", npm.Abbreviated},
		{"equal", "application/json, application/vnd.npm.install-v1+json", npm.Abbreviated},
		{"full preferred", "application/vnd.npm.install-v1+json;q=0.5, application/json", npm.Full},
		{"refused", "application/vnd.npm.install-v1+json;q=0, */*", npm.Full},
		{"refused with decimals", "application/vnd.npm.install-v1+json;q=0.000", npm.Full},
		{"browser", "text/html,application/xhtml+xml,*/*;q=0.8", npm.Full},
		{"junk around", ",,; ;q,application/vnd.npm.install-v1+json ;x=y; q=junk,", npm.Abbreviated},
		{"wildcard of the type", "application/*", npm.Full},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := chooseForm([]byte(c.accept)); got != c.want {
				t.Errorf("chooseForm(%q) = %v, want %v", c.accept, got, c.want)
			}
		})
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, header string
		want         bool
	}{
		{"absent", "", false},
		{"npm", "gzip,deflate", true},
		{"pnpm 12", "zstd,gzip,deflate", true},
		{"berry", "gzip, deflate, br", true},
		{"vlt", "gzip;q=1.0, identity;q=0.5", true},
		{"identity", "identity", false},
		{"refused", "gzip;q=0", false},
		{"identity preferred", "gzip;q=0.5, identity", false},
		{"anything", "*", true},
		{"anything but gzip", "*, gzip;q=0", false},
		{"anything refused", "*;q=0", false},
		{"old name", "x-gzip", true},
		{"other case", "GZIP", true},
		{"bun's junk", "gzip/deflate", false},
		{"junk around", ";;,gzip;q=,;", true},
		{"only others", "br, zstd", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := acceptsGzip([]byte(c.header)); got != c.want {
				t.Errorf("acceptsGzip(%q) = %v, want %v", c.header, got, c.want)
			}
		})
	}
}

func TestParseQuality(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]quality{
		"0": 0, "1": 1000, "0.5": 500, "0.25": 250, "0.125": 125, "1.0": 1000, "1.999": 1000, "0.": 0,
	} {
		if got, ok := parseQuality([]byte(text)); !ok || got != want {
			t.Errorf("parseQuality(%q) = %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"2", ".5", "0,5", "0.1234", "01", "-1", "x"} {
		if got, ok := parseQuality([]byte(text)); ok {
			t.Errorf("parseQuality(%q) = %d, want a refusal", text, got)
		}
	}
}
