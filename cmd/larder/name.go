package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/record"
)

// nameCommand manages whose names are whose.
type nameCommand struct {
	List        nameListCommand        `cmd:"" help:"List the names that are known and whose they are."`
	Show        nameShowCommand        `cmd:"" help:"Show all that is known of whose a name is."`
	Release     nameReleaseCommand     `cmd:"" help:"Let upstream, or anybody, have a name again whose packages are all deleted."`
	Acknowledge nameAcknowledgeCommand `cmd:"" help:"Accept that a name is back which had vanished upstream."`
}

// nameListCommand lists the ledger.
type nameListCommand struct {
	Search     string `arg:"" optional:"" help:"Part of the names."`
	Origin     string `help:"Only private, public, dual or unclaimed names." enum:",private,public,dual,unclaimed" default:"" placeholder:"WORD"`
	Tombstoned bool   `help:"Only names whose packages were all deleted."`
	output
}

// Run implements the command.
func (c *nameListCommand) Run(ctx context.Context, a *app) error {
	var list []registry.Name
	in := namesWanted{Search: c.Search, Origin: c.Origin, Tombstoned: c.Tombstoned}
	if err := a.do(ctx, call{name: "name.list", in: in}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("NAME", "ORIGIN", "CLAIMED", "BY", "PROJECT", "DELETED")
		for _, n := range list {
			claimed, project, deleted := "-", "-", ""
			if n.ClaimedAt != nil {
				claimed = date(*n.ClaimedAt, "-")
			}
			if n.Project != nil {
				project = n.Project.FullPath
			}
			if n.Tombstone != nil {
				deleted = date(n.Tombstone.At, "-")
			}
			r.add(n.Name, n.Origin, claimed, n.ClaimedBy, project, deleted)
		}
	})
}

// nameShowCommand shows what the ledger has of a name.
type nameShowCommand struct {
	Name string `arg:"" help:"Name of the package."`
	output
}

// Run implements the command.
func (c *nameShowCommand) Run(ctx context.Context, a *app) error {
	var n registry.NameDetail
	if err := a.do(ctx, call{name: "name.show", in: named{c.Name}}, &n); err != nil {
		return err
	}
	return c.print(a.stdout, n, func(r *rows) { nameRows(r, n, time.Now()) })
}

// nameRows writes what the ledger has of a name.
func nameRows(r *rows, n registry.NameDetail, now time.Time) {
	r.add(n.Name.Name)
	r.add("origin", n.Origin)
	if n.Pattern != "" {
		r.add("pattern", n.Pattern+" of names.private")
	}
	if n.ClaimedAt != nil {
		r.add("claimed", when(*n.ClaimedAt, now)+" by "+n.ClaimedBy)
	}
	if n.Upstream != "" {
		r.add("upstream", n.Upstream)
	}
	for _, p := range n.Projects {
		r.add("project", p.FullPath)
	}
	stone := func(label string, t *record.Tombstone) {
		if t != nil {
			r.add(label, when(t.At, now)+" by "+t.By+reasonText(t.Reason))
		}
	}
	stone("deleted", n.Tombstone)
	stone("released", n.Release)
	for _, b := range n.Burned {
		r.add("burned", b.Version+", "+when(b.At, now)+" by "+b.By)
	}
	r.add("pins", fmt.Sprint(n.Pins))
}

// reasonText writes why, where somebody said it.
func reasonText(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// nameReleaseCommand releases a name.
type nameReleaseCommand struct {
	Name   string `arg:"" help:"Name of the package."`
	Reason string `help:"Why, for the audit log." placeholder:"TEXT"`
}

// Run implements the command.
func (c *nameReleaseCommand) Run(ctx context.Context, a *app) error {
	var done packageRef
	if err := a.do(ctx, call{name: "name.release", in: nameRelease{c.Name, c.Reason}}, &done); err != nil {
		return err
	}
	return a.say("%s is free: it may come from upstream again, and may be published anew", done.Name)
}

// namesWanted says which names are to be listed.
type namesWanted struct {
	Search     string `json:"search"`
	Origin     string `json:"origin"`
	Tombstoned bool   `json:"tombstoned"`
}

func listNames(ctx context.Context, d *desk, in namesWanted) ([]registry.Name, error) {
	q := names.Query{Search: in.Search, Limit: page}
	if in.Origin != "" {
		origin, err := record.ParseOrigin(in.Origin)
		if err != nil {
			return nil, err
		}
		q.Origin = &origin
	}
	if in.Tombstoned {
		q.Tombstoned = &in.Tombstoned
	}
	out := []registry.Name{}
	for {
		list, next, err := d.service.Names(ctx, d.caller(), q)
		if err != nil {
			return nil, err
		}
		if out = append(out, list...); next == "" {
			return out, nil
		}
		q.After = next
	}
}

func showName(ctx context.Context, d *desk, in named) (registry.NameDetail, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return registry.NameDetail{}, err
	}
	n, err := d.service.NameOf(ctx, d.caller(), name)
	if err != nil {
		return n, about(name.String(), err)
	}
	return n, nil
}
