package record

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// AccessLevel is a role as GitLab numbers it.
type AccessLevel int

// The access levels (docs.gitlab.com, "Roles and permissions"). Admin is that
// of protection rules; no member has it.
const (
	NoAccess   AccessLevel = 0
	Guest      AccessLevel = 10
	Reporter   AccessLevel = 20
	Developer  AccessLevel = 30
	Maintainer AccessLevel = 40
	Owner      AccessLevel = 50
	Admin      AccessLevel = 60
)

var accessWords = map[AccessLevel]string{NoAccess: "none", Guest: "guest", Reporter: "reporter",
	Developer: "developer", Maintainer: "maintainer", Owner: "owner", Admin: "admin"}

// String returns the role's word.
func (l AccessLevel) String() string {
	if w, ok := accessWords[l]; ok {
		return w
	}
	return fmt.Sprintf("level(%d)", int(l))
}

// ParseAccessLevel reads a role's word.
func ParseAccessLevel(word string) (AccessLevel, error) {
	for l, w := range accessWords {
		if w == word {
			return l, nil
		}
	}
	return NoAccess, fmt.Errorf("access level %q: %w", word, npm.ErrInvalid)
}

// Visibility tells who may see a group or project.
type Visibility string

// The visibilities.
const (
	// PrivateVisibility things are seen by members.
	PrivateVisibility Visibility = "private"
	// InternalVisibility things are seen by everybody who signed in.
	InternalVisibility Visibility = "internal"
	// PublicVisibility things are seen by all.
	PublicVisibility Visibility = "public"
)

// RegistryAccess is a project's package_registry_access_level.
type RegistryAccess string

// The levels of a project's package registry (docs.gitlab.com, "Package
// registry visibility permissions").
const (
	// RegistryDisabled switches the registry of the project off.
	RegistryDisabled RegistryAccess = "disabled"
	// RegistryMembers opens it to members alone, whatever the visibility.
	RegistryMembers RegistryAccess = "private"
	// RegistryEnabled opens it to whoever sees the project.
	RegistryEnabled RegistryAccess = "enabled"
	// RegistryEveryone lets everybody pull, also from a private project.
	RegistryEveryone RegistryAccess = "public"
)

// SourceKind tells groups from projects.
type SourceKind string

// The kinds of sources.
const (
	GroupSource   SourceKind = "group"
	ProjectSource SourceKind = "project"
)

// Source is a group or a project: what has members and deploy tokens.
type Source struct {
	Kind SourceKind `json:"kind,omitempty"`
	ID   int64      `json:"id,omitempty"`
}

// Forwarding says whether names that are not local go upstream.
type Forwarding struct {
	// Enabled is npm_package_requests_forwarding; nil inherits.
	Enabled *bool `json:"enabled,omitempty"`
	// Locked is lock_npm_package_requests_forwarding: what is below cannot
	// choose.
	Locked bool `json:"locked,omitempty"`
}

// Group holds projects and further groups.
type Group struct {
	// ID is assigned by the store. Groups and projects have numbers of their
	// own.
	ID int64 `json:"id"`
	// ParentID is the group above; zero at the top.
	ParentID int64 `json:"parent_id,omitempty"`
	// Path is the group's own part of its full path; unique in any case among
	// its siblings, projects included.
	Path string `json:"path"`
	// FullPath is filled in by the store ("acme/web"); writing ignores it.
	FullPath    string     `json:"-"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Visibility  Visibility `json:"visibility"`
	Forwarding  Forwarding `json:"forwarding,omitzero"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
}

// Validate refuses a group that no store may keep.
func (g Group) Validate() error {
	return errors.Join(checkPath(g.Path), check("name", g.Name, 1, maxText), check("description", g.Description, 0, maxDeclared),
		checkVisibility(g.Visibility))
}

// Project holds packages.
type Project struct {
	// ID is assigned by the store.
	ID int64 `json:"id"`
	// GroupID is the group that the project is in; never zero.
	GroupID int64 `json:"group_id"`
	// Path see Group.Path.
	Path string `json:"path"`
	// FullPath is filled in by the store ("acme/web/app"); writing ignores it.
	FullPath    string     `json:"-"`
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Visibility  Visibility `json:"visibility"`
	// Registry is the level of the project's package registry.
	Registry   RegistryAccess `json:"registry"`
	Forwarding Forwarding     `json:"forwarding,omitzero"`
	CreatorID  int64          `json:"creator_id,omitempty"`
	CreatedAt  time.Time      `json:"created_at"`
	UpdatedAt  time.Time      `json:"updated_at"`
}

