package rest

import (
	"context"
	"errors"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// pipelineRoutes are those of GitLab documentation, "Pipelines API", as far as
// there are builds here: they run elsewhere and say how they go. Theirs alone is
// the creation by "POST …/pipelines".
func pipelineRoutes() []Route {
	const list, one = "/projects/:id/pipelines", "/projects/:id/pipelines/:pipeline_id"
	return []Route{
		{Name: "pipelines", Method: "GET", Path: list, Run: inProject((*API).listPipelines)},
		{Name: "pipelines", Method: "POST", Path: list, SignedIn: true, Run: inProject((*API).createPipeline)},
		{Name: "pipeline_latest", Method: "GET", Path: list + "/latest", Run: inProject((*API).latestPipeline)},
		{Name: "pipeline", Method: "GET", Path: one, Run: inProject((*API).showPipeline)},
		{Name: "pipeline", Method: "PUT", Path: one, SignedIn: true, Run: inProject((*API).setPipeline)},
	}
}

// pipelineView is a pipeline as GitLab lists it.
type pipelineView struct {
	ID        int64     `json:"id"`
	IID       int64     `json:"iid"`
	ProjectID int64     `json:"project_id"`
	SHA       string    `json:"sha"`
	Ref       string    `json:"ref"`
	Status    string    `json:"status"`
	Source    string    `json:"source"`
	CreatedAt timestamp `json:"created_at"`
	UpdatedAt timestamp `json:"updated_at"`
	WebURL    string    `json:"web_url"`
}

// wholePipelineView is a pipeline alone, with the token of its jobs where it
// was just created. A user who is gone is null.
type wholePipelineView struct {
	pipelineView
	User     *basicUser `json:"user"`
	JobToken string     `json:"job_token,omitempty"`
}

func viewPipeline(p record.Pipeline) pipelineView {
	return pipelineView{ID: p.ID, IID: p.IID, ProjectID: p.ProjectID, SHA: p.SHA, Ref: p.Ref, Status: p.Status,
		Source: p.Source, WebURL: p.WebURL, CreatedAt: timestamp(p.CreatedAt), UpdatedAt: timestamp(p.UpdatedAt)}
}

func (a *API) viewWholePipeline(ctx context.Context, p record.Pipeline) (wholePipelineView, error) {
	v := wholePipelineView{pipelineView: viewPipeline(p)}
	u, err := a.deps.Accounts.User(ctx, p.UserID)
	switch {
	case err == nil:
		user := viewBasicUser(u)
		v.User = &user
	case !errors.Is(err, npm.ErrNotFound):
		return v, err
	}
	return v, nil
}

// ofPipelines finds the project of a request about pipelines.
func (a *API) ofPipelines(ctx context.Context, at *space) (*accounts.Project, error) {
	return a.deps.Accounts.ProjectByID(ctx, at.source.ID)
}

// createPipeline answers "POST …/pipelines". The job token that it returns
// works until the pipeline ends.
func (a *API) createPipeline(ctx context.Context, r *Request, at *space) (*Response, error) {
	if err := r.Params.Need("ref", "sha"); err != nil {
		return nil, err
	}
	n, err := r.newPipeline()
	if err != nil {
		return nil, err
	}
	pr, err := a.ofPipelines(ctx, at)
	if err != nil {
		return nil, err
	}
	line, token, err := a.deps.Accounts.CreatePipeline(ctx, r.Principal.From(r.Address), pr, n)
	if err != nil {
		return nil, err
	}
	v, err := a.viewWholePipeline(ctx, line)
	if err != nil {
		return nil, err
	}
	v.JobToken = token
	return created(v), nil
}

// newPipeline reads what a pipeline is to be.
func (r *Request) newPipeline() (accounts.NewPipeline, error) {
	var n accounts.NewPipeline
	err := fill(r.Params.word, slot[string]{"ref", &n.Ref}, slot[string]{"sha", &n.SHA}, slot[string]{"status", &n.Status},
		slot[string]{"source", &n.Source}, slot[string]{"web_url", &n.WebURL})
	return n, err
}

// setPipeline answers "PUT …/pipelines/:pipeline_id".
func (a *API) setPipeline(ctx context.Context, r *Request, at *space) (*Response, error) {
	id, err := r.Params.ID("pipeline_id")
	if err != nil {
		return nil, err
	}
	if err := r.Params.Need("status"); err != nil {
		return nil, err
	}
	status, err := r.Params.Word("status", "")
	if err != nil {
		return nil, err
	}
	pr, err := a.ofPipelines(ctx, at)
	if err != nil {
		return nil, err
	}
	line, err := a.deps.Accounts.SetPipelineStatus(ctx, r.Principal.From(r.Address), pr, id, status)
	if err != nil {
		return nil, err
	}
	return a.onePipeline(ctx, line)
}

// showPipeline answers "GET …/pipelines/:pipeline_id".
func (a *API) showPipeline(ctx context.Context, r *Request, at *space) (*Response, error) {
	id, err := r.Params.ID("pipeline_id")
	if err != nil {
		return nil, err
	}
	pr, err := a.ofPipelines(ctx, at)
	if err != nil {
		return nil, err
	}
	line, err := a.deps.Accounts.Pipeline(ctx, pr, id)
	if err != nil {
		return nil, err
	}
	return a.onePipeline(ctx, line)
}

// latestPipeline answers "GET …/pipelines/latest": the newest of a branch or
// tag, or of all where none is named. There are no default branches.
func (a *API) latestPipeline(ctx context.Context, r *Request, at *space) (*Response, error) {
	ref, err := r.Params.Word("ref", "")
	if err != nil {
		return nil, err
	}
	pr, err := a.ofPipelines(ctx, at)
	if err != nil {
		return nil, err
	}
	line, err := a.newestPipeline(ctx, pr, ref)
	if err != nil {
		return nil, err
	}
	return a.onePipeline(ctx, line)
}

// newestPipeline looks for it from the newest on, since a project may have had
// very many.
func (a *API) newestPipeline(ctx context.Context, pr *accounts.Project, ref string) (record.Pipeline, error) {
	for before := int64(0); ; {
		list, err := a.deps.Accounts.Pipelines(ctx, pr, before, maxPageSize)
		if err != nil {
			return record.Pipeline{}, err
		}
		for _, p := range list {
			if ref == "" || p.Ref == ref {
				return p, nil
			}
			before = p.ID
		}
		if len(list) < maxPageSize {
			return record.Pipeline{}, errNotFound("Pipeline")
		}
	}
}

func (a *API) onePipeline(ctx context.Context, p record.Pipeline) (*Response, error) {
	v, err := a.viewWholePipeline(ctx, p)
	if err != nil {
		return nil, err
	}
	return ok(v), nil
}
