package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

// ordersPage is how many orders are read together.
const ordersPage = 1000

// By is who decides, as the audit log has it. Whether they may is for the caller
// to know.
type By struct {
	// Name is a username, or "console" for the commands of larder.
	Name string
	// Address is where the request came from; may be empty.
	Address string
}

// OrderInput is what somebody decides about versions.
type OrderInput struct {
	// Match is a name or, but for a waiver, a pattern.
	Match string
	// Versions is an exact version or, but for a waiver, a range, or empty for
	// all.
	Versions string
	// Guard is the word or number of the only guard that a waiver overrules;
	// empty means all.
	Guard  string
	Reason string
	// Until is when it ends by itself; zero means never, and for a waiver the
	// longest time that there is.
	Until time.Time
}

// Listed is an order, and whether it is in force.
type Listed struct {
	record.Order
	InForce bool `json:"in_force"`
}

// Block refuses versions from now on.
func (s *Service) Block(ctx context.Context, by By, in OrderInput) (record.Order, error) {
	return s.give(ctx, by, record.BlockOrder, in)
}

// Quarantine refuses versions from now on which are suspected.
func (s *Service) Quarantine(ctx context.Context, by By, in OrderInput) (record.Order, error) {
	return s.give(ctx, by, record.QuarantineOrder, in)
}

// Waive lets one version through for a short time.
func (s *Service) Waive(ctx context.Context, by By, in OrderInput) (record.Order, error) {
	return s.give(ctx, by, record.WaiverOrder, in)
}

// action is what the audit log calls giving an order.
func action(kind record.OrderKind) string {
	switch kind {
	case record.QuarantineOrder:
		return "policy.quarantine"
	case record.WaiverOrder:
		return "policy.waive"
	}
	return "policy.block"
}

// give checks an order, keeps it and puts it in force.
func (s *Service) give(ctx context.Context, by By, kind record.OrderKind, in OrderInput) (record.Order, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	now := s.now()
	o := record.Order{Kind: kind, Match: strings.TrimSpace(in.Match), Versions: strings.TrimSpace(in.Versions),
		Guard: strings.TrimSpace(in.Guard), Reason: strings.TrimSpace(in.Reason), By: by.Name, CreatedAt: now, Until: in.Until.UTC()}
	if kind == record.WaiverOrder && in.Until.IsZero() {
		o.Until = now.Add(s.conf.waiverMax())
	}
	if err := s.try(o); err != nil {
		return record.Order{}, err
	}
	if err := s.foreign(ctx, o); err != nil {
		return record.Order{}, err
	}
	var kept record.Order
	err := s.write(ctx, func(tx record.Tx) (err error) {
		if kept, err = tx.Guards().PutOrder(o); err != nil {
			return err
		}
		return s.note(tx, by, action(kind), target(kept), kept.Reason)
	})
	if err != nil {
		return record.Order{}, err
	}
	return kept, nil
}

// foreign refuses an order about a name that is published here: orders are about
// what comes in from upstream.
func (s *Service) foreign(ctx context.Context, o record.Order) error {
	name, err := npm.ParseName(o.Match)
	if err != nil {
		return nil //nolint:nilerr // a pattern, or what try has refused
	}
	origin, err := s.deps.Ledger.Origin(ctx, name)
	if err != nil {
		return err
	}
	if origin == record.Private {
		return invalid("%s is published here, and orders are about upstream: delete the version instead", name)
	}
	return nil
}

// try fails with npm.ErrInvalid where an order is wrong or contradicts what is in
// force. The caller has the turn.
func (s *Service) try(o record.Order) error {
	now := s.now()
	switch {
	case o.Kind != record.WaiverOrder && o.Guard != "":
		return invalid("only a waiver names a guard")
	case !o.Until.IsZero() && !now.Before(o.Until):
		return invalid("it ends before it begins")
	case o.Kind == record.WaiverOrder && o.Until.Sub(o.CreatedAt) > s.conf.waiverMax():
		return invalid("a waiver lasts %s at most", s.conf.waiverMax())
	}
	if err := o.Validate(); err != nil {
		return invalid("%s", plain(err))
	}
	alone := policy.Config{Level: policy.NoLevel, WaiverMax: s.conf.Policy.WaiverMax}
	if _, err := policy.Compile(withOrders(alone, []record.Order{o}, s.conf.waiverMax())); err != nil {
		return invalid("%s", plain(err))
	}
	for _, other := range standing(s.orders, now) {
		if contradict(o, other) {
			return invalid("it contradicts %s, which is in force: end that first", label(other))
		}
	}
	if _, err := s.compile(s.conf, append(slices.Clip(s.orders), o)); err != nil {
		return invalid("the configuration decides otherwise about %s", target(o))
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &npm.Error{Kind: npm.ErrInvalid, Text: fmt.Sprintf(format, args...)}
}

// plain is what is wrong with one order, in one line, without the places of a
// configuration that nobody wrote.
func plain(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		if _, after, ok := strings.Cut(line, "]: "); ok && (strings.HasPrefix(line, "block[") || strings.HasPrefix(line, "waivers[")) {
			line = after
		}
		lines[i] = strings.TrimSuffix(line, ": "+npm.ErrInvalid.Error())
	}
	return strings.Join(lines, "; ")
}

