package proxy

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream"
)

// auditNode is one package of an audit tree. Fields that are not here are not
// passed on: paths and resolved URLs name internal hosts.
type auditNode struct {
	Name         string                `json:"name,omitempty"`
	Version      string                `json:"version,omitempty"`
	Integrity    string                `json:"integrity,omitempty"`
	Requires     auditRequires         `json:"requires,omitempty"`
	Dependencies map[string]*auditNode `json:"dependencies,omitempty"`
	Dev          bool                  `json:"dev,omitempty"`
	Optional     bool                  `json:"optional,omitempty"`
	Bundled      bool                  `json:"bundled,omitempty"`
	Metadata     *auditMetadata        `json:"metadata,omitempty"`
	// Install and Remove are empty in what npm sends and required by its
	// registry.
	Install []string `json:"install,omitempty"`
	Remove  []string `json:"remove,omitempty"`
}

// auditProject is a part of a tree that is no package.
type auditProject struct {
	*auditNode
	// folder is the place of a workspace; empty where there is one project.
	folder string
}

// projects are the root of a tree, or the workspaces below it: pnpm has them by
// folder there, with "." among them.
func (n *auditNode) projects() []auditProject {
	if n.Dependencies["."] == nil {
		return []auditProject{{auditNode: n}}
	}
	var all []auditProject
	for _, folder := range sortedKeys(n.Dependencies) {
		if project := n.Dependencies[folder]; project != nil {
			all = append(all, auditProject{project, folder})
		}
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// auditRequires is name to range; old lockfiles have true in its place.
type auditRequires map[string]string

// UnmarshalJSON takes an object of strings and ignores anything else.
func (r *auditRequires) UnmarshalJSON(b []byte) error {
	var loose map[string]any
	if json.Unmarshal(b, &loose) != nil {
		return nil
	}
	*r = make(auditRequires, len(loose))
	for name, v := range loose {
		if s, ok := v.(string); ok {
			(*r)[name] = s
		}
	}
	return nil
}

type auditMetadata struct {
	NpmVersion  string `json:"npm_version,omitempty"`
	NodeVersion string `json:"node_version,omitempty"`
	Platform    string `json:"platform,omitempty"`
}

// scrubber takes out of an audit tree what must not leave.
type scrubber struct {
	ctx   context.Context
	names *auditNames
	reg   *upstream.Registry

	nodes  int
	placed map[place]*auditNode
	last   map[place]*auditNode
	depth  map[place]int
}

// place is where a version of a package stands; last has no version.
type place struct {
	parent        *auditNode
	name, version string
}

// maxAuditNodes bounds the packages of one audit. The largest applications
// have some ten thousand.
const maxAuditNodes = 50_000

// maxAuditVersions bounds those of one package that larder itself compares with
// its advisories.
const maxAuditVersions = 1_000

// maxMovedUp bounds the versions of one package at one place: they hang below
// each other, and no reader takes JSON of any depth.
const maxMovedUp = 200

func newScrubber(ctx context.Context, names *auditNames, reg *upstream.Registry) *scrubber {
	return &scrubber{ctx: ctx, names: names, reg: reg,
		placed: make(map[place]*auditNode), last: make(map[place]*auditNode), depth: make(map[place]int)}
}

// root scrubs a whole tree. What the project and its workspaces are called is
// not upstream's business.
func (s *scrubber) root(tree *auditNode) (*auditNode, error) {
	out := &auditNode{Name: "project", Version: "0.0.0", Metadata: tree.Metadata,
		Requires: make(auditRequires), Dependencies: make(map[string]*auditNode, len(tree.Dependencies))}
	for _, project := range tree.projects() {
		requires, err := s.requires(project.Requires)
		if err != nil {
			return nil, err
		}
		maps.Copy(out.Requires, requires)
		if err := s.into(out, project.Dependencies); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// into copies dependencies below a node. What a private package brought along
// moves up in its place, so that public packages below it are still audited.
func (s *scrubber) into(parent *auditNode, deps map[string]*auditNode) error {
	for name, dep := range deps {
		if dep == nil {
			continue
		}
		if err := s.admit(); err != nil {
			return err
		}
		public, err := s.public(name)
		if err != nil {
			return err
		}
		below := parent
		if public && isVersion(dep.Version) {
			if below, err = s.copied(parent, name, dep); err != nil {
				return err
			}
		}
		if err := s.into(below, dep.Dependencies); err != nil {
			return err
		}
	}
	return nil
}

// admit counts a package and refuses trees beyond all measure.
func (s *scrubber) admit() error {
	if s.nodes++; s.nodes > maxAuditNodes {
		return auditTooLarge()
	}
	return s.ctx.Err()
}

// copied puts a package below parent, or deeper where the name is taken by
// another version that moved up, and returns it.
func (s *scrubber) copied(parent *auditNode, name string, dep *auditNode) (*auditNode, error) {
	at := place{parent, name, dep.Version}
	if n, ok := s.placed[at]; ok {
		return n, nil
	}
	requires, err := s.requires(dep.Requires)
	if err != nil {
		return nil, err
	}
	n := &auditNode{Version: dep.Version, Integrity: cleanIntegrity(dep.Integrity), Requires: requires,
		Dev: dep.Dev, Optional: dep.Optional, Bundled: dep.Bundled}
	top := place{parent: parent, name: name}
	if tail := s.last[top]; tail != nil {
		parent = tail
	}
	for parent.Dependencies[name] != nil {
		parent = parent.Dependencies[name]
	}
	if s.depth[top]++; s.depth[top] > maxMovedUp {
		return nil, auditTooLarge()
	}
	if parent.Dependencies == nil {
		parent.Dependencies = make(map[string]*auditNode)
	}
	parent.Dependencies[name] = n
	s.placed[at], s.last[top] = n, n
	return n, nil
}

func (s *scrubber) requires(in auditRequires) (auditRequires, error) {
	out := make(auditRequires, len(in))
	for name, spec := range in {
		public, err := s.public(name)
		if err != nil {
			return nil, err
		}
		// Aliases, git URLs and paths can name what is private.
		if _, err := npm.ParseRange(spec); public && err == nil {
			out[name] = spec
		}
	}
	return out, nil
}

func (s *scrubber) public(text string) (bool, error) {
	public, err := s.names.public(text)
	if !public || err != nil {
		return false, err
	}
	reg, ok := s.names.p.auditRoute(text)
	return ok && reg == s.reg, nil
}

func cleanIntegrity(text string) string {
	i, err := npm.ParseIntegrity(text)
	if err != nil {
		return ""
	}
	return i.String()
}
