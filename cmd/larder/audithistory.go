package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// auditServedCommand lists who downloaded a package.
type auditServedCommand struct {
	Package string `arg:"" name:"name[@version]" help:"Package, and version if not all: lodash, @scope/name@1.2.3."`
	output
}

// Run implements the command.
func (c *auditServedCommand) Run(ctx context.Context, a *app) error {
	var in packageRef
	in.Name, in.Version = splitPackage(c.Package)
	var list []record.Served
	if err := a.do(ctx, call{name: "audit.served", in: in}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("VERSION", "WHO", "ADDRESS", "FIRST", "LAST", "TIMES")
		for _, s := range list {
			r.add(s.Version, orDash(s.Principal), orDash(s.Address), momentText(s.First), momentText(s.Last), s.Count)
		}
	})
}

func auditServed(ctx context.Context, d *desk, in packageRef) ([]record.Served, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return nil, err
	}
	if _, err := npm.ParseLoose(in.Version); err != nil && in.Version != "" {
		return nil, fmt.Errorf("%q is not a version: give an exact version or leave it out", in.Version)
	}
	out := []record.Served{}
	for after := (record.ServedCursor{}); ; {
		list, err := d.guard.ServedOf(ctx, name, in.Version, after, page)
		if err != nil {
			return nil, err
		}
		if out = append(out, list...); len(list) < page {
			return out, nil
		}
		after = list[len(list)-1].Cursor()
	}
}

// auditDecisionsCommand lists what guards did.
type auditDecisionsCommand struct {
	Limit int `help:"How many decisions." default:"50" placeholder:"NUMBER"`
	output
}

// Run implements the command.
func (c *auditDecisionsCommand) Run(ctx context.Context, a *app) error {
	if c.Limit < 1 {
		return fmt.Errorf("--limit %d: ask for one decision or more", c.Limit)
	}
	var list []record.Decision
	if err := a.do(ctx, call{name: "audit.decisions", in: decisionsWanted{c.Limit}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "TIME", "GUARD", "ACTION", "PACKAGE", "WHO", "ADDRESS", "TIMES", "REASON")
		for _, d := range list {
			what := packageRef{Name: d.Name, Version: d.Version}
			r.add(d.ID, momentText(d.At), d.Guard, d.Action, what.text(), orDash(d.Principal), orDash(d.Address), max(d.Count, 1), d.Reason)
		}
	})
}

// decisionsWanted says how many decisions are to be listed.
type decisionsWanted struct {
	Limit int `json:"limit"`
}

func auditDecisions(ctx context.Context, d *desk, in decisionsWanted) ([]record.Decision, error) {
	out := []record.Decision{}
	for before := int64(0); len(out) < in.Limit; {
		want := min(page, in.Limit-len(out))
		list, err := d.guard.Decisions(ctx, before, want)
		if err != nil {
			return nil, err
		}
		if out = append(out, list...); len(list) < want {
			break
		}
		before = list[len(list)-1].ID
	}
	return out, nil
}

// auditVerifyCommand checks the list of decisions.
type auditVerifyCommand struct {
	output
}

// Run implements the command.
func (c *auditVerifyCommand) Run(ctx context.Context, a *app) error {
	var v verified
	if err := a.do(ctx, call{name: "audit.verify", in: struct{}{}}, &v); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, v)
	}
	return a.say("all %d decisions are as they were written, and none is missing between them", v.Decisions)
}

// verified says how much was checked.
type verified struct {
	Decisions int `json:"decisions"`
}

func auditVerify(ctx context.Context, d *desk, _ struct{}) (verified, error) {
	n, err := d.guard.Verify(ctx)
	if errors.Is(err, record.ErrCorrupt) {
		return verified{}, fmt.Errorf("the list of decisions was changed or lacks some; %d newer ones hold: %w", n, err)
	}
	return verified{n}, err
}
