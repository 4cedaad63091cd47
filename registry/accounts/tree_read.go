package accounts

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// planting makes a tree of records. What is below a group follows from the
// groups in memory, so that a group that moved costs no reading.
type planting struct {
	tx         record.Tx
	forwarding record.Forwarding
	// groups are all groups, as they are in the store; projects too.
	groups   map[int64]record.Group
	projects map[int64]record.Project
	lines    map[int64]lineUp
}

// lineUp is a group and those above it, the nearest first.
type lineUp struct {
	groups  []record.Group
	numbers []int64
}

func newPlanting(tx record.Tx, forwarding record.Forwarding) *planting {
	return &planting{tx: tx, forwarding: forwarding, groups: map[int64]record.Group{},
		projects: map[int64]record.Project{}, lines: map[int64]lineUp{}}
}

// plant reads everything.
func (s *Service) plant(tx record.Tx) (*Tree, error) {
	forwarding, err := s.instanceForwarding(tx)
	if err != nil {
		return nil, err
	}
	p := newPlanting(tx, forwarding)
	if err := p.readGroups(0); err != nil {
		return nil, err
	}
	spaces := tx.Spaces()
	err = each(func(after int64, limit int) ([]record.Project, error) { return spaces.Projects(0, after, limit) },
		func(r record.Project) int64 { return r.ID }, func(r record.Project) error {
			p.projects[r.ID] = r
			return nil
		})
	if err != nil {
		return nil, err
	}
	return p.grow()
}

func (p *planting) readGroups(parent int64) error {
	return each(func(after int64, limit int) ([]record.Group, error) {
		return p.tx.Spaces().Groups(parent, after, limit)
	},
		func(g record.Group) int64 { return g.ID }, func(g record.Group) error {
			p.groups[g.ID] = g
			return p.readGroups(g.ID)
		})
}

// replant reads again what is named and returns the tree as it is with that;
// old itself where nothing differs.
func (s *Service) replant(tx record.Tx, old *Tree, again map[record.Source]bool) (*Tree, error) {
	forwarding, err := s.instanceForwarding(tx)
	if err != nil {
		return nil, err
	}
	p := newPlanting(tx, forwarding)
	for _, g := range old.groups {
		p.groups[g.ID] = g.Group
	}
	moved, err := p.readGroupsAgain(again)
	if err != nil {
		return nil, err
	}
	if moved || !same(forwarding, old.forwarding) {
		return p.replantAll(old, again)
	}
	return p.replantProjects(old, again)
}

// readGroupsAgain reads groups and tells whether one differs.
func (p *planting) readGroupsAgain(again map[record.Source]bool) (differs bool, err error) {
	for src := range again {
		if src.Kind != record.GroupSource {
			continue
		}
		old, had := p.groups[src.ID]
		now, err := p.tx.Spaces().Group(src.ID)
		if errors.Is(err, npm.ErrNotFound) {
			delete(p.groups, src.ID)
			differs = differs || had
			continue
		}
		if err != nil {
			return false, err
		}
		p.groups[src.ID] = now
		differs = differs || !had || !sameGroup(old, now)
	}
	return differs, nil
}

// replantAll makes everything anew, of what is in memory and of projects that
// are read again.
func (p *planting) replantAll(old *Tree, again map[record.Source]bool) (*Tree, error) {
	for _, pr := range old.projects {
		p.projects[pr.ID] = pr.Project
	}
	for src := range again {
		if src.Kind != record.ProjectSource {
			continue
		}
		now, err := p.tx.Spaces().Project(src.ID)
		if errors.Is(err, npm.ErrNotFound) {
			delete(p.projects, src.ID)
			continue
		}
		if err != nil {
			return nil, err
		}
		p.projects[src.ID] = now
	}
	return p.grow()
}

// replantProjects puts projects that are read again into a copy of the tree.
func (p *planting) replantProjects(old *Tree, again map[record.Source]bool) (*Tree, error) {
	known := len(p.groups)
	fresh := map[int64]*Project{}
	for src := range again {
		if src.Kind != record.ProjectSource {
			continue
		}
		now, err := p.tx.Spaces().Project(src.ID)
		if errors.Is(err, npm.ErrNotFound) {
			fresh[src.ID] = nil
			continue
		}
		if err != nil {
			return nil, err
		}
		if fresh[src.ID], err = p.project(now); err != nil {
			return nil, err
		}
	}
	if len(p.groups) != known { // a group that nobody has told of yet
		return p.replantAll(old, again)
	}
	projects := replace(old.projects, fresh)
	if projects == nil {
		return old, nil
	}
	return &Tree{groups: old.groups, projects: projects, forwarding: p.forwarding}, nil
}

