package records

import (
	"reflect"
	"testing"
)

func TestRulings(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	want := Ruling{Basis: [32]byte{1, 2, 3}, Text: []byte(`{"x":1}`)}
	must(t, s.PutRuling("ns", "name", want))
	got, ok, err := s.Ruling("ns", "name")
	if err != nil || !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, %t, %v", got, ok, err)
	}
	if _, err := s.Purge([]string{"ns"}, "name", ""); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Ruling("ns", "name"); ok || err != nil {
		t.Errorf("it outlives a purge: %t, %v", ok, err)
	}
}
