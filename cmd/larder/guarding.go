package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/proxy/httpd"
	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/record"
)

// openGuard opens what was decided about versions. Apply gets the rules; nil
// where nothing is served.
func (o *office) openGuard(ctx context.Context, apply func(guard.Rules), counts guard.Recorder) error {
	var err error
	o.guard, err = guard.New(ctx, guard.Deps{
		Store: o.registry, Ledger: o.ledger, Kept: filepath.Join(o.settings.Data, keptFeeds),
		Metrics: counts, Logger: o.log, Apply: apply,
	}, o.settings.guardOptions())
	if err != nil {
		return fmt.Errorf("open the policy: %w", err)
	}
	o.onClose("policy", o.guard.Close)
	return nil
}

// guardOptions are the settings of the policy.
func (s *settings) guardOptions() guard.Options {
	return guard.Options{Policy: s.policy, Grandfather: s.Policy.Grandfather, Sources: s.feeds, MaxAge: s.maxAge(),
		Contact: s.Policy.Contact}
}

// maxAge is the least of the ages that feeds may have; zero where none says.
func (s *settings) maxAge() time.Duration {
	var least time.Duration
	for _, age := range s.maxAges {
		if age > 0 && (least == 0 || age < least) {
			least = age
		}
	}
	return least
}

// mirrors are the upstreams whose publish times may be of their own making.
func (s *settings) mirrors() map[string]bool {
	out := make(map[string]bool)
	for _, u := range s.Upstreams {
		out[u.Name] = u.Time == config.TimeMirror
	}
	return out
}

// prefetch bounds what is fetched to judge a document.
func (s *settings) prefetch() proxy.Prefetch {
	p := s.Policy.Prefetch
	return proxy.Prefetch{Wait: time.Duration(p.Wait), Size: int64(p.Size), Age: time.Duration(p.Age)}
}

// applyRules hands rules to the proxy.
func (n *node) applyRules(r guard.Rules) {
	s := n.live.Load()
	if r.Feeds != nil {
		n.metrics.FeedRecords(r.Feeds.Size().Records)
	}
	n.proxy.Apply(proxy.Rules{Engine: r.Engine, Feeds: r.Feeds, Lookalikes: r.Lookalikes, Contact: r.Contact,
		Prefetch: s.prefetch(), Audit: s.AuditMode()})
}

// reload puts another configuration in force, as far as that goes without a
// start. One that is wrong changes nothing.
func (n *node) reload(ctx context.Context, a *app) error {
	next, err := a.load()
	if err != nil {
		return err
	}
	before := n.live.Swap(next)
	if err := n.guard.Reload(ctx, next.guardOptions()); err != nil {
		n.live.Store(before)
		return err
	}
	if others := a.reloadable(&before.Config, &next.Config); len(others) > 0 {
		n.log.Warn("some settings that changed count from the next start", "keys", others)
	}
	return nil
}

// witness tells the guards who got what.
type witness struct{ *guard.Service }

// Served implements httpd.Witness.
func (w witness) Served(e httpd.ServedEvent) {
	w.Service.Served(guard.ServedEvent{Name: e.Name, Version: e.Version, Principal: e.Principal, Address: e.Address, At: e.At})
}

// Refused implements httpd.Witness.
func (w witness) Refused(e httpd.RefusedEvent) {
	w.Decided(record.Decision{At: e.At, Principal: e.Principal, Address: e.Address, Name: e.Package, Version: e.Version,
		Guard: e.Guard, Code: e.Code, Action: e.Action, Mode: e.Mode, Reason: e.Reason, Route: e.Route, RequestID: e.Decision})
}

// policyReady is the check that a policy is in force.
func (n *node) policyReady(context.Context) error { return n.guard.Ready() }

// loadFeeds reads the feeds for a command that looks at data at rest.
func (n *node) loadFeeds(ctx context.Context) error {
	if n.guard.Ready() == nil {
		return nil
	}
	if err := n.guard.LoadFeeds(ctx); err != nil {
		return errors.Join(errors.New("the feeds cannot be read"), err)
	}
	return nil
}
