package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry/badgerstore"
)

// checkCommand checks the configuration, and tells of feeds that cannot be loaded.
type checkCommand struct {
	Print bool `help:"Print the effective configuration and where each value comes from."`
}

// Run implements the command.
func (c *checkCommand) Run(ctx context.Context, a *app) error {
	s, err := a.load()
	err = errors.Join(err, a.findUpstream(ctx, s))
	if c.Print {
		if printErr := s.Print(a.stdout); printErr != nil {
			return printErr
		}
	}
	if err != nil {
		return err
	}
	if c.Print {
		return nil
	}
	if _, err := fmt.Fprintln(a.stdout, "the configuration is good;", describe(s)); err != nil {
		return err
	}
	return a.checkFeeds(ctx, s.Data)
}

// findUpstream finds out which upstream a start would use.
func (a *app) findUpstream(ctx context.Context, s *settings) error {
	recorded, err := a.recorded(ctx, s.Data)
	if err != nil {
		return err
	}
	c := &chooser{settings: s, npm: config.ReadNpm(a.env, a.dir), recorded: recorded}
	return c.choose(ctx)
}

// recorded returns the upstream of an earlier start: from the larder that runs
// on the data folder, else from the folder, if there is one.
func (a *app) recorded(ctx context.Context, data string) (url string, err error) {
	err = untilUnlocked(ctx, func() error {
		url, err = a.recordedNow(ctx, data)
		return err
	})
	return url, err
}

// recordedNow is recorded at once: a larder that is starting has the folder
// locked and does not answer yet.
func (a *app) recordedNow(ctx context.Context, data string) (string, error) {
	var choice recordedChoice
	err := ask(ctx, question{data: data, path: "/upstream"}, &choice)
	if err == nil || !errors.Is(err, errNoServer) {
		return choice.URL, err
	}
	if !hasData(data) {
		return "", nil
	}
	store, err := badgerstore.Open(filepath.Join(data, "registry"), badgerstore.Options{Folder: data})
	if err != nil {
		return "", err
	}
	url, err := recordedUpstream(ctx, store)
	return url, errors.Join(err, store.Close())
}

// describe tells where packages come from.
func describe(s *settings) string {
	var from []string
	for _, u := range s.Upstreams {
		from = append(from, fmt.Sprintf("%s from %s", strings.Join(u.Match, " and "), u.URL))
	}
	return "packages: " + strings.Join(from, ", ")
}