// Validate refuses a project that no store may keep.
func (p Project) Validate() error {
	err := errors.Join(checkPath(p.Path), check("name", p.Name, 1, maxText), check("description", p.Description, 0, maxDeclared),
		checkVisibility(p.Visibility))
	switch p.Registry {
	case RegistryDisabled, RegistryMembers, RegistryEnabled, RegistryEveryone:
	default:
		err = errors.Join(err, fmt.Errorf("registry access %q: %w", p.Registry, npm.ErrInvalid))
	}
	if p.GroupID == 0 {
		err = errors.Join(err, fmt.Errorf("project without a group: %w", npm.ErrInvalid))
	}
	return err
}

// Member is a user's role in a group or project. Roles of a group hold for
// everything below it.
type Member struct {
	Source    Source      `json:"source"`
	UserID    int64       `json:"user_id"`
	Level     AccessLevel `json:"level"`
	CreatedAt time.Time   `json:"created_at"`
	// ExpiresAt is zero for a membership that does not expire.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Validate refuses a member that no store may keep.
func (m Member) Validate() error {
	if _, ok := accessWords[m.Level]; !ok || m.Level == NoAccess || m.Level == Admin {
		return fmt.Errorf("member with level %d: %w", m.Level, npm.ErrInvalid)
	}
	if m.UserID == 0 || m.Source.ID == 0 || m.Source.Kind != GroupSource && m.Source.Kind != ProjectSource {
		return fmt.Errorf("member of nothing: %w", npm.ErrInvalid)
	}
	return nil
}

// Rule protects packages of a project whose names match (docs.gitlab.com,
// "Package protection rules").
type Rule struct {
	// ID is assigned by the store.
	ID        int64 `json:"id"`
	ProjectID int64 `json:"project_id"`
	// Pattern is a name in which "*" stands for any text.
	Pattern string      `json:"pattern"`
	Type    PackageType `json:"type"`
	// Push and Delete are the least roles for it; NoAccess protects nothing.
	Push      AccessLevel `json:"push,omitempty"`
	Delete    AccessLevel `json:"delete,omitempty"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
}

// Validate refuses a rule that no store may keep.
func (r Rule) Validate() error {
	if r.ProjectID == 0 {
		return fmt.Errorf("rule of no project: %w", npm.ErrInvalid)
	}
	return errors.Join(check("pattern", r.Pattern, 1, 255), r.Type.validate())
}

// Pipeline is a run of a build system that publishes packages.
type Pipeline struct {
	// ID is assigned by the store, and so is IID, which counts within the
	// project.
	ID        int64 `json:"id"`
	IID       int64 `json:"iid"`
	ProjectID int64 `json:"project_id"`
	// UserID is whose rights its job token has.
	UserID    int64     `json:"user_id"`
	Ref       string    `json:"ref"`
	SHA       string    `json:"sha"`
	Status    string    `json:"status"`
	Source    string    `json:"source"`
	WebURL    string    `json:"web_url,omitempty"`
	TokenID   int64     `json:"token_id,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Validate refuses a pipeline that no store may keep.
func (p Pipeline) Validate() error {
	if p.ProjectID == 0 {
		return fmt.Errorf("pipeline of no project: %w", npm.ErrInvalid)
	}
	return errors.Join(check("ref", p.Ref, 1, maxText), check("sha", p.SHA, 1, 64), check("status", p.Status, 1, 64),
		check("source", p.Source, 1, 64), check("web URL", p.WebURL, 0, maxDeclared))
}

func checkVisibility(v Visibility) error {
	switch v {
	case PrivateVisibility, InternalVisibility, PublicVisibility:
		return nil
	}
	return fmt.Errorf("visibility %q: %w", v, npm.ErrInvalid)
}

// checkPath bounds a path as GitLab does: letters, digits, "_", "-" and ".",
// not at the ends, and nothing that could be taken for a number or a route.
func checkPath(path string) error {
	if err := check("path", path, 1, 255); err != nil {
		return err
	}
	for i := range len(path) {
		c := path[i]
		plain := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !plain && (c != '-' && c != '.' || i == 0) {
			return badPath(path)
		}
	}
	last := path[len(path)-1]
	digits := strings.Trim(path, "0123456789") == ""
	if last == '.' || last == '-' || digits || strings.Contains(path, "..") ||
		strings.HasSuffix(path, ".git") || strings.HasSuffix(path, ".atom") {
		return badPath(path)
	}
	return nil
}

func badPath(path string) error { return fmt.Errorf("path %q: %w", path, npm.ErrInvalid) }
