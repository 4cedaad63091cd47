package httpd

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// timeFormat is how GitLab writes times: UTC with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// pipelineView is a pipeline as GitLab shows it (docs.gitlab.com, "Pipelines
// API"), with the token of its jobs where it was just created.
type pipelineView struct {
	ID        int64     `json:"id"`
	IID       int64     `json:"iid"`
	ProjectID int64     `json:"project_id"`
	SHA       string    `json:"sha"`
	Ref       string    `json:"ref"`
	Status    string    `json:"status"`
	Source    string    `json:"source"`
	CreatedAt string    `json:"created_at"`
	UpdatedAt string    `json:"updated_at"`
	WebURL    string    `json:"web_url"`
	User      *userView `json:"user"`
	JobToken  string    `json:"job_token,omitempty"`
}

// userView is a user as GitLab shows it.
type userView struct {
	ID        int64   `json:"id"`
	Username  string  `json:"username"`
	Name      string  `json:"name"`
	State     string  `json:"state"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    *string `json:"web_url"`
}

func viewUser(u record.User) *userView {
	state := "active"
	if u.Blocked {
		state = "blocked"
	}
	return &userView{ID: u.ID, Username: u.Username, Name: u.Name, State: state}
}

func (s *Server) viewPipeline(ctx context.Context, p record.Pipeline) (pipelineView, error) {
	v := pipelineView{ID: p.ID, IID: p.IID, ProjectID: p.ProjectID, SHA: p.SHA, Ref: p.Ref, Status: p.Status,
		Source: p.Source, WebURL: p.WebURL, CreatedAt: viewTime(p.CreatedAt), UpdatedAt: viewTime(p.UpdatedAt)}
	u, err := s.sources.Accounts.User(ctx, p.UserID)
	switch {
	case err == nil:
		v.User = viewUser(u)
	case !errors.Is(err, npm.ErrNotFound): // a user who is gone is shown as null
		return v, err
	}
	return v, nil
}

func viewTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// pipelineProject finds the project of a request about pipelines.
func (s *Server) pipelineProject(ctx context.Context, x *exchange) (*accounts.Project, error) {
	return s.sources.Accounts.Project(ctx, x.target.Place.Ref)
}

// createPipeline answers "POST …/pipelines". The job token that it returns
// works until the pipeline ends.
func (s *Server) createPipeline(x *exchange) error {
	p, err := s.params(x)
	if err != nil {
		return err
	}
	if err := p.need("ref", "sha"); err != nil {
		return err
	}
	n, err := p.pipeline()
	if err != nil {
		return err
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	pr, err := s.pipelineProject(ctx, x)
	if err != nil {
		return err
	}
	line, token, err := s.sources.Accounts.CreatePipeline(ctx, x.principal, pr, n)
	if err != nil {
		return err
	}
	v, err := s.viewPipeline(ctx, line)
	if err != nil {
		return err
	}
	v.JobToken = token
	x.writeJSON(v)
	x.ctx.Response.SetStatusCode(http.StatusCreated)
	return nil
}

// pipeline reads what a pipeline is to be.
func (p params) pipeline() (accounts.NewPipeline, error) {
	var n accounts.NewPipeline
	for _, param := range []struct {
		name string
		into *string
	}{{"ref", &n.Ref}, {"sha", &n.SHA}, {"status", &n.Status}, {"source", &n.Source}, {"web_url", &n.WebURL}} {
		text, err := p.text(param.name)
		if err != nil {
			return n, err
		}
		if text != nil {
			*param.into = *text
		}
	}
	return n, nil
}

// setPipeline answers "PUT …/pipelines/ID".
func (s *Server) setPipeline(x *exchange) error {
	p, err := s.params(x)
	if err != nil {
		return err
	}
	if err := p.need("status"); err != nil {
		return err
	}
	status, err := p.text("status")
	if err != nil {
		return err
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	pr, err := s.pipelineProject(ctx, x)
	if err != nil {
		return err
	}
	line, err := s.sources.Accounts.SetPipelineStatus(ctx, x.principal, pr, x.target.Number, *status)
	if err != nil {
		return err
	}
	return s.writePipeline(ctx, x, line)
}

// pipeline answers "GET …/pipelines/ID" for whoever sees the project.
func (s *Server) pipeline(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	pr, err := s.pipelineProject(ctx, x)
	if err != nil {
		return err
	}
	if !s.sources.Accounts.ProjectAccess(x.principal, pr).See {
		return &npm.Error{Kind: npm.ErrNotFound, Text: "Project not found"}
	}
	line, err := s.sources.Accounts.Pipeline(ctx, pr, x.target.Number)
	if err != nil {
		return err
	}
	return s.writePipeline(ctx, x, line)
}

func (s *Server) writePipeline(ctx context.Context, x *exchange, p record.Pipeline) error {
	v, err := s.viewPipeline(ctx, p)
	if err == nil {
		x.writeJSON(v)
	}
	return err
}
