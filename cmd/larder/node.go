package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/metrics"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/upstream"
)

// node is an open data folder with everything that answers from it, but
// without a listener.
type node struct {
	*office
	metrics  *metrics.Metrics
	instance string

	records   *records.Store
	blobs     *disk.Store
	upstreams *upstream.Set
	proxy     *proxy.Proxy
	choice    *chooser
	// live are the settings in force; what only counts at a start is in settings.
	live atomic.Pointer[settings]
}

// openNode opens the data folder, creating what is missing, and builds on it.
// The caller closes the node.
func (a *app) openNode(ctx context.Context, s *settings, log *slog.Logger) (*node, error) {
	n := &node{office: &office{settings: s, log: log}, metrics: metrics.New(build())}
	n.live.Store(s)
	npmConfig := config.ReadNpm(a.env, a.dir)
	if !hasData(s.Data) {
		// A first start that has no upstream should leave nothing behind.
		if err := (&chooser{settings: s, npm: npmConfig}).choose(ctx); err != nil {
			return nil, err
		}
	}
	err := n.openRecords()
	for _, open := range []func() error{
		n.openCache,
		func() error { return n.openInstance(ctx) },
		func() error { return n.chooseUpstream(ctx, npmConfig) },
		n.openProxy,
		func() error { return n.openGuard(ctx, n.applyRules, n.metrics) },
		func() error { return n.openAccounts(ctx) },
		func() error { return n.openService(n.proxy) },
	} {
		if err == nil {
			err = open()
		}
	}
	if err != nil {
		return nil, errors.Join(err, n.close())
	}
	n.observe()
	return n, nil
}

// openCache opens the disposable half of the data folder.
func (n *node) openCache() error {
	data := n.settings.Data
	var err error
	n.records, err = records.Open(filepath.Join(data, "cache", "records"), records.Options{Folder: data, Logger: n.log})
	if err != nil {
		return err
	}
	n.onClose("cache/records", n.records.Close)
	if n.blobs, err = disk.New(filepath.Join(data, "cache", "files"), disk.Options{}); err != nil {
		return fmt.Errorf("data folder %s: %w", data, err)
	}
	return nil
}

// openInstance reads the id that recognises this larder in Via headers, or
// makes one at the first start.
func (n *node) openInstance(ctx context.Context) error {
	err := n.registry.View(ctx, func(tx record.Tx) error {
		var err error
		n.instance, err = tx.Settings().Get(record.SettingInstance)
		return err
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, npm.ErrNotFound) {
		return fmt.Errorf("read the instance id: %w", err)
	}
	var id [16]byte
	rand.Read(id[:])
	n.instance = hex.EncodeToString(id[:])
	err = n.registry.Update(ctx, func(tx record.Tx) error {
		return tx.Settings().Put(record.SettingInstance, n.instance)
	})
	if err != nil {
		return fmt.Errorf("keep the instance id: %w", err)
	}
	return nil
}

// chooseUpstream completes the upstreams and opens them.
func (n *node) chooseUpstream(ctx context.Context, from *config.Npm) error {
	recorded, err := recordedUpstream(ctx, n.registry)
	if err != nil {
		return err
	}
	n.choice = &chooser{settings: n.settings, npm: from, recorded: recorded}
	if err := n.choice.choose(ctx); err != nil {
		return err
	}
	for _, u := range n.settings.upstreams {
		n.metrics.Upstream(u.Name)
	}
	n.upstreams, err = n.settings.openUpstreams(upstream.Shared{
		InstanceID:    n.instance,
		UserAgent:     "larder/" + build().Version,
		DocumentLimit: int64(n.settings.Limits.Document),
		PackageLimit:  int64(n.settings.Limits.Package),
		Metrics:       n.metrics,
		Logger:        n.log,
	})
	if err != nil {
		return err
	}
	n.onClose("upstreams", func() error { n.upstreams.Close(); return nil })
	return nil
}

// keepUpstream records the chosen upstream for later starts. Only a start does
// that: a command that looks into the data chooses nothing.
func (n *node) keepUpstream(ctx context.Context) error {
	return recordUpstream(ctx, n.registry, n.choice, n.log)
}

func (n *node) openProxy() error {
	c := n.settings.Cache
	p, err := proxy.New(proxy.Deps{
		Upstreams: n.upstreams, Names: n.ledger, Records: n.records, Blobs: n.blobs,
		Metrics: n.metrics, Logger: n.log,
	}, proxy.Options{
		TTL:            time.Duration(c.TTL),
		RevalidateWait: time.Duration(c.RevalidateWait),
		StaleIfError:   time.Duration(c.StaleIfError),
		NegativeTTL:    time.Duration(c.NegativeTTL),
		Memory:         int64(c.Memory),
		PackageLimit:   int64(n.settings.Limits.Package),
		Offline:        c.Offline,
		Lookahead:      c.Lookahead,
		Mirrors:        n.settings.mirrors(),
		Keys:           n.settings.trustedKeys,
		Reread:         n.settings.Integrity.Reread.Share(),
	})
	if err != nil {
		return fmt.Errorf("open the proxy: %w", err)
	}
	n.proxy = p
	n.onClose("proxy", p.Close)
	return nil
}

// observe lets the metrics ask for sizes.
func (n *node) observe() {
	onDisk := func(size func() (int64, error)) func() metrics.Size {
		return func() metrics.Size {
			bytes, err := size()
			if err != nil {
				bytes = 0
			}
			return metrics.Size{Items: -1, Bytes: bytes}
		}
	}
	n.metrics.ObserveStore("registry", onDisk(n.registry.Size))
	n.metrics.ObserveStore("records", onDisk(n.records.Size))
	n.metrics.ObserveStore("ready", func() metrics.Size {
		bytes, documents := n.proxy.ReadyBytes()
		return metrics.Size{Items: int64(documents), Bytes: bytes, Limit: int64(n.settings.Cache.Memory)}
	})
}

// observeBlobs counts the stored files, which takes its time in a large store,
// and lets the metrics ask for them from then on.
func (n *node) observeBlobs(ctx context.Context) error {
	n.observeFiles(ctx, "blobs", n.blobs)
	n.observeFiles(ctx, "published", n.packages)
	return nil
}

func (n *node) observeFiles(ctx context.Context, name string, files *disk.Store) {
	if _, err := files.Usage(ctx); err != nil {
		if ctx.Err() == nil {
			n.log.Warn("stored files cannot be counted", "store", name, "error", err)
		}
		return
	}
	n.metrics.ObserveStore(name, func() metrics.Size {
		u, err := files.Usage(context.Background())
		if err != nil {
			return metrics.Size{Items: -1}
		}
		return metrics.Size{Items: u.Blobs, Bytes: u.Bytes}
	})
}
