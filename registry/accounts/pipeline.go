package accounts

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// The statuses of pipelines (docs.gitlab.com, "Pipelines API"): those that go
// on and those that are the end.
var (
	goingStatuses = []string{"created", "waiting_for_resource", "preparing", "pending", "running", "manual", "scheduled"}
	endStatuses   = []string{"success", "failed", "canceled", "skipped"}
	sources       = words(`api chat external external_pull_request_event merge_request_event ondemand_dast_scan
		ondemand_dast_validation parent_pipeline pipeline push schedule security_orchestration_policy trigger web webide`)
)

// PipelineStatus tells whether a word is a status of pipelines and whether it
// is one that ends them.
func PipelineStatus(word string) (known, finished bool) {
	finished = slices.Contains(endStatuses, word)
	return finished || slices.Contains(goingStatuses, word), finished
}

// PipelineSource tells whether a word says what starts pipelines.
func PipelineSource(word string) bool { return sources[word] }

// NewPipeline says what pipeline is to be created.
type NewPipeline struct {
	// Ref is the branch or tag, SHA the commit.
	Ref, SHA string
	// Status is pending where it is empty, Source api.
	Status, Source string
	// WebURL is where people look at it; may be empty.
	WebURL string
}

func (n *NewPipeline) complete() error {
	if n.Status == "" {
		n.Status = "pending"
	}
	if n.Source == "" {
		n.Source = "api"
	}
	known, _ := PipelineStatus(n.Status)
	u, err := url.Parse(n.WebURL)
	switch {
	case n.Ref == "":
		return invalid("ref is missing")
	case checkText("ref", n.Ref) != nil:
		return invalid("ref is invalid")
	case n.SHA == "":
		return invalid("sha is missing")
	case len(n.SHA) > 64 || strings.Trim(n.SHA, "0123456789abcdefABCDEF") != "":
		return invalid("sha is invalid")
	case !known:
		return invalid("status does not have a valid value")
	case !sources[n.Source]:
		return invalid("source does not have a valid value")
	case err != nil || n.WebURL != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil):
		return invalid("web_url is invalid")
	}
	return nil
}

// CreatePipeline creates a pipeline of somebody who may publish, and a job token
// that has that user's rights until the pipeline ends. One that has ended gets
// none.
func (s *Service) CreatePipeline(ctx context.Context, p *Principal, pr *Project, n NewPipeline) (record.Pipeline, string, error) {
	if err := s.mayRun(p, pr); err != nil {
		return record.Pipeline{}, "", err
	}
	if err := n.complete(); err != nil {
		return record.Pipeline{}, "", err
	}
	t, secret, err := s.jobToken(p, pr)
	if err != nil {
		return record.Pipeline{}, "", err
	}
	now := s.now()
	line := record.Pipeline{ProjectID: pr.ID, UserID: p.UserID, Ref: n.Ref, SHA: n.SHA, Status: n.Status,
		Source: n.Source, WebURL: n.WebURL, CreatedAt: now, UpdatedAt: now}
	if _, finished := PipelineStatus(n.Status); finished {
		secret = ""
	}
	var out record.Pipeline
	err = s.update(ctx, actorOf(p), nil, func(tx record.Tx) (_ note, err error) {
		if out, err = tx.Spaces().PutPipeline(line); err != nil || secret == "" {
			return pipelineNote("pipeline.create", pr, out), err
		}
		t.PipelineID, t.Name = out.ID, "pipeline "+strconv.FormatInt(out.ID, 10)
		if _, err = s.putToken(tx, &t, pr.FullPath); err != nil {
			return note{}, err
		}
		out.TokenID = t.ID
		out, err = tx.Spaces().PutPipeline(out)
		return pipelineNote("pipeline.create", pr, out), err
	})
	if err != nil {
		return record.Pipeline{}, "", err
	}
	return out, secret, nil
}

// jobToken makes a token that is limited as the one is that asked for it, also
// in time.
func (s *Service) jobToken(p *Principal, pr *Project) (record.Token, string, error) {
	secret, err := NewSecret(record.JobToken)
	if err != nil {
		return record.Token{}, "", err
	}
	t := s.tokenOf(record.JobToken, secret)
	t.UserID, t.ProjectID, t.ExpiresAt = p.UserID, pr.ID, s.now().Add(s.opt.TokenTTL)
	if end := p.Token.ExpiresAt; !end.IsZero() && end.Before(t.ExpiresAt) {
		t.ExpiresAt = end
	}
	t.Packages, t.CIDR = p.Token.Packages, p.Token.CIDR
	return t, secret, nil
}

