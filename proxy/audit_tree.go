package proxy

import (
	"context"
	"slices"
	"strings"
)

// auditForest are the packages of all projects of an audit, in a fixed order.
type auditForest struct {
	ctx      context.Context
	packages []*auditPackage
	// steps counts the places that were looked into.
	steps int
}

// auditPackage is a package at its place in a project.
type auditPackage struct {
	name string
	node *auditNode
	// below is what it is nested in; nil for a project.
	below  *auditPackage
	nested map[string]*auditPackage
	// by is what needs it, on a shortest way from the project; nil until it is
	// reached.
	by *auditPackage
}

// grow adds a project with all that is below it.
func (f *auditForest) grow(project auditProject) error {
	root := &auditPackage{node: project.auditNode, name: project.folder}
	first := len(f.packages)
	if err := f.nest(root); err != nil {
		return err
	}
	walk := []*auditPackage{root}
	for i := 0; i < len(walk); i++ {
		var err error
		if walk, err = f.reach(walk[i], walk); err != nil {
			return err
		}
	}
	// What nothing is known to need is shown where it lies.
	for _, t := range f.packages[first:] {
		if t.by == nil {
			t.by = t.below
		}
	}
	return nil
}

func (f *auditForest) nest(t *auditPackage) error {
	t.nested = make(map[string]*auditPackage, len(t.node.Dependencies))
	for _, name := range sortedKeys(t.node.Dependencies) {
		node := t.node.Dependencies[name]
		if node == nil {
			continue
		}
		if len(f.packages) == maxAuditNodes {
			return auditTooLarge()
		}
		if err := f.ctx.Err(); err != nil {
			return err
		}
		inner := &auditPackage{name: name, node: node, below: t}
		t.nested[name] = inner
		f.packages = append(f.packages, inner)
		if err := f.nest(inner); err != nil {
			return err
		}
	}
	return nil
}

// maxAuditSteps bounds the search for what packages need; that of the largest
// applications takes some hundred thousand steps.
const maxAuditSteps = 5_000_000

// reach appends to walk what t needs and nothing before it did. What is needed
// lies in t, or next to something that t lies in.
func (f *auditForest) reach(t *auditPackage, walk []*auditPackage) ([]*auditPackage, error) {
	for _, name := range sortedKeys(t.node.Requires) {
		needed := f.find(t, name)
		if f.steps > maxAuditSteps {
			return nil, auditTooLarge()
		}
		if needed != nil && needed.by == nil {
			needed.by = t
			walk = append(walk, needed)
		}
	}
	return walk, f.ctx.Err()
}

// find returns the package that t gets by a name, or nil.
func (f *auditForest) find(t *auditPackage, name string) *auditPackage {
	for at := t; at != nil && f.steps <= maxAuditSteps; at = at.below {
		f.steps++
		if needed := at.nested[name]; needed != nil {
			return needed
		}
	}
	return nil
}

// longestPath bounds a path, in bytes: it is told again for each package.
const longestPath = 500

// path names what needs the package, from the project on. A long one is cut at
// its beginning, before a name that does not fit: those of places are any text.
func (t *auditPackage) path() string {
	names, size := []string{t.name}, len(t.name)
	for at := t.by; at != nil && at.name != ""; at = at.by {
		if size += len(">") + len(at.name); size > longestPath {
			break
		}
		names = append(names, at.name)
	}
	slices.Reverse(names)
	return strings.Join(names, ">")
}
