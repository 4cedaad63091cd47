package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// bench is one run.
type bench struct {
	options
	dir    string // everything temporary
	log    io.Writer
	server *server
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }

// prepare builds larder and fills the folder where that was not done.
func (b *bench) prepare(ctx context.Context) error {
	if b.larder == "" {
		b.larder = filepath.Join(b.dir, "larder")
		out, err := exec.CommandContext(ctx, "go", "build", "-o", b.larder, "github.com/larderhq/larder/cmd/larder").CombinedOutput()
		if err != nil {
			return fmt.Errorf("build larder: %w\n%s", err, out)
		}
	}
	if _, err := os.Stat(b.tokenFile()); err == nil {
		return b.fill(ctx)
	}
	// The first start makes the administrator and the keys of tokens.
	s, err := b.launch(ctx)
	if err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return fmt.Errorf("stop the first larder: %w", err)
	}
	return b.fill(ctx)
}

// tokenFile is where the first start leaves the administrator's token.
func (b *bench) tokenFile() string { return filepath.Join(b.data, "registry", "root.token") }

// fill fills the folder where that was not done.
func (b *bench) fill(ctx context.Context) (err error) {
	store, err := badgerstore.Open(filepath.Join(b.data, "registry"), badgerstore.Options{Folder: b.data})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var others []record.Package
	err = store.View(ctx, func(tx record.Tx) (err error) {
		if _, err = tx.Spaces().GroupByPath(wholeGroup); errors.Is(err, npm.ErrNotFound) {
			others, err = tx.Catalog().Packages(record.PackageQuery{Limit: 1})
			return errors.Join(err, npm.ErrNotFound)
		}
		return err
	})
	switch {
	case len(others) > 0:
		return fmt.Errorf("data folder %s has other packages", b.data)
	case !errors.Is(err, npm.ErrNotFound):
		return err
	}
	began := time.Now()
	made, err := fill(ctx, store, b.size, b.log)
	if err != nil {
		return err
	}
	b.say("%d packages of %d names made in %.0f s", b.size.packages, made.names, time.Since(began).Seconds())
	return nil
}

// measure starts larder and measures everything.
func (b *bench) measure(ctx context.Context) (r *report, err error) {
	r = &report{machine: measuredOn(ctx)}
	s, err := b.launch(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	b.server, r.ready = s, s.ready
	token, err := os.ReadFile(b.tokenFile())
	if err != nil {
		return nil, fmt.Errorf("the administrator's token of the folder: %w", err)
	}
	root := newClient(s.url, string(token))
	if r.index, err = firstList(ctx, root); err != nil {
		return nil, err
	}
	b.say("ready in %s, the first list %s later", r.ready, r.index)
	callers, err := b.survey(ctx, root)
	if err != nil {
		return nil, err
	}
	r.callers = callers
	if r.rows, err = b.shapes(ctx, callers); err != nil {
		return nil, err
	}
	if r.depths, err = b.depths(ctx, callers[0]); err != nil {
		return nil, err
	}
	r.memory, r.peak = s.memory()
	if b.publishes == 0 {
		return r, nil
	}
	r.busy, err = b.whilePublishing(ctx, root, callers)
	if err == nil {
		_, r.busy.peak = s.memory()
	}
	return r, err
}

// firstList asks for a list as soon as larder is ready and again when its index
// is there. It returns how long the first one took.
func firstList(ctx context.Context, c *client) (time.Duration, error) {
	const target = "/groups/" + wholeGroup + "/packages?order_by=name&sort=desc&per_page=100&package_name=react"
	first, err := c.get(ctx, target)
	if err != nil {
		return 0, fmt.Errorf("list while the index is made: %w", err)
	}
	again, err := c.get(ctx, target)
	if err != nil {
		return 0, err
	}
	if string(first.body) != string(again.body) || first.header.Get("X-Total") != again.header.Get("X-Total") {
		return 0, errors.New("a list that was asked while the index was made is not the one that is right")
	}
	return first.took, nil
}
