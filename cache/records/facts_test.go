package records

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	want := Facts{
		Digest: [64]byte{1, 2}, Published: "2026-11-20T10:00:00.000Z", Hooks: 5, License: "MIT",
		Refusals:     []FactRefusal{{Guard: "G23", Text: "tar: absolute path"}},
		Dependencies: []FactDependency{{Name: "a", Spec: "^1"}}, Indicators: "x", Indicator: "y",
	}
	if err := s.PutFacts("ns", "name", "1.0.0", want); err != nil {
		t.Fatal(err)
	}
	if err := s.PutFacts("ns", "name2", "1.0.0", Facts{}); err != nil {
		t.Fatal(err)
	}
	got, ok, err := s.Facts("ns", "name", "1.0.0")
	if err != nil || !ok || !reflect.DeepEqual(got, want) {
		t.Fatalf("read %+v, %t, %v", got, ok, err)
	}
	of, err := s.FactsOf("ns", "name")
	if err != nil || len(of) != 1 || !reflect.DeepEqual(of["1.0.0"], want) {
		t.Fatalf("of the name: %+v, %v", of, err)
	}
	if _, err := s.Purge([]string{"ns"}, "name", ""); err != nil {
		t.Fatal(err)
	}
	if of, err := s.FactsOf("ns", "name"); err != nil || len(of) != 0 {
		t.Errorf("after a purge: %+v, %v", of, err)
	}
	if of, err := s.FactsOf("ns", "name2"); err != nil || len(of) != 1 {
		t.Errorf("of another name: %+v, %v", of, err)
	}
}

func TestFactsThatAreTooLong(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	many := make([]FactDependency, 4000)
	for i := range many {
		many[i] = FactDependency{Name: strings.Repeat("n", 20), Spec: "^1.0.0"}
	}
	if err := s.PutFacts("ns", "name", "1.0.0", Facts{Dependencies: many, License: "MIT"}); err != nil {
		t.Fatal(err)
	}
	got, ok, err := s.Facts("ns", "name", "1.0.0")
	if err != nil || !ok || !got.Unclear || got.Dependencies != nil || got.License != "MIT" {
		t.Errorf("read %d dependencies, unclear %t, %t, %v", len(got.Dependencies), got.Unclear, ok, err)
	}
}

func TestDocumentThatIsGone(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	want := Document{Size: 5, ETag: "e", Gone: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}
	if err := s.PutDocument("ns", "name", want); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := s.Document("ns", "name"); err != nil || !ok || got != want {
		t.Errorf("read %+v, %t, %v", got, ok, err)
	}
}
