package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// lookEvery is how often the configuration file is looked at.
const lookEvery = 2 * time.Second

// watchSettings reloads the configuration at SIGHUP, and when its file changes,
// until ctx ends. What is wrong with it is told, and the old one stays.
func (r *running) watchSettings(ctx context.Context) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	seen := stateOf(r.settings.File)
	looked := seen
	for {
		asked := false
		select {
		case <-hangup:
			asked = true
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		now := stateOf(r.settings.File)
		settled := now == looked // nobody is writing it any more
		looked = now
		if !asked && (now == seen || now == fileState{} || !settled) {
			continue
		}
		seen = now
		if err := r.reload(ctx, r.app); err != nil {
			r.metrics.PolicyReloaded("failed")
			r.log.Error("the configuration is refused, and the one before it stays", "error", err)
			continue
		}
		r.metrics.PolicyReloaded("ok")
		r.log.Info("configuration reloaded", "file", r.settings.File)
	}
}

// fileState is what tells that a file changed; zero for one that is not there.
type fileState struct {
	changed time.Time
	size    int64
}

func stateOf(file string) fileState {
	info, err := os.Stat(file)
	if file == "" || err != nil {
		return fileState{}
	}
	return fileState{info.ModTime(), info.Size()}
}
