package contract_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// newPipeline says that a pipeline began, which the client has no method for.
func newPipeline(c *gitlab.Client, project int64, body map[string]string) (*gitlab.Pipeline, *gitlab.Response, error) {
	p := new(gitlab.Pipeline)
	resp, err := send(c, http.MethodPost, fmt.Sprintf("projects/%d/pipelines", project), body, p)
	return p, resp, err
}

func TestGitLabPipeline(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	c, id := w.gitlab(t, "developer"), w.projects["acme/pub"]
	made := of(newPipeline(c, id, map[string]string{"ref": "main", "sha": "abc123", "web_url": "https://ci.example.com/1"})).is(t, http.StatusCreated)
	w.recent(t, "created_at", made.CreatedAt)
	w.recent(t, "updated_at", made.UpdatedAt)
	want := gitlab.Pipeline{ID: made.ID, IID: 1, ProjectID: id, Status: "pending", Source: "api", Ref: "main", SHA: "abc123", WebURL: "https://ci.example.com/1",
		CreatedAt: made.CreatedAt, UpdatedAt: made.UpdatedAt, User: made.User}
	same(t, *made, want)
	if made.User == nil || made.User.ID != w.users["developer"] || made.User.State != "active" {
		t.Errorf("the user is %v", made.User)
	}
	same(t, *of(w.gitlab(t, "").Pipelines.GetPipeline("acme/pub", made.ID)).is(t, http.StatusOK), want)

	next := of(newPipeline(c, id, map[string]string{"ref": "dev", "sha": "def456", "status": "running", "source": "push"})).is(t, http.StatusCreated)
	if latest := of(c.Pipelines.GetLatestPipeline("acme/pub", nil)).is(t, http.StatusOK); latest.ID != next.ID || latest.IID != 2 {
		t.Errorf("the latest is %v, want %d", latest, next.ID)
	}
	if latest := of(c.Pipelines.GetLatestPipeline(id, &gitlab.GetLatestPipelineOptions{Ref: gitlab.Ptr("main")})).is(t, http.StatusOK); latest.ID != made.ID {
		t.Errorf("the latest of main is %v, want %d", latest, made.ID)
	}
	over := new(gitlab.Pipeline)
	done(send(c, http.MethodPut, fmt.Sprintf("projects/%d/pipelines/%d", id, made.ID), map[string]string{"status": "success"}, over)).is(t, http.StatusOK)
	if over.Status != "success" || !over.UpdatedAt.After(*made.UpdatedAt) {
		t.Errorf("the pipeline that ended is %v", over)
	}

	hour := time.Now().Add(time.Hour)
	by := func(o gitlab.ListProjectPipelinesOptions) pager[*gitlab.PipelineInfo] {
		o.PerPage = 1
		return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.PipelineInfo, *gitlab.Response, error) {
			return c.Pipelines.ListProjectPipelines("acme/pub", &o, p)
		}
	}
	walk(t, w, func(p *gitlab.PipelineInfo) string { return fmt.Sprintf("%d %s %s", p.IID, p.Ref, p.Status) }, []listing[*gitlab.PipelineInfo]{
		{name: "the newest first", list: by(gitlab.ListProjectPipelinesOptions{}), want: []string{"2 dev running", "1 main success"}},
		{name: "by ref", list: by(gitlab.ListProjectPipelinesOptions{OrderBy: gitlab.Ptr("ref"), Sort: gitlab.Ptr("asc")}), want: []string{"2 dev running", "1 main success"}},
		{name: "as they changed", list: by(gitlab.ListProjectPipelinesOptions{OrderBy: gitlab.Ptr("updated_at")}), want: []string{"1 main success", "2 dev running"}},
		{name: "in a state", list: by(gitlab.ListProjectPipelinesOptions{Status: gitlab.Ptr(gitlab.Success)}), want: []string{"1 main success"}},
		{name: "that are over", list: by(gitlab.ListProjectPipelinesOptions{Scope: gitlab.Ptr("finished")}), want: []string{"1 main success"}},
		{name: "of a source", list: by(gitlab.ListProjectPipelinesOptions{Source: gitlab.Ptr("push")}), want: []string{"2 dev running"}},
		{name: "of a commit", list: by(gitlab.ListProjectPipelinesOptions{SHA: gitlab.Ptr("abc123"), Ref: gitlab.Ptr("main")}), want: []string{"1 main success"}},
		{name: "of another user", list: by(gitlab.ListProjectPipelinesOptions{Username: gitlab.Ptr("guest")}), want: []string{}},
		{name: "made since", list: by(gitlab.ListProjectPipelinesOptions{CreatedAfter: &hour}), want: []string{}},
		{name: "changed before", list: by(gitlab.ListProjectPipelinesOptions{UpdatedBefore: &hour, YamlErrors: gitlab.Ptr(false)}), want: []string{"2 dev running", "1 main success"}},
	})
}

