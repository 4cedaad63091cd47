package npm

import (
	"encoding/json"
	"maps"
	"os"
	"testing"
)

// repairGolden is what npm's own semver says; testdata/semver/repair.mjs
// writes it.
type repairGolden struct {
	Cases []struct {
		Tags      []Tag             `json:"tags"`
		Remaining []TagTarget       `json:"remaining"`
		Removed   []TagTarget       `json:"removed"`
		Want      map[string]string `json:"want"`
	} `json:"cases"`
}

func TestRepairTagsAsNPM(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/semver/repair.json")
	if err != nil {
		t.Fatal(err)
	}
	var g repairGolden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	var moved, dropped int
	for _, c := range g.Cases {
		got := RepairTags(c.Tags, c.Remaining, c.Removed)
		if !maps.Equal(got, c.Want) {
			t.Errorf("RepairTags(%v, %v, %v) = %v, want %v", c.Tags, c.Remaining, c.Removed, got, c.Want)
		}
		for _, target := range c.Want {
			if target == "" {
				dropped++
			} else {
				moved++
			}
		}
	}
	if moved < 200 || dropped < 100 {
		t.Errorf("the golden file moves %d tags and drops %d, too few to tell", moved, dropped)
	}
}
