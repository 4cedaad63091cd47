// Command scale measures larder with as many packages as a large company has:
// go run ./docs/bench/scale. It fills a data folder, the same way every time, starts
// larder on it and asks the REST API as an administrator, as somebody who reads half
// of the packages and as somebody who reads one project. It prints the table of
// README and fails where a target is missed. A folder named with -data is kept, and
// used as it is where it was filled before; nothing else may run on it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	data     string
	larder   string
	size     size
	requests int
	// publishes is how many packages a second are published in the second half.
	publishes int
	report    bool
	fillOnly  bool
}

// The sizes of a short run, which only tells that the program works.
const (
	shortPackages = 20_000
	shortProjects = 200
	shortGroups   = 60
	shortRequests = 50
)

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.data, "data", "", "data folder of larder, filled first where it is empty (default: a temporary one)")
	flags.StringVar(&o.larder, "larder", "", "larder to measure (default: built from this tree)")
	flags.IntVar(&o.size.packages, "packages", 1_000_000, "packages to make")
	flags.IntVar(&o.size.projects, "projects", 2000, "projects to make, at least 3")
	flags.IntVar(&o.size.groups, "groups", 300, "groups to make, at least 3")
	flags.BoolVar(&o.size.files, "files", true, "give every package a file and a manifest")
	flags.IntVar(&o.requests, "requests", 1000, "requests of each shape and caller")
	flags.IntVar(&o.publishes, "publishes", 0, "packages to publish a second while everything is measured once more, for which no targets hold")
	flags.BoolVar(&o.report, "report", false, "only report, whatever is missed")
	flags.BoolVar(&o.fillOnly, "fill", false, "only fill the folder")
	short := flags.Bool("short", false, "make and ask less")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *short {
		o.size.packages, o.size.projects = min(o.size.packages, shortPackages), min(o.size.projects, shortProjects)
		o.size.groups, o.requests = min(o.size.groups, shortGroups), min(o.requests, shortRequests)
	}
	if o.size.packages < 0 || o.size.projects < 3 || o.size.groups < 3 || o.requests < 1 || o.publishes < 0 {
		return o, errors.New("sizes as the flags say are needed")
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "larder-scale-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{options: o, dir: dir, log: stderr}
	if b.data == "" {
		b.data = dir + "/data"
	}
	if err := b.prepare(ctx); err != nil || o.fillOnly {
		return err
	}
	r, err := b.measure(ctx)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(stdout, r); err != nil {
		return err
	}
	if missed := r.missed(); len(missed) > 0 && !o.report {
		return fmt.Errorf("%d targets are missed: %q", len(missed), missed)
	}
	return nil
}
