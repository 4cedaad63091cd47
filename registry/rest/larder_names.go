package rest

import (
	"context"
	"strings"

	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/record"
)

// maxReason is the longest reason, in bytes.
const maxReason = 1024

// listNames lists the name ledger.
func (a *API) listNames(ctx context.Context, r *Request) (*Response, error) {
	q, err := r.namesQuery()
	if err != nil {
		return nil, err
	}
	list, next, err := a.deps.Registry.Names(ctx, r.caller(), q)
	if err != nil {
		return nil, err
	}
	return r.keyed(list, nextName(next)), nil
}

// nextName leads to the page of a list that begins after a name.
func nextName(after string) map[string]string {
	if after == "" {
		return nil
	}
	return map[string]string{"name_after": after}
}

func (r *Request) namesQuery() (names.Query, error) {
	var q names.Query
	origin, err := r.Params.OneOf("origin", "", "private", "public", "dual", "unclaimed")
	if err != nil {
		return q, err
	}
	if origin != "" {
		o, err := record.ParseOrigin(origin)
		if err != nil {
			return q, err
		}
		q.Origin = &o
	}
	if q.Tombstoned, err = r.Params.Bool("tombstoned"); err != nil {
		return q, err
	}
	if q.Search, err = r.Params.Word("search", ""); err != nil {
		return q, err
	}
	if q.After, err = r.Params.Word("name_after", ""); err != nil {
		return q, err
	}
	q.Limit, err = r.pageSize()
	return q, err
}

// showName shows all that the ledger has of a name.
func (a *API) showName(ctx context.Context, r *Request) (*Response, error) {
	name, err := r.packageName()
	if err != nil {
		return nil, err
	}
	n, err := a.deps.Registry.NameOf(ctx, r.caller(), name)
	if err != nil {
		return nil, err
	}
	return ok(n), nil
}

// releaseName makes a name free whose packages are all deleted.
func (a *API) releaseName(ctx context.Context, r *Request) (*Response, error) {
	name, err := r.packageName()
	if err != nil {
		return nil, err
	}
	if err := r.Params.Need("reason"); err != nil {
		return nil, err
	}
	reason, err := r.Params.Word("reason", "")
	if err != nil {
		return nil, err
	}
	switch reason = strings.TrimSpace(reason); {
	case reason == "":
		return nil, errWrong("reason is empty")
	case len(reason) > maxReason || strings.ContainsRune(reason, 0):
		return nil, errWrong("reason is invalid")
	}
	if err := a.deps.Registry.Release(ctx, r.caller(), name, reason); err != nil {
		return nil, err
	}
	return a.showName(ctx, r)
}
