package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// installation is one way to get the application, over all rounds.
type installation struct {
	name   string
	walls  []time.Duration
	cpus   []time.Duration // of the server
	memory int64           // the most
	served bool            // by a server that is measured
}

// installations keeps them in the order in which they first came.
type installations struct {
	byName map[string]*installation
	order  []string
}

func (all *installations) of(name string) *installation {
	if all.byName[name] == nil {
		all.byName[name] = &installation{name: name}
		all.order = append(all.order, name)
	}
	return all.byName[name]
}

// npmInstalls installs the fixture application with npm: directly, through
// each registry with an empty cache, and once more with a full one. npm's own
// cache is empty each time.
func (b *bench) npmInstalls(ctx context.Context) (string, error) {
	all := &installations{byName: map[string]*installation{}}
	for round := range b.installs {
		b.say("installs, round %d of %d", round+1, b.installs)
		if err := b.npmInstall(ctx, all.of("the registry itself"), b.fixture.URL(), nil); err != nil {
			return "", err
		}
		if err := b.coldAndWarm(ctx, all, "larder", func(ctx context.Context) (*server, error) { return b.startLarder(ctx) }); err != nil {
			return "", err
		}
		if b.programs.verdaccio != "" {
			if err := b.coldAndWarm(ctx, all, "verdaccio", b.startVerdaccio); err != nil {
				return "", err
			}
		}
		if b.programs.nginx != "" {
			if err := b.fromFiles(ctx, all); err != nil {
				return "", err
			}
		}
	}
	return installTable(all), nil
}

func (b *bench) coldAndWarm(ctx context.Context, all *installations, name string, start func(context.Context) (*server, error)) error {
	s, err := start(ctx)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := b.npmInstall(ctx, all.of(name+", cold"), s.url, s); err != nil {
		return err
	}
	return b.npmInstall(ctx, all.of(name+", warm"), s.url, s)
}

// fromFiles installs from nginx, which cannot be cold.
func (b *bench) fromFiles(ctx context.Context, all *installations) error {
	larder, err := b.startLarder(ctx)
	if err != nil {
		return err
	}
	s, err := b.startNginx(ctx, larder)
	larder.stop()
	if err != nil {
		return err
	}
	defer s.stop()
	return b.npmInstall(ctx, all.of("nginx, files"), s.url, s)
}

func (b *bench) npmInstall(ctx context.Context, to *installation, registry string, s *server) error {
	dir, err := os.MkdirTemp(b.dir, "install-")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), upstreamtest.App(), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "npm", "install", "--registry="+registry, "--ignore-scripts",
		"--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "npm_config_cache="+filepath.Join(dir, "cache"),
		"npm_config_userconfig="+filepath.Join(dir, "none"), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	var before time.Duration
	if s != nil {
		before = s.cpu()
	}
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install from %s: %w\n%s", to.name, err, out)
	}
	to.walls = append(to.walls, time.Since(began))
	if s != nil {
		to.served = true
		to.cpus = append(to.cpus, s.cpu()-before)
		to.memory = max(to.memory, s.memory())
	}
	return os.RemoveAll(dir)
}

// installTable is the result of the installs as Markdown.
func installTable(all *installations) string {
	var t strings.Builder
	t.WriteString("`npm install` of the fixture application with an empty client cache, median wall time.\n\n")
	t.WriteString("| registry | wall s (min–max) | server's processor s | RssAnon |\n|---|---:|---:|---:|\n")
	for _, name := range all.order {
		i := all.byName[name]
		wall := fmt.Sprintf("%.2f (%.2f–%.2f)", median(i.walls).Seconds(), slices.Min(i.walls).Seconds(), slices.Max(i.walls).Seconds())
		cpu, memory := "–", "–"
		if i.served {
			cpu, memory = fmt.Sprintf("%.2f", median(i.cpus).Seconds()), fmt.Sprintf("%d MB", i.memory>>20)
		}
		fmt.Fprintf(&t, "| %s | %s | %s | %s |\n", name, wall, cpu, memory)
	}
	return t.String()
}
