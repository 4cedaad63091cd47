package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

// settingSince holds the moment when the policy began to apply here.
const settingSince = "policy_since"

// sinceOf reads the moment when the policy began, zero where none is kept.
func sinceOf(tx record.Tx) (time.Time, error) {
	text, err := tx.Settings().Get(settingSince)
	if errors.Is(err, npm.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	since, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("setting %s: %w", settingSince, record.ErrCorrupt)
	}
	return since, nil
}

// begin returns the moment when the policy began: now where it did not yet, zero
// where nobody asks.
func (s *Service) begin(opt Options) time.Time {
	switch {
	case !opt.Grandfather || opt.Policy.Level == policy.NoLevel:
		return time.Time{}
	case s.since.IsZero():
		return s.now()
	}
	return s.since
}

// keepSince writes down when the policy began. Where another larder was first,
// that holds from the next change of the rules on. The caller has the turn.
func (s *Service) keepSince(ctx context.Context) error {
	if s.sinceKept || s.since.IsZero() {
		return nil
	}
	var kept time.Time
	err := s.deps.Store.Update(ctx, func(tx record.Tx) error {
		var err error
		if kept, err = sinceOf(tx); err != nil || !kept.IsZero() {
			return err
		}
		kept = s.since
		return tx.Settings().Put(settingSince, kept.Format(time.RFC3339Nano))
	})
	if err != nil {
		return err
	}
	s.since, s.sinceKept = kept, true
	return nil
}

// made are rules that can be put in force.
type made struct {
	engine *policy.Engine
	since  time.Time
}

// compile makes the engine of a configuration and the orders in force. What it
// returns about the configuration is as policy.Compile says it.
func (s *Service) compile(opt Options, orders []record.Order) (made, error) {
	base := opt.Policy
	m := made{since: s.begin(opt)}
	base.Since = m.since
	orders = standing(orders, s.now())
	var err error
	if m.engine, err = policy.Compile(withOrders(base, orders, opt.waiverMax())); err == nil {
		return m, nil
	}
	if _, err := policy.Compile(base); err != nil {
		return made{}, err
	}
	var blamed []error
	for _, o := range orders {
		if _, err := policy.Compile(withOrders(base, []record.Order{o}, opt.waiverMax())); err != nil {
			blamed = append(blamed, fmt.Errorf("%s contradicts the configuration: %w", label(o), err))
		}
	}
	if blamed == nil {
		return made{}, fmt.Errorf("orders: %w", err)
	}
	return made{}, errors.Join(blamed...)
}

// label names an order for operators.
func label(o record.Order) string {
	return fmt.Sprintf("order %d (%s of %s)", o.ID, o.Kind, target(o))
}

// target is what an order is about.
func target(o record.Order) string {
	if o.Versions == "" {
		return o.Match
	}
	return o.Match + "@" + o.Versions
}

// withOrders adds orders to a policy.
func withOrders(c policy.Config, orders []record.Order, waiverMax time.Duration) policy.Config {
	var blocks []policy.Block
	var waivers []policy.Waiver
	for _, o := range orders {
		switch o.Kind {
		case record.BlockOrder:
			blocks = append(blocks, policy.Block{Match: o.Match, Versions: o.Versions, Reason: o.Reason, Expires: o.Until})
		case record.QuarantineOrder:
			blocks = append(blocks, policy.Block{Match: o.Match, Versions: o.Versions, Reason: "quarantined: " + o.Reason, Expires: o.Until})
		case record.WaiverOrder:
			if !slices.ContainsFunc(orders, func(b record.Order) bool { return contradict(b, o) }) {
				waivers = append(waivers, waiverOf(o, waiverMax))
			}
		}
	}
	c.Blocks = slices.Concat(c.Blocks, blocks)
	c.Waivers = slices.Concat(c.Waivers, waivers)
	return c
}

// waiverOf makes the waiver of an order. It is shortened where the configuration
// no longer lets it last so long.
func waiverOf(o record.Order, longest time.Duration) policy.Waiver {
	w := policy.Waiver{Name: o.Match, Version: o.Versions, Guard: o.Guard, Reason: o.Reason, From: o.CreatedAt, Until: o.Until}
	if last := w.From.Add(longest); w.Until.After(last) {
		w.Until = last
	}
	return w
}

// contradict tells whether two orders refuse and let through the same version.
// The one that refuses holds then: it may have been given elsewhere at the same
// moment.
func contradict(a, b record.Order) bool {
	if (a.Kind == record.WaiverOrder) == (b.Kind == record.WaiverOrder) || a.Match != b.Match {
		return false
	}
	waiver := a
	if b.Kind == record.WaiverOrder {
		waiver = b
	}
	if g, ok := policy.ParseGuard(waiver.Guard); ok && g != policy.G39 {
		return false
	}
	one, err := npm.ParseVersion(a.Versions)
	other, err2 := npm.ParseVersion(b.Versions)
	return err == nil && err2 == nil && one == other
}

// standing returns the orders that are in force.
func standing(orders []record.Order, now time.Time) []record.Order {
	var out []record.Order
	for _, o := range orders {
		if o.Holds(now) {
			out = append(out, o)
		}
	}
	return out
}