func TestGitLabPipelineRefused(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	line := w.job("job", "developer", "acme/pub")
	id, prv := w.projects["acme/pub"], w.projects["acme/prv"]
	create := func(project int64, body map[string]string) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(newPipeline(c, project, body)).err }
	}
	end := func(project, id int64, status string) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return done(send(c, http.MethodPut, fmt.Sprintf("projects/%d/pipelines/%d", project, id), map[string]string{"status": status}, nil)).err
		}
	}
	get := func(project any, id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Pipelines.GetPipeline(project, id)).err }
	}
	list := func(project any, o gitlab.ListProjectPipelinesOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Pipelines.ListProjectPipelines(project, &o)).err }
	}
	good := map[string]string{"ref": "main", "sha": "abc123"}
	w.refuse(t, []refusal{
		{name: "create nothing", who: "developer", status: 400, text: "{error: ref is missing, sha is missing}", call: create(id, nil)},
		{name: "create of no commit", who: "developer", status: 400, text: "{error: sha is invalid}", call: create(id, map[string]string{"ref": "main", "sha": "??"})},
		{name: "create in no such state", who: "developer", status: 400, text: "{error: status does not have a valid value}",
			call: create(id, map[string]string{"ref": "main", "sha": "abc", "status": "happy"})},
		{name: "create as reporter", who: "reporter", status: 403, text: forbidden, call: create(id, good)},
		{name: "create in a private project", who: "stranger", status: 404, call: create(prv, good)},
		{name: "create without a credential", status: 401, text: unauthorized, call: create(id, good)},
		{name: "end in no such state", who: "developer", status: 400, text: "{error: status does not have a valid value}", call: end(id, line, "happy")},
		{name: "end as reporter", who: "reporter", status: 403, text: forbidden, call: end(id, line, "success")},
		{name: "end none", who: "developer", status: 404, call: end(id, 9999, "success")},
		{name: "end another project's", who: "developer", status: 404, call: end(prv, line, "success")},
		{name: "end without a credential", status: 401, text: unauthorized, call: end(id, line, "success")},
		{name: "show none", who: "guest", status: 404, call: get("acme/pub", 9999)},
		{name: "show another project's", who: "guest", status: 404, call: get("acme/int", line)},
		{name: "show of a private project", who: "stranger", status: 404, call: get("acme/prv", line)},
		{name: "the latest of none", who: "guest", status: 404, call: func(c *gitlab.Client) error { return of(c.Pipelines.GetLatestPipeline("acme/int", nil)).err }},
		{name: "list by branches", who: "guest", status: 400, text: "{error: scope does not have a valid value}", call: list("acme/pub", gitlab.ListProjectPipelinesOptions{Scope: gitlab.Ptr("branches")})},
		{name: "list in no such state", who: "guest", status: 400, text: "{error: status does not have a valid value}",
			call: list("acme/pub", gitlab.ListProjectPipelinesOptions{Status: gitlab.Ptr(gitlab.BuildStateValue("happy"))})},
		{name: "list of a private project", who: "stranger", status: 404, call: list("acme/prv", gitlab.ListProjectPipelinesOptions{})},
		{name: "start a build", who: "developer", status: 404, call: func(c *gitlab.Client) error {
			return of(c.Pipelines.CreatePipeline("acme/pub", &gitlab.CreatePipelineOptions{Ref: gitlab.Ptr("main")})).err
		}},
	})
}
