package proxy

import (
	"fmt"
	"testing"
	"time"
)

func TestBaseSet(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := newBaseSet(2)
	if !s.keep("http://real", now) || !s.keep("http://invented", now) {
		t.Fatal("a base is not admitted while there is room")
	}
	for i := range 50 {
		if s.keep(fmt.Sprint("http://", i), now.Add(time.Duration(i)*time.Second)) {
			t.Fatal("an invented base took a place in use")
		}
	}
	later := now.Add(baseIdle + time.Second)
	s.touch("http://real", later)
	if !s.keep("http://other", later) || !s.keep("http://real", later) {
		t.Error("an idle base kept its place")
	}
	if s.touch("http://invented", later) {
		t.Error("the idle base is still known")
	}
	if !s.keep("", now) || len(s.used) != 2 {
		t.Error("documents without a base take a place")
	}
}
