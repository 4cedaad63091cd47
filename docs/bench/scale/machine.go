package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/docs/bench/machine"
)

// measuredOn says when and on what the tables below it were measured.
func measuredOn(ctx context.Context) string {
	return fmt.Sprintf("Measured %s with `go run ./docs/bench/scale`; %s; larder of the same day."+
		" The client and larder shared the cores. Each cell: p50 · p99 · max in ms.", time.Now().UTC().Format(time.DateOnly), machine.Line(ctx))
}
