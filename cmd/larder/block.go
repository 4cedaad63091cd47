package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/config"
	"github.com/larderhq/larder/registry/record"
)

// blockCommand refuses versions.
type blockCommand struct {
	Match      string `arg:"" name:"name[@versions]" help:"Name or pattern, and which versions if not all: evil, evil@1.2.3, 'evil@<2', '@evil/*'."`
	Reason     string `required:"" help:"Why: whoever is refused reads it." placeholder:"TEXT"`
	Until      string `help:"When it ends by itself: 30d, a day like 2030-01-31, or 2030-01-31T12:00:00Z (default: never)." placeholder:"TIME"`
	Quarantine bool   `help:"Say that the versions are only suspected."`
	output
}

// Run implements the command.
func (c *blockCommand) Run(ctx context.Context, a *app) error {
	end, err := parseEnd(c.Until, time.Now())
	if err != nil {
		return err
	}
	in := newOrder{Kind: record.BlockOrder, Reason: c.Reason, Until: end}
	if c.Quarantine {
		in.Kind = record.QuarantineOrder
	}
	in.Match, in.Versions = splitPackage(c.Match)
	var o record.Order
	if err := a.do(ctx, call{name: "order.give", in: in}, &o); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, o)
	}
	return a.say("%s is refused%s: order %d", orderTarget(o), untilMoment(o.Until), o.ID)
}

// waiveCommand lets one version through.
type waiveCommand struct {
	Package string `arg:"" name:"name@version" help:"One version: left-pad@1.3.0."`
	Reason  string `required:"" help:"Why, for whoever asks later." placeholder:"TEXT"`
	Guard   string `help:"Overrule this guard alone: cooldown, or G11 (default: all)." placeholder:"GUARD"`
	For     string `help:"How long, at most policy.waiver_max, which is the default." placeholder:"TIME"`
	output
}

// Run implements the command.
func (c *waiveCommand) Run(ctx context.Context, a *app) error {
	in := newOrder{Kind: record.WaiverOrder, Guard: c.Guard, Reason: c.Reason}
	if in.Match, in.Versions = splitPackage(c.Package); in.Versions == "" {
		return fmt.Errorf("%s: a waiver is for one version: write %s@VERSION", c.Package, in.Match)
	}
	if c.For != "" {
		span, err := config.ParseDuration(c.For)
		if err != nil || span <= 0 {
			return fmt.Errorf("--for %q is no time: write 24h", c.For)
		}
		in.Until = time.Now().Add(time.Duration(span)).UTC()
	}
	var o record.Order
	if err := a.do(ctx, call{name: "order.give", in: in}, &o); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, o)
	}
	return a.say("%s is let through%s: order %d", orderTarget(o), untilMoment(o.Until), o.ID)
}

// parseEnd reads when an order ends: what parseWhen reads, or a moment.
func parseEnd(text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return parseWhen(text, now)
	}
	if !at.After(now) {
		return time.Time{}, fmt.Errorf("%s is over already: give a time to come", text)
	}
	return at.UTC(), nil
}

// orderTarget is what an order is about, as the command line has it.
func orderTarget(o record.Order) string {
	if o.Versions == "" {
		return o.Match
	}
	return o.Match + "@" + o.Versions
}

// untilMoment writes when an order ends, behind what it does.
func untilMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.UTC().Format(time.RFC3339)
}
