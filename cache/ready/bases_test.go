package ready

import (
	"fmt"
	"testing"
	"time"
)

func TestBases(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := newBases(2)
	if !s.Keep("http://real", now) || !s.Keep("http://invented", now) {
		t.Fatal("a base is not admitted while there is room")
	}
	for i := range 50 {
		if s.Keep(fmt.Sprint("http://", i), now.Add(time.Duration(i)*time.Second)) {
			t.Fatal("an invented base took a place in use")
		}
	}
	for i := range 50 {
		if !s.Keep(fmt.Sprintf("http://real/api/v4/projects/%d/packages/npm", i), now) {
			t.Fatal("a prefix takes a place of its own")
		}
	}
	later := now.Add(baseIdle + time.Second)
	s.Touch("http://real", later)
	if !s.Keep("http://other", later) || !s.Keep("http://real", later) {
		t.Error("an idle base kept its place")
	}
	if s.Touch("http://invented", later) {
		t.Error("the idle base is still known")
	}
	if !s.Keep("", now) || len(s.used) != 2 {
		t.Error("documents without a base take a place")
	}
}
