package advisory

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestLoadKeepsTheOrder loads more than one worker gets at once.
func TestLoadKeepsTheOrder(t *testing.T) {
	t.Parallel()
	const n = 2 * batchItems
	var files, lines, broken []string
	for i := range n {
		first := ghsa(fmt.Sprintf("GHSA-%d", i), "x", events(everything))
		for _, record := range []string{first, strings.Replace(first, "Prototype", "Late", 1)} {
			record = strings.ReplaceAll(record, "\n", " ")
			files = append(files, fmt.Sprintf("%06d.json", len(lines)), record)
			lines = append(lines, record)
		}
		broken = append(broken, fmt.Sprintf(`{"id":"%d"}`, i))
	}
	dir := tree(t, map[string]string{"feed.zip": zipOf(t, files...), "feed.jsonl": strings.Join(lines, "\n"),
		"broken.jsonl": strings.Join(broken, "\n")})
	for _, name := range []string{"feed.zip", "feed.jsonl"} {
		set, err := Load(t.Context(), Source{Path: filepath.Join(dir, name)})
		if err != nil {
			t.Fatal(err)
		}
		all := set.Advisories(nameOf(t, "x"))
		if len(all) != n {
			t.Errorf("%s: %d records, want %d", name, len(all), n)
		}
		for _, a := range all {
			if strings.HasPrefix(a.Title, "Late") {
				t.Fatalf("%s: of two that were modified at once, the second of %s counts", name, a.Record)
			}
		}
	}
	_, err := Load(t.Context(), Source{Path: filepath.Join(dir, "broken.jsonl")})
	if err == nil {
		t.Fatal("broken records were loaded")
	}
	told := strings.Split(err.Error(), "\n")
	for i, line := range told[:maxProblems] {
		if !strings.Contains(line, fmt.Sprintf("line %d: ", i+1)) {
			t.Fatalf("problem %d is %q", i, line)
		}
	}
}

func TestLoadEndsEarly(t *testing.T) {
	t.Parallel()
	path := generate(t, 4*batchItems)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Load(gone, Source{Path: path}); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
	most := defaultLimits()
	most.entries = batchItems + 10
	if _, _, err := (loader{limits: most}).load(t.Context(), []Source{{Path: path}}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line %d: ", most.entries+1)) {
		t.Errorf("one line too many: %v", err)
	}
	files := make([]string, 0, 8*batchItems)
	for i := range 4 * batchItems {
		files = append(files, fmt.Sprintf("%06d.json", i), mal(fmt.Sprintf("MAL-2026-%d", i), "x", events(everything)))
	}
	dir := tree(t, map[string]string{"feed.zip": zipOf(t, files...)})
	most = defaultLimits()
	most.total = 100_000
	if _, _, err := (loader{limits: most}).load(t.Context(), []Source{{Path: filepath.Join(dir, "feed.zip")}}); !errors.Is(err, errTooMuch) {
		t.Errorf("too many bytes: %v", err)
	}
}
