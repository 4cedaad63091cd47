package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/proxy"
)

// cacheCommand manages what is kept of upstream.
type cacheCommand struct {
	List    cacheListCommand    `cmd:"" help:"List the names that something is stored of."`
	Show    cacheShowCommand    `cmd:"" help:"Show what is stored of a name, with its tarballs."`
	Usage   cacheUsageCommand   `cmd:"" help:"Tell how much is stored."`
	Purge   cachePurgeCommand   `cmd:"" help:"Remove what is stored of a name, or of all that a pattern covers."`
	Refresh cacheRefreshCommand `cmd:"" help:"Ask upstream about a name now."`
}

// cacheListCommand lists cached names.
type cacheListCommand struct {
	Search string `arg:"" optional:"" help:"Part of the names."`
	output
}

// Run implements the command.
func (c *cacheListCommand) Run(ctx context.Context, a *app) error {
	var list []proxy.CachedName
	if err := a.do(ctx, call{name: "cache.list", in: named{c.Search}, cache: true}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("NAME", "UPSTREAM", "DOCUMENT", "TARBALLS", "BYTES", "CHECKED")
		for _, n := range list {
			bytes, checked := n.TarballBytes, "-"
			document := "-"
			if d := n.Document; d != nil {
				document, checked = fmt.Sprint(d.Bytes), d.CheckedAt.Format(time.RFC3339)
				bytes += d.StoredBytes
			}
			r.add(n.Name, orDash(n.Upstream), document, n.Tarballs, bytes, checked)
		}
	})
}

// orDash writes something where there is nothing.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// cacheShowCommand shows what is cached of a name.
type cacheShowCommand struct {
	Name string `arg:"" help:"Name of the package: lib, @acme/lib."`
	output
}

// Run implements the command.
func (c *cacheShowCommand) Run(ctx context.Context, a *app) error {
	var list []proxy.CachedName
	if err := a.do(ctx, call{name: "cache.show", in: named{c.Name}, cache: true}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		for _, n := range list {
			cachedRows(r, n, time.Now())
		}
	})
}

// cachedRows writes what is cached of one name.
func cachedRows(r *rows, n proxy.CachedName, now time.Time) {
	r.add(n.Name)
	r.add("upstream", orDash(n.Upstream))
	if d := n.Document; d != nil {
		r.add("document", fmt.Sprintf("%d bytes, %d stored", d.Bytes, d.StoredBytes))
		r.add("fetched", when(d.FetchedAt, now))
		r.add("checked", when(d.CheckedAt, now))
		r.add("fresh until", d.FreshUntil.Format(time.RFC3339))
	}
	r.add("tarballs", fmt.Sprintf("%d, %d bytes", n.Tarballs, n.TarballBytes))
	for _, v := range n.Versions {
		r.add("version", fmt.Sprintf("%s, %d bytes, stored %s", v.Version, v.Bytes, when(v.StoredAt, now)))
	}
}

// cacheUsageCommand adds up what is cached.
type cacheUsageCommand struct {
	output
}

// Run implements the command.
func (c *cacheUsageCommand) Run(ctx context.Context, a *app) error {
	var u proxy.CachedUsage
	if err := a.do(ctx, call{name: "cache.usage", in: struct{}{}, cache: true}, &u); err != nil {
		return err
	}
	return c.print(a.stdout, u, func(r *rows) {
		r.add("WHAT", "NUMBER", "BYTES")
		r.add("documents", u.Documents, u.DocumentBytes)
		r.add("tarballs", u.Tarballs, u.TarballBytes)
		r.add("others", u.Others, u.OtherBytes)
		r.add("in memory", u.Ready, u.ReadyBytes)
	})
}

// cachePurgeCommand removes what is cached.
type cachePurgeCommand struct {
	Pattern string `arg:"" name:"name|pattern" help:"Name, or pattern of names: @acme/*, left-*, **."`
	output
}

// Run implements the command.
func (c *cachePurgeCommand) Run(ctx context.Context, a *app) error {
	var done proxy.Purged
	if err := a.do(ctx, call{name: "cache.purge", in: named{c.Pattern}, cache: true}, &done); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, done)
	}
	return a.say("%d names, %d tarballs and %d bytes were purged; they come from upstream again", done.Names, done.Tarballs, done.Bytes)
}

// cacheRefreshCommand asks upstream now.
type cacheRefreshCommand struct {
	Name string `arg:"" help:"Name of the package."`
	output
}

// Run implements the command.
func (c *cacheRefreshCommand) Run(ctx context.Context, a *app) error {
	var looked proxy.Looked
	if err := a.do(ctx, call{name: "cache.refresh", in: named{c.Name}, cache: true}, &looked); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, looked)
	}
	if looked.Reason != "" {
		return fmt.Errorf("%s: %s", looked.Result, looked.Reason)
	}
	return a.say("%s: %s at %s", looked.Name, looked.Result, looked.Upstream)
}
