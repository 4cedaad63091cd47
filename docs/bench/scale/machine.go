package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine describes what was measured on.
func machine(ctx context.Context) string {
	kernel, err := exec.CommandContext(ctx, "uname", "-r").Output()
	if err != nil {
		kernel = []byte("unknown")
	}
	return fmt.Sprintf("Measured %s with `go run ./docs/bench/scale`; %s, %d cores; kernel %s; %s; larder of the same day."+
		" The client and larder shared the cores. Each cell: p50 · p99 · max in ms.", time.Now().UTC().Format(time.DateOnly), processor(),
		runtime.NumCPU(), strings.TrimSpace(string(kernel)), runtime.Version())
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
