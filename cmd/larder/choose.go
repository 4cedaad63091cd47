package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// chooser decides where the upstream named "default" is.
type chooser struct {
	settings *settings
	npm      *config.Npm
	// recorded is the upstream that an earlier start chose, or empty.
	recorded string
}

// choose fills in the URL of the default upstream: the configured one, else
// the recorded one, else what npm uses. The record comes before npm so that
// pointing npm at larder afterwards changes nothing.
func (c *chooser) choose(ctx context.Context) error {
	main := c.settings.MainUpstream()
	if main == nil {
		return c.refuseSelf(ctx)
	}
	if main.URL == "" && c.recorded != "" {
		c.set(main, c.recorded, "recorded at an earlier start")
	}
	if main.URL == "" {
		url, where, err := c.npm.Registry(ctx)
		if err != nil {
			return wrongConfig(fmt.Errorf("no upstream: %w; name a registry with --upstream URL", err))
		}
		if isSelf(ctx, url, &c.settings.Config) {
			return wrongConfig(fmt.Errorf("no upstream: npm already points at this larder (%s, from %s); name the registry that packages come from with --upstream URL", config.Redact(url), where))
		}
		c.set(main, url, "npm: "+where)
	}
	c.lendCredentials(main)
	return c.refuseSelf(ctx)
}

// set changes the upstream and what was made of it.
func (c *chooser) set(u *config.Upstream, url, origin string) {
	u.URL = url
	for i := range c.settings.Upstreams {
		if &c.settings.Upstreams[i] == u {
			c.settings.upstreams[i].URL = url
			c.settings.Origins[fmt.Sprintf("upstreams[%d].url", i)] = origin
		}
	}
}

// lendCredentials uses what npm itself would send to that registry, when the
// configuration names no token. It is read at each start and kept nowhere.
func (c *chooser) lendCredentials(u *config.Upstream) {
	if u.TokenEnv != "" || u.TokenFile != "" {
		return
	}
	found := c.npm.Credentials(u.URL)
	for i := range c.settings.upstreams {
		o := &c.settings.upstreams[i]
		switch {
		case o.Name != u.Name:
		case !found.Token.IsZero():
			o.Token = "Bearer " + found.Token.Reveal()
		case !found.Basic.IsZero():
			o.Token = "Basic " + found.Basic.Reveal()
		}
	}
}

// refuseSelf refuses upstreams that are this larder.
func (c *chooser) refuseSelf(ctx context.Context) error {
	var problems []error
	for _, u := range c.settings.Upstreams {
		if u.URL != "" && isSelf(ctx, u.URL, &c.settings.Config) {
			problems = append(problems, fmt.Errorf("upstream %s is this larder itself (%s); name the registry that packages come from with --upstream URL", u.Name, config.Redact(u.URL)))
		}
	}
	return wrongConfig(errors.Join(problems...))
}

// recordedUpstream reads the choice of an earlier start; empty when there is
// none.
func recordedUpstream(ctx context.Context, store record.Store) (string, error) {
	var url string
	err := store.View(ctx, func(tx record.Tx) error {
		var err error
		url, err = tx.Settings().Get(record.SettingUpstream)
		return err
	})
	if errors.Is(err, npm.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the chosen upstream: %w", err)
	}
	return url, nil
}

// recordUpstream keeps the choice, when it is another than before.
func recordUpstream(ctx context.Context, store record.Store, c *chooser, log *slog.Logger) error {
	main := c.settings.MainUpstream()
	if main == nil || main.URL == c.recorded {
		return nil
	}
	err := store.Update(ctx, func(tx record.Tx) error {
		return tx.Settings().Put(record.SettingUpstream, main.URL)
	})
	if err != nil {
		return fmt.Errorf("keep the chosen upstream: %w", err)
	}
	log.Info("upstream chosen", "upstream", main.URL, "before", c.recorded)
	return nil
}
