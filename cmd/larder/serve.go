package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/larderhq/larder/cache/sweep"
	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/proxy/httpd"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/rest"
	"github.com/larderhq/larder/registry/site"
)

// serveCommand serves packages until the context ends.
type serveCommand struct{}

// Run implements the command.
func (serveCommand) Run(ctx context.Context, a *app) error {
	s, err := a.load()
	if err != nil {
		return err
	}
	// Before anything is opened: a port in use is the most frequent failure,
	// and it should leave no traces.
	ln, err := listen(ctx, &s.Config)
	if err != nil {
		return err
	}
	log := newLogger(a.stderr, s.Log)
	var n *node
	err = untilUnlocked(ctx, func() error {
		n, err = a.openNode(ctx, s, log)
		return err
	})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	server, err := n.newServer()
	if err != nil {
		return errors.Join(wrongConfig(err), ln.Close(), n.close())
	}
	if err := n.keepUpstream(ctx); err != nil {
		return errors.Join(err, ln.Close(), n.close())
	}
	tokenFile, err := n.bootstrap(ctx)
	if err != nil {
		return errors.Join(err, ln.Close(), n.close())
	}
	admin, err := listenAdmin(n)
	if err != nil {
		return errors.Join(err, ln.Close(), n.close())
	}
	r := &running{node: n, app: a, server: server, admin: admin}
	if address, _ := s.Metrics.Address(); address != "" {
		if r.metricsAt, err = listenMetrics(ctx, address); err != nil {
			return errors.Join(err, admin.close(), ln.Close(), n.close())
		}
	}
	return r.serve(ctx, ln, func() {
		a.announceToken(tokenFile)
		a.announce(s, ln.Addr())
	})
}

// announceToken tells once where the administrator's token is.
func (a *app) announceToken(file string) {
	if file != "" {
		fmt.Fprintf(a.stdout, "the token of the administrator root is in %s\n", file)
	}
}

