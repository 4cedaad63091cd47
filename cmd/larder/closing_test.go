package main

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestCloseAll closes parts of which some hang, in a bubble's time.
func TestCloseAll(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := []struct {
		name        string
		hang        []string
		fail        []string
		stuck       []string
		want        time.Duration
		wantProblem bool
	}{
		{name: "all close"},
		{name: "one fails", fail: []string{"b"}, wantProblem: true},
		{name: "one hangs", hang: []string{"b"}, stuck: []string{"b"}, want: 10 * time.Second},
		{name: "one hangs and one fails", hang: []string{"c"}, fail: []string{"a"}, stuck: []string{"c"}, want: 10 * time.Second, wantProblem: true},
		{name: "all hang", hang: []string{"a", "b", "c"}, stuck: []string{"c", "b", "a"}, want: 12 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				var closed []string
				var parts []closer
				for _, name := range []string{"a", "b", "c"} {
					parts = append(parts, closer{name, func() error {
						if slices.Contains(tt.hang, name) {
							<-release
							return nil
						}
						closed = append(closed, name)
						if slices.Contains(tt.fail, name) {
							return broken
						}
						return nil
					}})
				}
				began := time.Now()
				err := closeAll(parts, 10*time.Second)
				if took := time.Since(began); took != tt.want {
					t.Errorf("took %s, want %s", took, tt.want)
				}
				if len(closed) != 3-len(tt.hang) {
					t.Errorf("closed %v", closed)
				}
				stuck := (*stuckError)(nil)
				if errors.As(err, &stuck) != (tt.stuck != nil) || stuck != nil && !slices.Equal(stuck.parts, tt.stuck) {
					t.Errorf("got %v, want stuck %v", err, tt.stuck)
				}
				if errors.Is(err, broken) != tt.wantProblem {
					t.Errorf("got %v, want a failure: %v", err, tt.wantProblem)
				}
			})
		})
	}
}
