// Command scale fills a data folder with as many packages as a large company
// has, the same ones every time: go run ./docs/bench/scale -data DIR. Larder must
// not run on the folder meanwhile. It may have been started on it before, which
// gives its own project the number 1; at the latest the next start makes that.
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

	"github.com/larderhq/larder/registry/badgerstore"
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
	data string
	size size
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.data, "data", "", "data folder of larder to fill")
	flags.IntVar(&o.size.packages, "packages", 1_000_000, "packages to make")
	flags.IntVar(&o.size.projects, "projects", 2000, "projects to make, at least 2")
	flags.IntVar(&o.size.groups, "groups", 300, "groups to make, at least 2")
	flags.BoolVar(&o.size.files, "files", true, "give every package a file and a manifest")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.data == "" || o.size.packages < 0 || o.size.projects < 2 || o.size.groups < 2 {
		return o, errors.New("-data and sizes as the flags say are needed")
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
	store, err := badgerstore.Open(filepath.Join(o.data, "registry"), badgerstore.Options{Folder: o.data})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	began := time.Now()
	made, err := fill(ctx, store, o.size, stderr)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d packages of %d names in %d projects and %d groups in %.0f s\n"+
		"user %s reads the group %s, half of them; user %s reads the project %s\n", o.size.packages, made.names, o.size.projects,
		o.size.groups, time.Since(began).Seconds(), halfUser, halfGroup, oneUser, made.oneProject)
	return err
}
