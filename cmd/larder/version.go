package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/larderhq/larder/metrics"
)

// versionCommand prints the version.
type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(a *app) error {
	b := build()
	_, err := fmt.Fprintf(a.stdout, "larder %s (%s, %s %s/%s)\n", b.Version, b.Revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// build tells which larder this is, as the Go tool recorded it.
func build() metrics.Build {
	b := metrics.Build{Version: "unknown", Revision: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			b.Revision = s.Value[:12]
		}
	}
	return b
}
