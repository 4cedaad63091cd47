package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
	return c.print(a.stdout, v, func(r *rows) {
		r.add("forwarding", v.Forwarding)
		r.add("locked", strconv.FormatBool(*v.Lock))
	})
}

// instanceSetCommand changes them.
type instanceSetCommand struct {
	Forwarding string `help:"Ask upstream for names that are not here, where no group or project chose: on or off." placeholder:"WORD"`
	Lock       *bool  `negatable:"" help:"Let no group or project choose."`
}

// Run implements the command.
func (c *instanceSetCommand) Run(ctx context.Context, a *app) error {
	var v instanceView
	if err := a.do(ctx, call{name: "instance.set", in: instanceView(*c)}, &v); err != nil {
		return err
	}
	if *v.Lock {
		return a.say("forwarding is %s now, whatever groups and projects chose", v.Forwarding)
	}
	return a.say("forwarding is %s now where no group or project chose", v.Forwarding)
}

// instanceView is what holds for the instance.
type instanceView struct {
	// Forwarding is on or off; empty leaves it as it is.
	Forwarding string `json:"forwarding"`
	// Lock takes the choice from groups and projects; nil leaves it as it is.
	Lock *bool `json:"locked"`
}

func showInstance(ctx context.Context, d *desk, _ struct{}) (instanceView, error) {
	f, err := d.accounts.InstanceForwarding(ctx)
	if err != nil {
		return instanceView{}, err
	}
	v := instanceView{Forwarding: "off", Lock: &f.Locked}
	if *f.Enabled {
		v.Forwarding = "on"
	}
	return v, nil
}

func setInstance(ctx context.Context, d *desk, in instanceView) (instanceView, error) {
	switch in.Forwarding {
	case "on", "off":
		if err := d.accounts.SetForwarding(ctx, consoleActor(), in.Forwarding == "on"); err != nil {
			return instanceView{}, err
		}
	case "":
		if in.Lock == nil {
			return instanceView{}, errors.New("nothing to change: give --forwarding or --lock")
		}
	default:
		return instanceView{}, fmt.Errorf("--forwarding %q is not one of on, off", in.Forwarding)
	}
	if in.Lock != nil {
		if err := d.accounts.LockForwarding(ctx, consoleActor(), *in.Lock); err != nil {
			return instanceView{}, err
		}
	}
	return showInstance(ctx, d, struct{}{})
}
