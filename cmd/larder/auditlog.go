package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/record"
)

// auditCommand looks at what was done.
type auditCommand struct {
	Log       auditLogCommand       `cmd:"" help:"List who did what, newest first."`
	Served    auditServedCommand    `cmd:"" help:"List who downloaded a package: from where, first, last and how often."`
	Decisions auditDecisionsCommand `cmd:"" help:"List what guards refused or warned of, newest first."`
	Verify    auditVerifyCommand    `cmd:"" help:"Check that nobody has changed the list of decisions."`
}

// auditLogCommand lists the audit log.
type auditLogCommand struct {
	Actor  string `help:"Who did it: a username, console, deploy-token:NAME." placeholder:"NAME"`
	Action string `help:"What was done: package.publish, cache.purge." placeholder:"WORD"`
	Target string `help:"What the target begins with: @acme/lib, acme/web." placeholder:"TEXT"`
	Since  string `help:"Only what is younger: 12h, 7d, or a day like 2027-01-31." placeholder:"TIME"`
	Limit  int    `help:"How many entries." default:"50" placeholder:"NUMBER"`
	output
}

// Run implements the command.
func (c *auditLogCommand) Run(ctx context.Context, a *app) error {
	since, err := parseSince(c.Since, time.Now())
	if err != nil {
		return err
	}
	if c.Limit < 1 {
		return fmt.Errorf("--limit %d: ask for one entry or more", c.Limit)
	}
	var list []record.Entry
	in := registry.AuditQuery{Actor: c.Actor, Action: c.Action, Target: c.Target, From: since, Limit: c.Limit}
	if err := a.do(ctx, call{name: "audit.log", in: in}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "TIME", "ACTOR", "ADDRESS", "ACTION", "TARGET", "DETAIL")
		for _, e := range list {
			at := "-"
			if !e.At.IsZero() {
				at = e.At.UTC().Format(time.RFC3339)
			}
			r.add(e.ID, at, e.Actor, orDash(e.Address), e.Action, orDash(e.Target), e.Detail)
		}
	})
}

// parseSince reads a time that is over: a span back from now, or a day, which
// counts from its beginning in UTC. An empty text is no time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	span, err := config.ParseDuration(text)
	if err != nil || span <= 0 {
		return time.Time{}, fmt.Errorf("%q is no time that is over: write 7d, or a day like 2027-01-31", text)
	}
	return now.Add(-time.Duration(span)).UTC(), nil
}

// auditLog lists as many entries as are asked for.
func auditLog(ctx context.Context, d *desk, q registry.AuditQuery) ([]record.Entry, error) {
	out := []record.Entry{}
	for wanted := q.Limit; ; {
		q.Limit = min(page, wanted-len(out))
		list, next, err := d.service.AuditLog(ctx, d.caller(), q)
		if err != nil {
			return nil, err
		}
		if out = append(out, list...); next == 0 || len(out) >= wanted {
			return out, nil
		}
		q.Before = next
	}
}
