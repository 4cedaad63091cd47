package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// closeGrace is the least time for writing what is queued, however short
	// the drain is.
	closeGrace = 10 * time.Second
	// lastGrace is what each part gets after one that used up the time: enough
	// to close well, since nothing waits in it.
	lastGrace = time.Second
)

// closer is a part of a node that must be closed.
type closer struct {
	name  string
	close func() error
}

// stuckError means that parts did not close in time. They go on trying until
// the process ends.
type stuckError struct {
	parts []string
	after time.Duration
}

// Error names the parts.
func (e *stuckError) Error() string {
	return fmt.Sprintf("does not close within %s: %s", e.after, strings.Join(e.parts, ", "))
}

// closeAll closes parts, the last one first. A part that hangs, like a store
// whose folder is gone and which tries to write for ever, holds up neither the
// others nor the end.
func closeAll(parts []closer, grace time.Duration) error {
	var problems []error
	var stuck []string
	deadline := time.Now().Add(grace)
	for _, p := range slices.Backward(parts) {
		closed := make(chan error, 1)
		go func() { closed <- p.close() }()
		timer := time.NewTimer(max(time.Until(deadline), lastGrace))
		select {
		case err := <-closed:
			problems = append(problems, err)
		case <-timer.C:
			stuck = append(stuck, p.name)
		}
		timer.Stop()
	}
	if stuck != nil {
		problems = append(problems, &stuckError{stuck, grace})
	}
	return errors.Join(problems...)
}
