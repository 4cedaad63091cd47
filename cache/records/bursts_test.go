package records

import (
	"reflect"
	"testing"
	"time"
)

func TestBursts(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	old := Burst{Versions: 20, First: when().Add(-time.Hour), Last: when().Add(-time.Hour)}
	fresh := Burst{Versions: 30, First: when(), Last: when().Add(time.Minute)}
	must(t, s.PutBurst("scope @old", old), s.PutBurst("scope @new", old), s.PutBurst("scope @new", fresh))
	for range 2 { // the second time without the old one
		got, err := s.Bursts(when())
		must(t, err)
		if want := map[string]Burst{"scope @new": fresh}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if got, err := s.Bursts(time.Time{}); err != nil || len(got) != 1 {
		t.Errorf("what ended is still there: %v, %v", got, err)
	}
}
