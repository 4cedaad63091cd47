// Package machine tells what a figure was measured on.
package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Line describes the machine: processor, kernel and Go.
func Line(ctx context.Context) string {
	return fmt.Sprintf("%s, %d cores; kernel %s; %s", processor(), runtime.NumCPU(), Said(ctx, "uname", "-r"), runtime.Version())
}

// Said is the first line that a program prints, or "missing".
func Said(ctx context.Context, program string, args ...string) string {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return "missing"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
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
