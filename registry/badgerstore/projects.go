package badgerstore

import (
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func projectKey(id int64) []byte { return numberKey(tableProject, id) }

func placeOfProject(p record.Project) place {
	return place{Source: record.Source{Kind: record.ProjectSource, ID: p.ID}, parent: p.GroupID, path: p.Path, full: p.FullPath}
}

// project reads a project without its full path.
func (s spaces) project(id int64) (record.Project, error) {
	return find[record.Project](s.tx, projectKey(id), "project", id)
}

// Project implements record.Projects.
func (s spaces) Project(id int64) (record.Project, error) {
	p, err := s.project(id)
	if err != nil {
		return record.Project{}, err
	}
	if p.FullPath, err = indexed(s.below(p.GroupID, 0, p.Path)); err != nil {
		return record.Project{}, err
	}
	return p, nil
}

// ProjectByPath implements record.Projects.
func (s spaces) ProjectByPath(full string) (record.Project, error) {
	id, err := s.find(record.ProjectSource, full)
	if err != nil {
		return record.Project{}, err
	}
	return indexed(s.Project(id))
}

// PutProject implements record.Projects.
func (s spaces) PutProject(p record.Project) (record.Project, error) {
	if err := p.Validate(); err != nil {
		return record.Project{}, err
	}
	utc(&p.CreatedAt, &p.UpdatedAt)
	old, err := stored(p.ID, s.Project)
	if err != nil {
		return record.Project{}, err
	}
	if p.FullPath, err = s.below(p.GroupID, 0, p.Path); err != nil {
		return record.Project{}, err
	}
	if err := s.vacant(placeOfProject(p)); err != nil {
		return record.Project{}, err
	}
	if p.ID == 0 {
		if p.ID, err = s.tx.next(tableProject); err != nil {
			return record.Project{}, err
		}
	}
	if err := errors.Join(s.settle(placeOfProject(old), placeOfProject(p)), save(s.tx, projectKey(p.ID), p, "project")); err != nil {
		return record.Project{}, err
	}
	s.changed(placeOfProject(p).Source)
	return p, nil
}

// RemoveProject implements record.Projects.
func (s spaces) RemoveProject(id int64) error {
	p, err := s.Project(id)
	if err != nil {
		return err
	}
	held, err := s.tx.numbers(numberKey(tableContent, id), 0, 1)
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("project %s holds packages: %w", p.FullPath, npm.ErrConflict)
	}
	at := placeOfProject(p)
	for _, part := range []func() error{
		func() error { return s.removePeople(at.Source) },
		func() error { return s.removeRules(id) },
		func() error { return s.removePipelines(id) },
		func() error { return catalog(s).removeHoldings(id) },
		func() error { return s.leave(at) },
	} {
		if err := part(); err != nil {
			return err
		}
	}
	s.changed(at.Source)
	return s.tx.remove(projectKey(id))
}

// Projects implements record.Projects.
func (s spaces) Projects(group, after int64, limit int) ([]record.Project, error) {
	prefix := []byte{tableProject}
	if group != 0 {
		prefix = textKey(numberKey(tableBelow, group), string(record.ProjectSource), "")
	}
	ids, err := s.tx.numbers(prefix, after, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, s.Project)
}
