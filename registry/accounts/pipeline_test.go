package accounts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestPipelines(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	pr, dev := o.projects["private/enabled"], o.callers["developer"]
	line, secret, err := o.CreatePipeline(t.Context(), dev, pr, NewPipeline{Ref: "main", SHA: "abc123", WebURL: "https://ci.example.com/1"})
	o.must(err)
	if line.Status != "pending" || line.Source != "api" || line.IID != 1 || line.UserID != dev.UserID || line.TokenID == 0 {
		t.Errorf("pipeline %+v", line)
	}
	job := o.signIn(Credential{Form: JobToken, Secret: secret})
	if job.Token.PipelineID != line.ID || job.Token.ProjectID != pr.ID {
		t.Errorf("job %+v", job.Token)
	}
	for _, status := range []string{"running", "running", "success"} {
		got, err := o.SetPipelineStatus(t.Context(), job, pr, line.ID, status)
		if err != nil || got.Status != status {
			t.Errorf("%s: %+v, %v", status, got, err)
		}
	}
	if _, err := o.Authenticate(t.Context(), bearer(secret), home); !errors.Is(err, npm.ErrUnauthenticated) || !strings.Contains(text(err), "finished") {
		t.Errorf("the job of a finished pipeline: %v", err)
	}
	if got, err := o.SetPipelineStatus(t.Context(), dev, pr, line.ID, "running"); err != nil || got.Status != "running" {
		t.Errorf("run again: %+v, %v", got, err)
	}
	if _, err := o.Authenticate(t.Context(), bearer(secret), home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("the job of a pipeline that was finished: %v", err)
	}
	_, none, err := o.CreatePipeline(t.Context(), dev, pr, NewPipeline{Ref: "main", SHA: "abc123", Status: "failed"})
	if err != nil || none != "" {
		t.Errorf("a pipeline that has ended: %q, %v", none, err)
	}
	list, err := o.Pipelines(t.Context(), pr, 0, 10)
	if err != nil || len(list) != 2 || list[0].Status != "failed" {
		t.Errorf("Pipelines = %+v, %v", list, err)
	}
	if _, err := o.Pipeline(t.Context(), o.projects["public/enabled"], line.ID); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("a pipeline of another project: %v", err)
	}
}

func TestWhoMayRunPipelines(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	pr := o.projects["private/enabled"]
	line, secret, err := o.CreatePipeline(t.Context(), o.callers["owner"], pr, NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	other, _, err := o.CreatePipeline(t.Context(), o.callers["owner"], pr, NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	o.callers["job"] = o.signIn(bearer(secret))
	for who, want := range map[string]error{"anonymous": npm.ErrUnauthenticated, "stranger": npm.ErrNotFound,
		"guest": npm.ErrForbidden, "reporter": npm.ErrForbidden, "developer": nil, "developer read_api": npm.ErrForbidden,
		"boss": nil, "deploy writ own group": npm.ErrForbidden, "deploy writ other group": npm.ErrNotFound, "job": npm.ErrForbidden} {
		_, _, err := o.CreatePipeline(t.Context(), o.callers[who], pr, NewPipeline{Ref: "main", SHA: "abc"})
		if !errors.Is(err, want) {
			t.Errorf("%s: create: %v, want %v", who, err, want)
		}
		if _, err = o.SetPipelineStatus(t.Context(), o.callers[who], pr, other.ID, "running"); !errors.Is(err, want) {
			t.Errorf("%s: set: %v, want %v", who, err, want)
		}
	}
	if _, err := o.SetPipelineStatus(t.Context(), o.callers["job"], pr, line.ID, "running"); err != nil {
		t.Errorf("the job itself: %v", err)
	}
}

func TestPipelineInput(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	pr, dev := o.projects["private/enabled"], o.callers["developer"]
	for _, tt := range []struct {
		want string
		n    NewPipeline
	}{
		{"ref is missing", NewPipeline{SHA: "abc"}},
		{"ref is invalid", NewPipeline{Ref: "a\x00", SHA: "abc"}},
		{"sha is missing", NewPipeline{Ref: "main"}},
		{"sha is invalid", NewPipeline{Ref: "main", SHA: "main"}},
		{"status does not have a valid value", NewPipeline{Ref: "main", SHA: "abc", Status: "done"}},
		{"source does not have a valid value", NewPipeline{Ref: "main", SHA: "abc", Source: "me"}},
		{"web_url is invalid", NewPipeline{Ref: "main", SHA: "abc", WebURL: "javascript:alert(1)"}},
		{"web_url is invalid", NewPipeline{Ref: "main", SHA: "abc", WebURL: "https://user:secret@ci.example.com/"}},
		{"", NewPipeline{Ref: "main", SHA: strings.Repeat("a", 64), Status: "waiting_for_resource", Source: "push"}},
	} {
		if _, _, err := o.CreatePipeline(t.Context(), dev, pr, tt.n); text(err) != tt.want {
			t.Errorf("%+v: %v, want %q", tt.n, err, tt.want)
		}
	}
	line, _, err := o.CreatePipeline(t.Context(), dev, pr, NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	if _, err := o.SetPipelineStatus(t.Context(), dev, pr, line.ID, "done"); text(err) != "status does not have a valid value" {
		t.Errorf("SetPipelineStatus: %v", err)
	}
	if _, err := o.SetPipelineStatus(t.Context(), dev, pr, 1<<40, "running"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("SetPipelineStatus of none: %v", err)
	}
}

// TestJobsKeepLimits: a token for some packages makes no job token for all.
func TestJobsKeepLimits(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.group("acme", record.PrivateVisibility)
	pr := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "")
	o.member(projectOf(pr.ID), u, record.Developer)
	_, secret := o.token(NewToken{UserID: u.ID, Packages: []string{"@acme/*"}, CIDR: []string{"192.0.2.0/24"}})
	_, job, err := o.CreatePipeline(t.Context(), o.signIn(bearer(secret)), pr, NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	other, err := npm.ParseName("other")
	o.must(err)
	if o.signIn(bearer(job)).Covers(other) {
		t.Error("the job covers more than its token did")
	}
	if _, err := o.Authenticate(t.Context(), bearer(job), away); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("the job from elsewhere: %v", err)
	}
}

// TestJobTokenEndsWithItsMaker has a token that lasts an hour make one for a
// job, which must not outlive it.
func TestJobTokenEndsWithItsMaker(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	dev := o.callers["developer"]
	until := o.now().Add(time.Hour)
	_, short, err := o.CreateToken(t.Context(), operator, NewToken{UserID: dev.UserID, Name: "short", ExpiresAt: until})
	o.must(err)
	_, secret, err := o.CreatePipeline(t.Context(), o.signIn(bearer(short)), o.projects["private/enabled"], NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	if job := o.signIn(bearer(secret)); !job.Token.ExpiresAt.Equal(until) {
		t.Errorf("the job's token lasts until %v, want %v", job.Token.ExpiresAt, until)
	}
}
