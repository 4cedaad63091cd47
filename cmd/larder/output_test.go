package main

import (
	"strings"
	"testing"
)

// TestRowsShowWhatTerminalsObey looks at texts that people chose.
func TestRowsShowWhatTerminalsObey(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := output{}.print(&out, nil, func(r *rows) {
		r.add("ID", "NAME", "EMPTY")
		r.add(1, "red \x1b[31m\ttab\nline", "")
		r.add(22, "größe", "")
	})
	want := "ID  NAME  EMPTY\n1   red \ufffd[31m\ufffdtab\ufffdline\n22  größe\n"
	if err != nil || out.String() != want {
		t.Errorf("got\n%q, %v\nwant\n%q", out.String(), err, want)
	}
}

func TestOutputJSON(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := output{JSON: true}.print(&out, []string{"<a>"}, func(*rows) { t.Error("rows were written") })
	if err != nil || out.String() != "[\n  \"<a>\"\n]\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
