package main

import (
	"context"
	"fmt"
)

// instanceCommand manages what holds for all of larder and is no configuration:
// every node of a registry has the same.
type instanceCommand struct {
	Show instanceShowCommand `cmd:"" help:"Show the settings of the instance."`
	Set  instanceSetCommand  `cmd:"" help:"Change settings of the instance."`
}

// instanceShowCommand shows the settings.
type instanceShowCommand struct {
	output
}

// Run implements the command.
func (c *instanceShowCommand) Run(ctx context.Context, a *app) error {
	var v instanceView
	if err := a.do(ctx, call{name: "instance.show", in: struct{}{}}, &v); err != nil {
		return err
	}
	return c.print(a.stdout, v, func(r *rows) { r.add("forwarding", v.Forwarding) })
}

// instanceSetCommand changes them.
type instanceSetCommand struct {
	Forwarding string `required:"" help:"Ask upstream for names that are not here, where no group or project chose: on or off." placeholder:"WORD"`
}

// Run implements the command.
func (c *instanceSetCommand) Run(ctx context.Context, a *app) error {
	var v instanceView
	if err := a.do(ctx, call{name: "instance.set", in: instanceView(*c)}, &v); err != nil {
		return err
	}
	return a.say("forwarding is %s now where no group or project chose", v.Forwarding)
}

// instanceView is what holds for the instance.
type instanceView struct {
	// Forwarding is on or off.
	Forwarding string `json:"forwarding"`
}

func showInstance(ctx context.Context, d *desk, _ struct{}) (instanceView, error) {
	on, err := d.accounts.Forwarding(ctx)
	if err != nil {
		return instanceView{}, err
	}
	if on {
		return instanceView{Forwarding: "on"}, nil
	}
	return instanceView{Forwarding: "off"}, nil
}

func setInstance(ctx context.Context, d *desk, in instanceView) (instanceView, error) {
	if in.Forwarding != "on" && in.Forwarding != "off" {
		return instanceView{}, fmt.Errorf("--forwarding %q is not one of on, off", in.Forwarding)
	}
	if err := d.accounts.SetForwarding(ctx, consoleActor(), in.Forwarding == "on"); err != nil {
		return instanceView{}, err
	}
	return showInstance(ctx, d, struct{}{})
}
