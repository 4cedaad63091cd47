package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRun makes few packages and measures everything a few times, without
// targets: other tests share the machine.
func TestRun(t *testing.T) {
	t.Parallel()
	var out, log strings.Builder
	data := t.TempDir()
	args := []string{"-short", "-report", "-data", data, "-packages", "2600", "-projects", "20", "-groups", "8", "-requests", "3", "-publishes", "20"}
	if err := run(t.Context(), args, &out, &log); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	for _, want := range []string{
		`(?m)^Ready 0\.\d\d s after the start; the first list, asked at once, waited \d+\.\d\d s`,
		"(?m)^\\| first page of the group `everything`, 20 rows \\| 10 ms \\|( [0-9.]+ · \\**[0-9.]+\\** · [0-9.]+ \\|){3}$",
		"(?m)^\\| first page of the group `everything`, 20 rows \\| – \\|( [0-9.]+ · [0-9.]+ · [0-9.]+ \\|){3}$",
		`(?m)^\| page 10,000 and on, 20 rows \| 100 ms \| – \| – \| – \|$`,
		"(?m)^\\| any page by `pagination=keyset`, 20 rows \\| 5 ms \\| \\d",
		`(?m)^\| 100 \| \d.* \| \d.* \|$`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("no line like %s in\n%s", want, out.String())
		}
	}
	// A filled folder is used again as it is.
	log.Reset()
	if err := run(t.Context(), []string{"-data", data, "-fill"}, &out, &log); err != nil || log.Len() > 0 {
		t.Errorf("filled again: %v, %s", err, log.String())
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"too few groups": {"-groups", "2"}, "no requests": {"-requests", "0"}, "unknown": {"-tool"}, "negative": {"-publishes", "-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parse(args, &strings.Builder{}); err == nil {
				t.Errorf("%q were taken", args)
			}
		})
	}
}

func TestMissed(t *testing.T) {
	t.Parallel()
	slow := make(times, 1000)
	for i := range slow {
		slow[i] = time.Duration(i) * 10 * time.Microsecond
	}
	for _, tt := range []struct {
		name   string
		report report
		want   string
	}{
		{"nothing", report{ready: time.Second, peak: memoryTarget}, ""},
		{"ready late", report{ready: time.Second + 1}, "ready line"},
		{"much memory", report{peak: memoryTarget + 1}, "RssAnon"},
		{"99 of 100 in time", report{rows: []result{{shape{name: "list", target: 9900 * time.Microsecond}, map[string]times{"all": slow}}}}, ""},
		{"98 of 100 in time", report{rows: []result{{shape{name: "list", target: 9800 * time.Microsecond}, map[string]times{"all": slow}}}}, "list for all"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.report.callers = []*caller{{name: "all"}, {name: "half"}}
			if got := strings.Join(tt.report.missed(), ", "); got != tt.want {
				t.Errorf("missed %q, want %q", got, tt.want)
			}
		})
	}
}