// replace returns a copy of a list in which projects are exchanged, added and,
// where they are nil, left out; nil where that changes nothing.
func replace(list []*Project, fresh map[int64]*Project) []*Project {
	out, differs := make([]*Project, 0, len(list)+len(fresh)), false
	for _, old := range list {
		now, ok := fresh[old.ID]
		switch {
		case !ok || now != nil && sameProject(old.Project, now.Project):
			out = append(out, old)
		case now != nil:
			out, differs = append(out, now), true
		default:
			differs = true
		}
		delete(fresh, old.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(fresh)) {
		if now := fresh[id]; now != nil {
			out, differs = append(out, now), true
		}
	}
	if !differs {
		return nil
	}
	slices.SortFunc(out, func(a, b *Project) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// grow makes the tree.
func (p *planting) grow() (*Tree, error) {
	t := &Tree{forwarding: p.forwarding}
	clear(p.lines)
	for _, id := range slices.Sorted(maps.Keys(p.projects)) {
		pr, err := p.project(p.projects[id])
		if err != nil {
			return nil, err
		}
		t.projects = append(t.projects, pr)
	}
	for _, id := range slices.Sorted(maps.Keys(p.groups)) {
		g, err := p.group(p.groups[id])
		if err != nil {
			return nil, err
		}
		t.groups = append(t.groups, g)
	}
	return t, nil
}

func (p *planting) project(r record.Project) (*Project, error) {
	above, err := p.line(r.GroupID)
	if err != nil {
		return nil, broken("project", r.ID, err)
	}
	r.FullPath = fullPath(above.groups, r.Path)
	return &Project{Project: r, Groups: above.numbers, Forward: cascade(p.forwarding, above.groups, r.Forwarding)}, nil
}

func (p *planting) group(r record.Group) (*Group, error) {
	above, err := p.line(r.ParentID)
	if err != nil {
		return nil, broken("group", r.ID, err)
	}
	r.FullPath = fullPath(above.groups, r.Path)
	return &Group{Group: r, Ancestors: above.numbers, Forward: cascade(p.forwarding, above.groups, r.Forwarding)}, nil
}

// line returns what is above something in a group. A group that is not known
// yet is read: another node may have made it a moment ago.
func (p *planting) line(id int64) (lineUp, error) {
	if known, ok := p.lines[id]; ok {
		return known, nil
	}
	var out []record.Group
	for at := id; at != 0; {
		if len(out) > maxDepth {
			return lineUp{}, fmt.Errorf("group %d in a circle: %w", id, record.ErrCorrupt)
		}
		g, ok := p.groups[at]
		if !ok {
			var err error
			if g, err = p.tx.Spaces().Group(at); err != nil {
				return lineUp{}, err
			}
			p.groups[at] = g
		}
		out = append(out, g)
		at = g.ParentID
	}
	up := lineUp{groups: out, numbers: numbers(out)}
	p.lines[id] = up
	return up, nil
}

func fullPath(above []record.Group, path string) string {
	for _, g := range above {
		path = g.Path + "/" + path
	}
	return path
}

func sameGroup(a, b record.Group) bool {
	forwarding := same(a.Forwarding, b.Forwarding)
	a.Forwarding, b.Forwarding = record.Forwarding{}, record.Forwarding{}
	a.FullPath, b.FullPath = "", "" // it follows from the paths
	return forwarding && a == b
}

func sameProject(a, b record.Project) bool {
	forwarding := same(a.Forwarding, b.Forwarding)
	a.Forwarding, b.Forwarding = record.Forwarding{}, record.Forwarding{}
	return forwarding && a == b
}

func same(a, b record.Forwarding) bool {
	if a.Locked != b.Locked || (a.Enabled == nil) != (b.Enabled == nil) {
		return false
	}
	return a.Enabled == nil || *a.Enabled == *b.Enabled
}
