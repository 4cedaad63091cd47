package accounts

import (
	"cmp"
	"slices"

	"github.com/larderhq/larder/registry/record"
)

// Tree is all groups and projects at one moment. It is shared and never
// changes, nor may what it returns be changed.
type Tree struct {
	groups   []*Group
	projects []*Project
	// forwarding is the choice of the instance that Forward follows from.
	forwarding record.Forwarding
}

// Groups returns all groups, by number.
func (t *Tree) Groups() []*Group { return t.groups }

// Projects returns all projects, by number.
func (t *Tree) Projects() []*Project { return t.projects }

// Group returns the group of that number.
func (t *Tree) Group(id int64) (*Group, bool) { return byNumber(t.groups, id, groupNumber) }

// Project returns the project of that number.
func (t *Tree) Project(id int64) (*Project, bool) { return byNumber(t.projects, id, projectNumber) }

// Below returns the projects of a group, by number; deep adds those of the
// groups in it. Zero is above all groups.
func (t *Tree) Below(group int64, deep bool) []*Project {
	if group == 0 && deep {
		return t.projects
	}
	return only(t.projects, func(p *Project) bool {
		return p.GroupID == group || deep && slices.Contains(p.Groups, group)
	})
}

// Subgroups returns the groups in a group, by number; deep adds the groups in
// those. In zero are the groups at the top.
func (t *Tree) Subgroups(group int64, deep bool) []*Group {
	if group == 0 && deep {
		return t.groups
	}
	return only(t.groups, func(g *Group) bool {
		return g.ParentID == group || deep && slices.Contains(g.Ancestors, group)
	})
}

// only returns those of a list that match, in a list of its own.
func only[T any](list []T, match func(T) bool) []T {
	var out []T
	for _, v := range list {
		if match(v) {
			out = append(out, v)
		}
	}
	return out
}

func groupNumber(g *Group) int64     { return g.ID }
func projectNumber(p *Project) int64 { return p.ID }

func byNumber[T any](list []*T, id int64, number func(*T) int64) (*T, bool) {
	i, ok := slices.BinarySearchFunc(list, id, func(v *T, id int64) int { return cmp.Compare(number(v), id) })
	if !ok {
		return nil, false
	}
	return list[i], true
}
