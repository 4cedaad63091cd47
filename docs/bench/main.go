package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	rounds   int
	installs int
	cell     time.Duration
	tools    string
	larder   string
	peers    bool
	guards   bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.rounds, "rounds", 3, "rounds of load, of which the median counts")
	flags.IntVar(&o.installs, "installs", 3, "rounds of npm installs, of which the median counts")
	flags.DurationVar(&o.cell, "cell", time.Second, "time of one load measurement")
	flags.StringVar(&o.tools, "tools", filepath.Join(cache, "larder-bench"), "folder to keep verdaccio and its node in")
	flags.StringVar(&o.larder, "larder", "", "larder to measure (default: built from this tree)")
	flags.BoolVar(&o.peers, "peers", true, "measure verdaccio and nginx too")
	flags.BoolVar(&o.guards, "guards", false, "measure what guards cost larder, and nothing else")
	return o, flags.Parse(args)
}

// bench is one run: where things are and who takes part.
type bench struct {
	options
	dir      string // everything temporary
	log      io.Writer
	fixture  *fixture
	programs *programs
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "larder-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // nothing to do about leftovers
	b := &bench{options: o, dir: dir, log: stderr, fixture: newFixture()}
	defer b.fixture.close()
	if b.programs, err = b.findPrograms(ctx); err != nil {
		return err
	}
	if b.guards {
		return b.compareGuards(ctx, stdout)
	}
	table, err := b.loads(ctx)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	installs, err := b.npmInstalls(ctx)
	if err != nil {
		return fmt.Errorf("installs: %w", err)
	}
	fmt.Fprintf(stdout, "%s\n\n%s\n%s", b.machine(ctx), table, installs)
	return nil
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, format+"\n", args...)
}
