package rest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// listPipelines answers "GET …/pipelines".
func (a *API) listPipelines(ctx context.Context, r *Request, at *space) (*Response, error) {
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	compare, err := r.pipelineOrder()
	if err != nil {
		return nil, err
	}
	keep, err := a.pipelineFilter(ctx, r)
	if err != nil {
		return nil, err
	}
	pr, err := a.ofPipelines(ctx, at)
	if err != nil {
		return nil, err
	}
	list, err := a.deps.Accounts.PipelinesWhere(ctx, pr, keep)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, compare)
	views := []pipelineView{}
	for _, p := range window(list, page) {
		views = append(views, viewPipeline(p))
	}
	return r.paged(page, len(list), views), nil
}

// pipelineOrder reads order_by and sort. Of equal ones the one with the lower
// number comes first, or last where the list descends.
func (r *Request) pipelineOrder() (func(x, y record.Pipeline) int, error) {
	by, err := r.Params.OneOf("order_by", "id", "id", "status", "ref", "updated_at", "user_id")
	if err != nil {
		return nil, err
	}
	desc, err := r.Params.descending("desc")
	if err != nil {
		return nil, err
	}
	return func(x, y record.Pipeline) int {
		c := 0
		switch by {
		case "status":
			c = cmp.Compare(x.Status, y.Status)
		case "ref":
			c = cmp.Compare(x.Ref, y.Ref)
		case "updated_at":
			c = x.UpdatedAt.Compare(y.UpdatedAt)
		case "user_id":
			c = cmp.Compare(x.UserID, y.UserID)
		}
		if c = cmp.Or(c, cmp.Compare(x.ID, y.ID)); desc {
			return -c
		}
		return c
	}, nil
}

// pipelineFilter reads which pipelines are wanted.
func (a *API) pipelineFilter(ctx context.Context, r *Request) (func(record.Pipeline) bool, error) {
	var tests []func(record.Pipeline) bool
	for _, read := range []func() (func(record.Pipeline) bool, error){
		r.pipelineScope, r.pipelineStatus, r.pipelineWords, r.pipelineTimes,
		func() (func(record.Pipeline) bool, error) { return a.pipelineUser(ctx, r) },
	} {
		test, err := read()
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return func(p record.Pipeline) bool {
		return !slices.ContainsFunc(tests, func(test func(record.Pipeline) bool) bool { return !test(p) })
	}, nil
}

// pipelineScope reads scope. Branches and tags cannot be told from each other
// here.
func (r *Request) pipelineScope() (func(record.Pipeline) bool, error) {
	scope, err := r.Params.OneOf("scope", "", "running", "pending", "finished")
	return func(p record.Pipeline) bool {
		if scope == "finished" {
			_, finished := accounts.PipelineStatus(p.Status)
			return finished && p.Status != "skipped"
		}
		return scope == "" || p.Status == scope
	}, err
}

func (r *Request) pipelineStatus() (func(record.Pipeline) bool, error) {
	status, err := r.Params.Text("status")
	if err != nil {
		return nil, err
	}
	if status != nil {
		if known, _ := accounts.PipelineStatus(*status); !known {
			return nil, errValue("status")
		}
	}
	return func(p record.Pipeline) bool { return status == nil || p.Status == *status }, nil
}

// pipelineWords reads what must be equal, and what no pipeline has here: a
// name, and errors of its definition.
func (r *Request) pipelineWords() (func(record.Pipeline) bool, error) {
	var words [4]string
	for i, name := range []string{"ref", "sha", "source", "name"} {
		var err error
		if words[i], err = r.Params.Word(name, ""); err != nil {
			return nil, err
		}
	}
	ref, sha, source, name := words[0], words[1], words[2], words[3]
	if r.Params.Has("source") && !accounts.PipelineSource(source) {
		return nil, errValue("source")
	}
	broken, err := r.Params.Truth("yaml_errors")
	return func(p record.Pipeline) bool {
		return (ref == "" || p.Ref == ref) && (sha == "" || p.SHA == sha) && (source == "" || p.Source == source) &&
			name == "" && !broken
	}, err
}

// pipelineTimes reads the bounds of when pipelines were made and changed.
func (r *Request) pipelineTimes() (func(record.Pipeline) bool, error) {
	var times [4]*time.Time
	for i, name := range []string{"created_after", "created_before", "updated_after", "updated_before"} {
		var err error
		if times[i], err = r.Params.Date(name); err != nil {
			return nil, err
		}
	}
	within := func(at time.Time, after, before *time.Time) bool {
		return (after == nil || after.IsZero() || !at.Before(*after)) && (before == nil || before.IsZero() || !at.After(*before))
	}
	return func(p record.Pipeline) bool {
		return within(p.CreatedAt, times[0], times[1]) && within(p.UpdatedAt, times[2], times[3])
	}, nil
}

// pipelineUser reads username. Nobody's are none.
func (a *API) pipelineUser(ctx context.Context, r *Request) (func(record.Pipeline) bool, error) {
	name, err := r.Params.Word("username", "")
	if err != nil || name == "" {
		return func(record.Pipeline) bool { return true }, err
	}
	u, err := a.deps.Accounts.UserByName(ctx, name)
	if errors.Is(err, npm.ErrNotFound) {
		return func(record.Pipeline) bool { return false }, nil
	}
	return func(p record.Pipeline) bool { return p.UserID == u.ID }, err
}
