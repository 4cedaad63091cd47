package main

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/record"
)

// orderCommand manages orders, which larder block and larder waive give.
type orderCommand struct {
	List orderListCommand `cmd:"" help:"List what is blocked and waived now."`
	End  orderEndCommand  `cmd:"" help:"Lift a block, or take a waiver back."`
}

// orderListCommand lists orders.
type orderListCommand struct {
	All bool `help:"Those that are over too."`
	output
}

// Run implements the command.
func (c *orderListCommand) Run(ctx context.Context, a *app) error {
	var list []guard.Listed
	if err := a.do(ctx, call{name: "order.list", in: ordersWanted{c.All}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "KIND", "WHAT", "GUARD", "BY", "SINCE", "UNTIL", "ENDED", "REASON")
		for _, o := range list {
			guard := ""
			if o.Kind == record.WaiverOrder {
				guard = "all"
			}
			if o.Guard != "" {
				guard = o.Guard
			}
			r.add(o.ID, o.Kind, orderTarget(o.Order), orDash(guard), o.By, momentText(o.CreatedAt), momentText(o.Until), endedText(o), o.Reason)
		}
	})
}

// endedText tells that an order is over, and who ended it.
func endedText(o guard.Listed) string {
	switch {
	case o.InForce:
		return "-"
	case o.EndedAt.IsZero():
		return "by itself"
	}
	return momentText(o.EndedAt) + " by " + o.EndedBy
}

// momentText writes a moment in a row.
func momentText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// orderEndCommand ends an order.
type orderEndCommand struct {
	ID int64 `arg:"" help:"Number of the order, which larder order list shows."`
	output
}

// Run implements the command.
func (c *orderEndCommand) Run(ctx context.Context, a *app) error {
	var o record.Order
	if err := a.do(ctx, call{name: "order.end", in: numbered{c.ID}}, &o); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, o)
	}
	return a.say("order %d is over: %s of %s", o.ID, o.Kind, orderTarget(o))
}

// nameAcknowledgeCommand accepts that a name is back.
type nameAcknowledgeCommand struct {
	Name string `arg:"" help:"Name of the package."`
}

// Run implements the command.
func (c *nameAcknowledgeCommand) Run(ctx context.Context, a *app) error {
	var done named
	if err := a.do(ctx, call{name: "name.acknowledge", in: named{c.Name}}, &done); err != nil {
		return err
	}
	return a.say("%s is accepted as it is upstream now", done.Name)
}
