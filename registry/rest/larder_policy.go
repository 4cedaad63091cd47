package rest

import (
	"context"
	"strconv"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Policy is what operators decide about versions and what came of it, for
// administrators.
type Policy interface {
	PolicyOrders
	PolicyHistory
}

// PolicyOrders decides about versions, see the methods of guard.Service.
type PolicyOrders interface {
	Block(ctx context.Context, by guard.By, in guard.OrderInput) (record.Order, error)
	Quarantine(ctx context.Context, by guard.By, in guard.OrderInput) (record.Order, error)
	Waive(ctx context.Context, by guard.By, in guard.OrderInput) (record.Order, error)
	End(ctx context.Context, by guard.By, id int64) (record.Order, error)
	List(ctx context.Context, after int64, limit int) ([]guard.Listed, error)
}

// PolicyHistory tells who got what and what was refused, and accepts what was
// seen upstream, see the methods of guard.Service.
type PolicyHistory interface {
	Acknowledge(ctx context.Context, by guard.By, name npm.Name) error
	ServedOf(ctx context.Context, name npm.Name, version string, after record.ServedCursor, limit int) ([]record.Served, error)
	Decisions(ctx context.Context, before int64, limit int) ([]record.Decision, error)
}

// policy returns what holds the policy; an API that was made without one has no
// such routes.
func (a *API) policy() (Policy, error) {
	if a.deps.Policy == nil {
		return nil, errNotFound("Policy")
	}
	return a.deps.Policy, nil
}

// by tells the guards who decides.
func (r *Request) by() guard.By { return guard.By{Name: r.Principal.Actor(), Address: r.Address} }

// listOrders lists orders by number.
func (a *API) listOrders(ctx context.Context, r *Request) (*Response, error) {
	policy, err := a.policy()
	if err != nil {
		return nil, err
	}
	after, err := r.rowNumber("id_after")
	if err != nil {
		return nil, err
	}
	kind, err := r.Params.OneOf("kind", "", orderKinds...)
	if err != nil {
		return nil, err
	}
	inForce, err := r.Params.Bool("in_force")
	if err != nil {
		return nil, err
	}
	size, err := r.pageSize()
	if err != nil {
		return nil, err
	}
	list, err := policy.List(ctx, after, size+1)
	if err != nil {
		return nil, err
	}
	var next map[string]string
	if len(list) > size {
		list = list[:size]
		next = map[string]string{"id_after": strconv.FormatInt(list[size-1].ID, 10)}
	}
	found := make([]guard.Listed, 0, len(list))
	for _, o := range list {
		if (kind == "" || string(o.Kind) == kind) && (inForce == nil || o.InForce == *inForce) {
			found = append(found, o)
		}
	}
	return r.keyed(found, next), nil
}

// orderKinds are the kinds of orders as parameters have them.
var orderKinds = []string{string(record.BlockOrder), string(record.QuarantineOrder), string(record.WaiverOrder)}

// rowNumber reads the number that a page begins behind; zero where none is given.
func (r *Request) rowNumber(name string) (int64, error) {
	at, err := r.Params.Int(name)
	switch {
	case err != nil || at == nil:
		return 0, err
	case *at < 1:
		return 0, errValue(name)
	}
	return *at, nil
}

// giveOrder blocks, quarantines or waives.
func (a *API) giveOrder(ctx context.Context, r *Request) (*Response, error) {
	policy, err := a.policy()
	if err != nil {
		return nil, err
	}
	if err := r.Params.Need("kind", "match", "reason"); err != nil {
		return nil, err
	}
	kind, err := r.Params.OneOf("kind", "", orderKinds...)
	if err != nil {
		return nil, err
	}
	var in guard.OrderInput
	err = fill(r.Params.word, slot[string]{"match", &in.Match}, slot[string]{"versions", &in.Versions},
		slot[string]{"guard", &in.Guard}, slot[string]{"reason", &in.Reason})
	if err != nil {
		return nil, err
	}
	if in.Until, err = r.when("until"); err != nil {
		return nil, err
	}
	give := policy.Block
	switch record.OrderKind(kind) {
	case record.QuarantineOrder:
		give = policy.Quarantine
	case record.WaiverOrder:
		give = policy.Waive
	}
	order, err := give(ctx, r.by(), in)
	if err != nil {
		return nil, err
	}
	return created(guard.Listed{Order: order, InForce: true}), nil
}

// endOrder ends an order.
func (a *API) endOrder(ctx context.Context, r *Request) (*Response, error) {
	policy, err := a.policy()
	if err != nil {
		return nil, err
	}
	id, err := r.Params.ID("id")
	if err != nil {
		return nil, err
	}
	order, err := policy.End(ctx, r.by(), id)
	if err != nil {
		return nil, err
	}
	return ok(guard.Listed{Order: order}), nil
}

// acknowledgeName accepts that a name is back which had vanished upstream.
func (a *API) acknowledgeName(ctx context.Context, r *Request) (*Response, error) {
	policy, err := a.policy()
	if err != nil {
		return nil, err
	}
	name, err := r.packageName()
	if err != nil {
		return nil, err
	}
	if err := policy.Acknowledge(ctx, r.by(), name); err != nil {
		return nil, err
	}
	return noContent(), nil
}
