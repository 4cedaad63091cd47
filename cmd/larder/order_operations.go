package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// newOrder asks for an order.
type newOrder struct {
	Kind     record.OrderKind `json:"kind"`
	Match    string           `json:"match"`
	Versions string           `json:"versions,omitempty"`
	Guard    string           `json:"guard,omitempty"`
	Reason   string           `json:"reason"`
	Until    time.Time        `json:"until,omitzero"`
}

// ordersWanted says which orders are to be listed.
type ordersWanted struct {
	All bool `json:"all"`
}

// consoleBy is who the guards are told decided.
func consoleBy() guard.By { return guard.By{Name: console} }

func giveOrder(ctx context.Context, d *desk, in newOrder) (record.Order, error) {
	give := d.guard.Block
	switch in.Kind {
	case record.BlockOrder:
	case record.QuarantineOrder:
		give = d.guard.Quarantine
	case record.WaiverOrder:
		give = d.guard.Waive
	default:
		return record.Order{}, fmt.Errorf("%q is no kind of order", in.Kind)
	}
	o, err := give(ctx, consoleBy(), guard.OrderInput{Match: in.Match, Versions: in.Versions, Guard: in.Guard, Reason: in.Reason, Until: in.Until})
	if err != nil {
		return o, about(in.Match, refusalOf(err))
	}
	return o, nil
}

// refusalOf is what the guards say to whoever asked, without what they were at.
func refusalOf(err error) error {
	if e := (*npm.Error)(nil); errors.As(err, &e) {
		return e
	}
	return err
}

func listOrders(ctx context.Context, d *desk, in ordersWanted) ([]guard.Listed, error) {
	list, err := all(func(after int64) ([]guard.Listed, error) { return d.guard.List(ctx, after, page) },
		func(o guard.Listed) int64 { return o.ID })
	if err != nil || in.All {
		return list, err
	}
	return slices.DeleteFunc(list, func(o guard.Listed) bool { return !o.InForce }), nil
}

func endOrder(ctx context.Context, d *desk, in numbered) (record.Order, error) {
	o, err := d.guard.End(ctx, consoleBy(), in.ID)
	if err != nil {
		return o, refusalOf(err)
	}
	return o, nil
}

func acknowledgeName(ctx context.Context, d *desk, in named) (named, error) {
	name, err := packageName(in.Name)
	if err != nil {
		return named{}, err
	}
	if err := d.guard.Acknowledge(ctx, consoleBy(), name); err != nil {
		return named{}, about(in.Name, refusalOf(err))
	}
	return named{name.String()}, nil
}
