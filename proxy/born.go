package proxy

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

// bornBudget bounds the remembered births of names.
const bornBudget = 4 << 20

func bornCost(n npm.Name, _ time.Time) int64 { return int64(len(n.String())) + 150 }

// ancient is the birth of names that live here: they are nobody else's, so their
// age does not matter.
var ancient = time.Unix(1, 0)

// birthOf is when a package came to be: as upstream says, or with the first of
// the versions that it states a time of. It is zero where it states none.
func birthOf(pk *npm.Packument) time.Time {
	if t := policy.ParsePublishTime(pk.Created()); t.State == policy.TimeStated {
		return t.At
	}
	var first time.Time
	for i := range pk.Versions {
		t := policy.ParsePublishTime(pk.Versions[i].Published)
		if t.State == policy.TimeStated && (first.IsZero() || t.At.Before(first)) {
			first = t.At
		}
	}
	return first
}

// createdOf tells when a package came to be, as far as that is known in memory;
// zero where it is not.
func (p *Proxy) createdOf(ctx context.Context, text string) time.Time {
	name, err := npm.ParseName(text)
	if err != nil {
		return time.Time{}
	}
	if at, ok := p.born.Get(name); ok {
		return at
	}
	if origin, err := p.deps.Names.Origin(ctx, name); err == nil && origin == record.Private {
		return ancient
	}
	return time.Time{}
}
