package rest

import (
	"errors"
	"testing"
	"time"
)

func TestUnmodifiedSince(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		header  time.Time
		changed time.Time
		want    bool
	}{
		{"no header", time.Time{}, asked, true},
		{"changed before", asked, asked.Add(-time.Second), true},
		{"changed in that second", asked, asked.Add(900 * time.Millisecond), true},
		{"changed after", asked, asked.Add(time.Second), false},
	} {
		err := (&Request{Unmodified: tt.header}).unmodifiedSince(tt.changed)
		var refusal *Refusal
		if tt.want != (err == nil) || err != nil && (!errors.As(err, &refusal) || refusal.Status != 412) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