func pipelineNote(action string, pr *Project, line record.Pipeline) note {
	return note{action, pr.FullPath, "pipeline " + strconv.FormatInt(line.ID, 10) + " " + line.Status}
}

func actorOf(p *Principal) Actor {
	return Actor{Name: p.Actor(), Address: p.address, UserID: p.UserID}
}

// mayRun checks that somebody may have pipelines in a project.
func (s *Service) mayRun(p *Principal, pr *Project) error {
	access := s.ProjectAccess(p, pr)
	switch {
	case p.Kind == Anonymous:
		return unauthenticated("sign in first: pipelines need credentials")
	case !access.See:
		return errProject()
	case p.Kind != Person:
		return forbidden("only users create pipelines")
	case !access.Push:
		return forbidden("pipelines in %s need the role developer and a token with the scope api", pr.FullPath)
	}
	return nil
}

// SetPipelineStatus says how a pipeline goes. A job token stops working with
// the end of its pipeline and stays so. Who may publish may say it, and the job
// itself.
func (s *Service) SetPipelineStatus(ctx context.Context, p *Principal, pr *Project, id int64, status string) (record.Pipeline, error) {
	if p.Kind != Job || p.Token.PipelineID != id || p.Token.ProjectID != pr.ID {
		if err := s.mayRun(p, pr); err != nil {
			return record.Pipeline{}, err
		}
	}
	known, finished := PipelineStatus(status)
	if !known {
		return record.Pipeline{}, invalid("status does not have a valid value")
	}
	var out record.Pipeline
	err := s.update(ctx, actorOf(p), s.tokens.Purge, func(tx record.Tx) (note, error) {
		line, err := pipelineOf(tx, pr, id)
		if err != nil {
			return note{}, err
		}
		if out = line; line.Status == status {
			return note{}, nil
		}
		line.Status, line.UpdatedAt = status, s.now()
		if out, err = tx.Spaces().PutPipeline(line); err != nil {
			return note{}, err
		}
		if finished && line.TokenID != 0 {
			err = s.revokeJob(tx, line.TokenID)
		}
		return pipelineNote("pipeline.status", pr, out), err
	})
	return out, err
}

func (s *Service) revokeJob(tx record.Tx, id int64) error {
	t, err := tx.Accounts().Token(id)
	if err != nil {
		return ignoreMiss(err)
	}
	_, err = s.revoke(tx, t)
	return err
}

func pipelineOf(tx record.Tx, pr *Project, id int64) (record.Pipeline, error) {
	missing := &npm.Error{Kind: npm.ErrNotFound, Text: "Pipeline not found"}
	line, err := tx.Spaces().Pipeline(id)
	if err == nil && line.ProjectID != pr.ID {
		return record.Pipeline{}, missing
	}
	return line, instead(err, missing)
}

// Pipeline returns a pipeline of a project. It does not ask who wants to know.
func (s *Service) Pipeline(ctx context.Context, pr *Project, id int64) (record.Pipeline, error) {
	var out record.Pipeline
	err := s.view(ctx, "read pipeline", func(tx record.Tx) (err error) {
		out, err = pipelineOf(tx, pr, id)
		return err
	})
	return out, err
}

// Pipelines lists at most limit pipelines of a project, newest first, below a
// number where that is not zero. It does not ask who wants to know.
func (s *Service) Pipelines(ctx context.Context, pr *Project, before int64, limit int) ([]record.Pipeline, error) {
	var out []record.Pipeline
	err := s.view(ctx, "list pipelines", func(tx record.Tx) (err error) {
		out, err = tx.Spaces().Pipelines(pr.ID, before, limit)
		return err
	})
	return out, err
}

// PipelinesWhere lists all pipelines of a project that keep accepts, newest
// first. It does not ask who wants to know.
func (s *Service) PipelinesWhere(ctx context.Context, pr *Project, keep func(record.Pipeline) bool) ([]record.Pipeline, error) {
	var out []record.Pipeline
	err := s.view(ctx, "list pipelines", func(tx record.Tx) error {
		out = nil
		return each(func(before int64, limit int) ([]record.Pipeline, error) {
			return tx.Spaces().Pipelines(pr.ID, before, limit)
		}, func(p record.Pipeline) int64 { return p.ID }, func(p record.Pipeline) error {
			if keep(p) {
				out = append(out, p)
			}
			return nil
		})
	})
	return out, err
}