// write changes orders and puts what there is then in force, before it returns.
// The caller has the turn.
func (s *Service) write(ctx context.Context, change func(record.Tx) error) error {
	var orders []record.Order
	err := s.deps.Store.Update(ctx, func(tx record.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		var err error
		orders, err = allOrders(tx)
		return err
	})
	if err == nil {
		err = s.adopt(orders)
	}
	if err != nil {
		s.outdate() // the store may have written before it failed
		return fmt.Errorf("decide about versions: %w", err)
	}
	return nil
}

// adopt puts orders in force. The caller has the turn.
func (s *Service) adopt(orders []record.Order) error {
	m, err := s.compile(s.conf, orders)
	if err != nil {
		return fmt.Errorf("put orders in force: %w", err)
	}
	s.orders = orders
	s.take(m)
	s.apply()
	return nil
}

// note adds a line to the audit log.
func (s *Service) note(tx record.Tx, by By, action, target, detail string) error {
	_, err := tx.Audit().Append(record.Entry{At: s.now(), Actor: by.Name, Address: by.Address,
		Action: action, Target: target, Detail: detail})
	return err
}

// End ends an order that is in force.
func (s *Service) End(ctx context.Context, by By, id int64) (record.Order, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	var ended record.Order
	err := s.write(ctx, func(tx record.Tx) error {
		o, err := tx.Guards().Order(id)
		if errors.Is(err, npm.ErrNotFound) {
			return &npm.Error{Kind: npm.ErrNotFound, Text: fmt.Sprintf("there is no order %d", id)}
		}
		if err != nil {
			return err
		}
		if !o.Holds(s.now()) {
			return &npm.Error{Kind: npm.ErrConflict, Text: fmt.Sprintf("order %d is not in force any more", id)}
		}
		o.EndedAt, o.EndedBy = s.now(), by.Name
		if ended, err = tx.Guards().PutOrder(o); err != nil {
			return err
		}
		return s.note(tx, by, "policy.end", target(o), label(o))
	})
	if err != nil {
		return record.Order{}, err
	}
	return ended, nil
}

// List lists orders by number, beginning after that one, ended ones too.
func (s *Service) List(ctx context.Context, after int64, limit int) ([]Listed, error) {
	found := []Listed{}
	now := s.now()
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		page, err := tx.Guards().Orders(after, limit)
		found = found[:0]
		for _, o := range page {
			found = append(found, Listed{Order: o, InForce: o.Holds(now)})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return found, nil
}

// Acknowledge accepts that a name is back which had vanished upstream.
func (s *Service) Acknowledge(ctx context.Context, by By, name npm.Name) error {
	err := s.deps.Store.Update(ctx, func(tx record.Tx) error {
		if err := s.deps.Ledger.Acknowledge(tx, name, by.Name); err != nil {
			return err
		}
		return s.note(tx, by, "policy.acknowledge", name.String(), "")
	})
	if err != nil {
		return fmt.Errorf("acknowledge %s: %w", name, err)
	}
	return nil
}

// allOrders reads all orders.
func allOrders(tx record.Tx) ([]record.Order, error) {
	var all []record.Order
	for after := int64(0); ; {
		page, err := tx.Guards().Orders(after, ordersPage)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < ordersPage {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// refreshOrders puts in force what was decided elsewhere.
func (s *Service) refreshOrders(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	orders, _, err := s.read(ctx)
	if err != nil || slices.Equal(orders, s.orders) {
		return errors.Join(err, s.keepSince(ctx))
	}
	return errors.Join(s.adopt(orders), s.keepSince(ctx))
}

// countOrders tells the metrics what is in force. The caller has the turn.
func (s *Service) countOrders() {
	counts := map[record.OrderKind]int{record.BlockOrder: 0, record.QuarantineOrder: 0, record.WaiverOrder: 0}
	for _, o := range standing(s.orders, s.now()) {
		counts[o.Kind]++
	}
	for kind, n := range counts {
		s.deps.Metrics.PolicyOrders(string(kind), n)
	}
}
