package badgerstore

import (
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func pipelineKey(id int64) []byte { return numberKey(tablePipeline, id) }

// Pipeline implements record.Pipelines.
func (s spaces) Pipeline(id int64) (record.Pipeline, error) {
	return find[record.Pipeline](s.tx, pipelineKey(id), "pipeline", id)
}

// PutPipeline implements record.Pipelines. A pipeline keeps its project.
func (s spaces) PutPipeline(p record.Pipeline) (record.Pipeline, error) {
	if err := p.Validate(); err != nil {
		return record.Pipeline{}, err
	}
	utc(&p.CreatedAt, &p.UpdatedAt)
	old, err := stored(p.ID, s.Pipeline)
	switch {
	case err != nil:
		return record.Pipeline{}, err
	case p.ID == 0:
		if p, err = s.number(p); err != nil {
			return record.Pipeline{}, err
		}
	case old.ProjectID != p.ProjectID:
		return record.Pipeline{}, fmt.Errorf("pipeline %d of another project: %w", p.ID, npm.ErrInvalid)
	default:
		p.IID = old.IID
	}
	if err := save(s.tx, pipelineKey(p.ID), p, "pipeline"); err != nil {
		return record.Pipeline{}, err
	}
	return p, nil
}

// number gives a new pipeline its numbers and enters it into the index.
func (s spaces) number(p record.Pipeline) (record.Pipeline, error) {
	_, err := s.project(p.ProjectID)
	if err == nil {
		p.ID, err = s.tx.next(tablePipeline)
	}
	if err == nil {
		p.IID, err = s.tx.next(tablePipeline, p.ProjectID)
	}
	if err == nil {
		err = s.tx.mark(numberKey(tableRun, p.ProjectID, p.ID))
	}
	return p, err
}

// Pipelines implements record.Pipelines.
func (s spaces) Pipelines(projectID, before int64, limit int) ([]record.Pipeline, error) {
	ids, err := s.tx.numbersDown(numberKey(tableRun, projectID), before, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, s.Pipeline)
}

// removePipelines removes those of a project with their job tokens.
func (s spaces) removePipelines(projectID int64) error {
	pipelines, err := s.Pipelines(projectID, 0, all)
	if err != nil {
		return err
	}
	for _, p := range pipelines {
		if err := accounts(s).removeJobToken(p); err != nil {
			return err
		}
		if err := s.tx.remove(pipelineKey(p.ID), numberKey(tableRun, projectID, p.ID)); err != nil {
			return err
		}
	}
	return nil
}

// removeJobToken removes the token of a pipeline, if it is still there.
func (a accounts) removeJobToken(p record.Pipeline) error {
	if p.TokenID == 0 {
		return nil
	}
	t, err := a.Token(p.TokenID)
	switch {
	case errors.Is(err, npm.ErrNotFound):
		return nil
	case err != nil:
		return err
	case t.Kind != record.JobToken || t.PipelineID != p.ID:
		return nil
	}
	a.tx.changed(record.TokenChanged, decimal(t.ID), "")
	return a.tx.remove(tokenKey(t.ID), digestKey(t.Digest), ownerKey(t))
}
