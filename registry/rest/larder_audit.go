package rest

import (
	"context"
	"strconv"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/record"
)

// auditView is a line of the audit log, with its time as the API writes times.
type auditView struct {
	record.Entry
	At timestamp `json:"at"`
}

// listAudit lists the audit log, newest first.
func (a *API) listAudit(ctx context.Context, r *Request) (*Response, error) {
	q, err := r.auditQuery()
	if err != nil {
		return nil, err
	}
	list, before, err := a.deps.Registry.AuditLog(ctx, r.caller(), q)
	if err != nil {
		return nil, err
	}
	var next map[string]string
	if before != 0 {
		next = map[string]string{"id_before": strconv.FormatInt(before, 10)}
	}
	views := make([]auditView, len(list))
	for i, e := range list {
		views[i] = auditView{e, timestamp(e.At)}
	}
	return r.keyed(views, next), nil
}

func (r *Request) auditQuery() (registry.AuditQuery, error) {
	var q registry.AuditQuery
	err := fill(r.Params.word, slot[string]{"actor", &q.Actor}, slot[string]{"action", &q.Action}, slot[string]{"target", &q.Target})
	if err != nil {
		return q, err
	}
	if err := fill(r.when, slot[time.Time]{"created_after", &q.From}, slot[time.Time]{"created_before", &q.Until}); err != nil {
		return q, err
	}
	if q.Before, err = r.rowNumber("id_before"); err != nil {
		return q, err
	}
	q.Limit, err = r.pageSize()
	return q, err
}