// listen opens the listener of the registry.
func listen(ctx context.Context, c *config.Config) (net.Listener, error) {
	var certificates []tls.Certificate
	if c.TLS.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLS.Cert, c.TLS.Key)
		if err != nil {
			return nil, wrongConfig(fmt.Errorf("tls: %w", err))
		}
		certificates = append(certificates, pair)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", c.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("address %s is in use by another program: stop it, or choose another address with --listen", c.Listen)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("no permission to listen on %s: choose a port above 1023 with --listen", c.Listen)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", c.Listen, err)
	}
	if len(certificates) > 0 {
		ln = tls.NewListener(ln, &tls.Config{
			Certificates: certificates, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	return ln, nil
}

// newServer builds the front end.
func (n *node) newServer() (*httpd.Server, error) {
	api, err := rest.New(rest.Deps{Registry: n.service, Accounts: n.accounts, Cache: n.proxy, Explainer: n, Policy: n.guard},
		rest.Options{Version: build().Version})
	if err != nil {
		return nil, fmt.Errorf("open the REST API: %w", err)
	}
	cached := func(context.Context) (int64, error) { return n.records.Documents() }
	pages, err := site.New(site.Deps{Registry: n.service, Accounts: n.accounts, Cached: cached}, site.Options{Version: build().Version})
	if err != nil {
		return nil, err
	}
	return httpd.New(n.frontOptions(), httpd.Sources{
		Packages: n.proxy,
		Services: n.proxy,
		Accounts: n.accounts,
		Registry: n.service,
		API:      api,
		Site:     pages,
		Witness:  witness{n.guard},
		Checks: []httpd.Check{
			{Name: "policy", Probe: n.policyReady},
			{Name: "registry", Probe: n.registry.Probe},
			{Name: "cache_records", Probe: n.records.Probe},
			{Name: "cache_files", Probe: n.blobs.Probe},
			{Name: "blobs", Probe: n.packages.Probe},
		},
	})
}

// frontOptions are the settings of the front end.
func (n *node) frontOptions() httpd.Options {
	o := httpd.Options{
		PublicURL:       n.settings.PublicURL,
		TrustedProxies:  n.settings.trusted,
		InstanceID:      n.instance,
		MaxAge:          time.Duration(n.settings.Cache.TTL),
		ConnsPerAddress: int(n.settings.Limits.ConnsPerAddress),
		PackageLimit:    int64(n.settings.Limits.Package),
		Anonymous:       n.settings.Auth.Anonymous,
		Metrics:         n.metrics,
		Logger:          n.log,
	}
	if rate := n.settings.Limits.Rate; rate.Set {
		o.RequestRate = perSecond(rate.Value)
	}
	if address, _ := n.settings.Metrics.Address(); address == "" {
		o.Exposition = n.metrics.Handler()
	}
	return o
}

// perSecond is a rate in requests per second, at least one.
func perSecond(r config.Rate) int {
	return max(1, int(float64(r.Count)*float64(time.Second)/float64(r.Per)))
}

// running is a node that answers requests.
type running struct {
	*node
	app    *app
	server *httpd.Server
	admin  *adminServer
	// metricsAt is the listener of metrics; nil where they have none of their own.
	metricsAt net.Listener
}

// serve runs everything until the context ends or a part fails, then shuts
// down.
func (r *running) serve(ctx context.Context, ln net.Listener, announce func()) error {
	jobs, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer stopJobs()
	group, alive := errgroup.WithContext(jobs)
	group.Go(func() error { return r.server.Serve(ln) })
	group.Go(r.admin.serve)
	if r.metricsAt != nil {
		_, profiles := r.settings.Metrics.Address()
		handler := metricsHandler(r.metrics.Handler(), profiles)
		group.Go(func() error { return serveMetrics(alive, r.metricsAt, handler) })
	}
	for _, job := range r.jobs() {
		group.Go(func() error { return job(alive) })
	}
	announce()
	r.log.Info("ready", "address", ln.Addr().String(), "upstream", r.settings.source(),
		"offline", r.settings.Cache.Offline, "version", build().Version)
	select {
	case <-ctx.Done():
	case <-alive.Done():
	}
	return r.shutdown(group, stopJobs)
}

// jobs are what goes on in the background until its context ends.
func (r *running) jobs() []func(context.Context) error {
	cached := sweep.New(sweep.Options{Blobs: r.blobs, References: r.records, Logger: r.log})
	published := sweep.New(sweep.Options{Blobs: r.packages, References: r.registry, Logger: r.log})
	follow := func(ctx context.Context) error {
		return record.Follow(ctx, r.registry, r.log, r.ledger, r.accounts, r.service, r.guard, r.proxy)
	}
	return []func(context.Context) error{
		follow, r.catalog.Run, r.proxy.Run, r.accounts.Run, r.service.Run, r.guard.Run, r.watchSettings,
		cached.Run, published.Run, r.observeBlobs,
	}
}

// shutdown is the whole order of the end: readiness turns red and the listener
// closes, requests under way are answered, then the background stops, what is
// queued is written, and the stores close. Each half has an end of its own, so
// that the whole ends whatever happens.
func (r *running) shutdown(group *errgroup.Group, stopJobs context.CancelFunc) error {
	r.log.Info("stopping", "drain", r.settings.Limits.Drain.String())
	drain, cancel := context.WithTimeout(context.Background(), time.Duration(r.settings.Limits.Drain))
	defer cancel()
	if err := r.server.Shutdown(drain); err != nil {
		r.log.Warn("requests were cut off", "error", err)
	}
	closed := r.admin.close()
	stopJobs()
	r.onClose("background jobs", group.Wait)
	err := errors.Join(closed, r.close())
	if stuck := (*stuckError)(nil); errors.As(err, &stuck) {
		r.log.Error("not everything closes", "parts", stuck.parts, "after", stuck.after.String(), "error", err)
		return errReported
	}
	r.log.Info("stopped")
	return err
}

// announce prints the one line that tells how to use this larder.
func (a *app) announce(s *settings, addr net.Addr) {
	url := publicAddress(&s.Config, addr)
	offline := ""
	if s.Cache.Offline {
		offline = " (offline)"
	}
	fmt.Fprintf(a.stdout, "larder is ready at %s for %s%s - paste: npm config set registry %s (or, for one project: echo registry=%s >> .npmrc)\n",
		url, s.source(), offline, url, url)
}

// publicAddress is the URL that clients on this machine can use.
func publicAddress(c *config.Config, addr net.Addr) string {
	if c.PublicURL != "" {
		return c.PublicURL + "/"
	}
	scheme := "http"
	if c.TLS.Cert != "" {
		scheme = "https"
	}
	host, _, err := net.SplitHostPort(c.Listen)
	_, port, err2 := net.SplitHostPort(addr.String())
	if err != nil || err2 != nil {
		return scheme + "://" + addr.String() + "/"
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + strings.TrimSuffix(net.JoinHostPort(host, port), ":"+defaultPort(scheme)) + "/"
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}
