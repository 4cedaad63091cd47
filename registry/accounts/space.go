package accounts

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// maxDepth is how deep groups may lie in each other, as in GitLab.
const maxDepth = 20

// Group is a group with what follows from those above it. It is shared and must
// not be changed.
type Group struct {
	record.Group
	// Ancestors are the numbers of the groups above, the nearest first.
	Ancestors []int64
	// Forward is whether names that are not local go upstream from here.
	Forward bool
}

// Project is a project with what follows from the groups above it. It is shared
// and must not be changed.
type Project struct {
	record.Project
	// Groups are the numbers of the project's group and those above it, the
	// nearest first.
	Groups []int64
	// Forward is whether names that are not local go upstream from here.
	Forward bool
}

// pathKey is a full path in lower case. Groups and projects are looked up apart.
type pathKey struct {
	kind record.SourceKind
	path string
}

// fold lowers the letters that paths may have. Others stay, so that no foreign
// letter is taken for one of them.
func fold(path string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, path)
}

// Project finds a project by its number or its full path, in any case. An
// earlier path of a project finds it too: compare FullPath to notice.
func (s *Service) Project(ctx context.Context, ref string) (*Project, error) {
	if id, ok := number(ref); ok {
		return s.ProjectByID(ctx, id)
	}
	if !strings.Contains(ref, "/") {
		return nil, errProject()
	}
	key := pathKey{record.ProjectSource, fold(ref)}
	if id, ok := s.paths.Get(key); ok {
		return s.ProjectByID(ctx, id)
	}
	generation := s.paths.Begin()
	var id int64
	err := s.view(ctx, "find project", func(tx record.Tx) error {
		p, err := tx.Spaces().ProjectByPath(ref)
		id = p.ID
		return err
	})
	if err != nil {
		return nil, instead(err, errProject())
	}
	s.paths.Keep(key, id, generation)
	return s.ProjectByID(ctx, id)
}

// ProjectByID returns the project of that number.
func (s *Service) ProjectByID(ctx context.Context, id int64) (*Project, error) {
	if p, ok := s.projects.Get(id); ok {
		return p, nil
	}
	generation := s.projects.Begin()
	var p *Project
	err := s.view(ctx, "read project", func(tx record.Tx) (err error) {
		p, err = s.readProject(tx, id)
		return err
	})
	if err != nil {
		return nil, instead(err, errProject())
	}
	s.projects.Keep(id, p, generation)
	return p, nil
}

func (s *Service) readProject(tx record.Tx, id int64) (*Project, error) {
	pr, err := tx.Spaces().Project(id)
	if err != nil {
		return nil, err
	}
	above, err := lineage(tx.Spaces(), pr.GroupID)
	if err != nil {
		return nil, broken("project", id, err)
	}
	forward, err := s.instanceForwarding(tx)
	if err != nil {
		return nil, err
	}
	return &Project{Project: pr, Groups: numbers(above), Forward: cascade(forward, above, pr.Forwarding)}, nil
}

// Group finds a group by its number or its full path, in any case; see Project.
func (s *Service) Group(ctx context.Context, ref string) (*Group, error) {
	if id, ok := number(ref); ok {
		return s.GroupByID(ctx, id)
	}
	key := pathKey{record.GroupSource, fold(ref)}
	if id, ok := s.paths.Get(key); ok {
		return s.GroupByID(ctx, id)
	}
	generation := s.paths.Begin()
	var id int64
	err := s.view(ctx, "find group", func(tx record.Tx) error {
		g, err := tx.Spaces().GroupByPath(ref)
		id = g.ID
		return err
	})
	if err != nil {
		return nil, instead(err, errGroup())
	}
	s.paths.Keep(key, id, generation)
	return s.GroupByID(ctx, id)
}

// GroupByID returns the group of that number.
func (s *Service) GroupByID(ctx context.Context, id int64) (*Group, error) {
	if g, ok := s.groups.Get(id); ok {
		return g, nil
	}
	generation := s.groups.Begin()
	var g *Group
	err := s.view(ctx, "read group", func(tx record.Tx) (err error) {
		g, err = s.readGroup(tx, id)
		return err
	})
	if err != nil {
		return nil, instead(err, errGroup())
	}
	s.groups.Keep(id, g, generation)
	return g, nil
}

func (s *Service) readGroup(tx record.Tx, id int64) (*Group, error) {
	g, err := tx.Spaces().Group(id)
	if err != nil {
		return nil, err
	}
	above, err := lineage(tx.Spaces(), g.ParentID)
	if err != nil {
		return nil, broken("group", id, err)
	}
	forward, err := s.instanceForwarding(tx)
	if err != nil {
		return nil, err
	}
	return &Group{Group: g, Ancestors: numbers(above), Forward: cascade(forward, above, g.Forwarding)}, nil
}

// broken keeps a missing group above something from being taken for the absence
// of the thing itself: its rights cannot be told.
func broken(what string, id int64, err error) error {
	return fmt.Errorf("groups above %s %d: %w: %s", what, id, record.ErrCorrupt, err)
}

// number reads a reference that is a number, as GitLab does: digits with or
// without a minus.
func number(ref string) (int64, bool) {
	digits := strings.TrimPrefix(ref, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(ref, 10, 64)
	return id, err == nil
}

// lineage returns a group and those above it, the nearest first; none where id
// is zero.
func lineage(spaces record.Groups, id int64) ([]record.Group, error) {
	var out []record.Group
	for id != 0 {
		if len(out) > maxDepth {
			return nil, fmt.Errorf("group %d in a circle: %w", id, record.ErrCorrupt)
		}
		g, err := spaces.Group(id)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
		id = g.ParentID
	}
	return out, nil
}

func numbers(groups []record.Group) []int64 {
	out := make([]int64, len(groups))
	for i, g := range groups {
		out[i] = g.ID
	}
	return out
}

// SourceByPath finds the group or the project of a full path and returns it
// with the path as it is spelled. An earlier path finds nothing.
func (s *Service) SourceByPath(ctx context.Context, path string) (record.Source, string, error) {
	g, err := s.Group(ctx, path)
	if err == nil && strings.EqualFold(g.FullPath, path) {
		return record.Source{Kind: record.GroupSource, ID: g.ID}, g.FullPath, nil
	}
	if err = ignoreMiss(err); err != nil {
		return record.Source{}, "", err
	}
	p, err := s.Project(ctx, path)
	if err == nil && strings.EqualFold(p.FullPath, path) {
		return record.Source{Kind: record.ProjectSource, ID: p.ID}, p.FullPath, nil
	}
	if err = ignoreMiss(err); err != nil {
		return record.Source{}, "", err
	}
	return record.Source{}, "", &npm.Error{Kind: npm.ErrNotFound, Text: "there is no group or project " + path}
}
