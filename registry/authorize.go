package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// writeKind is a sort of write. Each has a role that it needs and the side of
// protection rules that it is held to.
type writeKind uint8

const (
	// pushing adds: versions, dist-tags.
	pushing writeKind = iota
	// changing rewrites what is there: deprecation, maintainers, removing tags.
	changing
	// deleting takes versions away.
	deleting
	// starring notes that somebody likes a package.
	starring
)

var writeNames = [...]string{pushing: "publishing", changing: "changing a package", deleting: "deleting packages",
	starring: "starring"}

// authorize is asked before every write. It checks, in this order, that the
// caller signed in, sees the project, has the role, that the token covers the
// name, and that no protection rule forbids it.
func (s *Service) authorize(ctx context.Context, c Caller, pr *accounts.Project, name npm.Name, kind writeKind) error {
	if c.anonymous() {
		return errSignIn()
	}
	access := s.deps.Accounts.ProjectAccess(c.Principal, pr)
	if !access.See && !access.Read {
		return errNoProject()
	}
	if err := mayWrite(c, access, pr, kind); err != nil {
		return err
	}
	if !c.Principal.Covers(name) {
		return errUncovered(name)
	}
	return s.protected(ctx, c, pr, name, kind)
}

func mayWrite(c Caller, access accounts.Access, pr *accounts.Project, kind writeKind) error {
	if pr.Registry == record.RegistryDisabled {
		return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden",
			Text: "the package registry of " + pr.FullPath + " is switched off"}
	}
	allowed, need := access.Push, record.Developer
	switch kind {
	case changing, deleting:
		allowed, need = access.Destroy, record.Maintainer
	case starring:
		return mayStar(c, access, pr)
	}
	switch {
	case allowed:
		return nil
	case access.Level >= need || c.Principal.Kind == accounts.Deploy:
		return errScope(kind, pr) // the role would do
	}
	return errRole(writeNames[kind], pr.FullPath, need, access.Level)
}

// mayStar lets everybody star what they may read, members or not, but no
// machine and no token that only reads.
func mayStar(c Caller, access accounts.Access, pr *accounts.Project) error {
	switch {
	case c.Principal.Kind == accounts.Deploy:
		return errNoPerson()
	case !access.Read:
		return errRole(writeNames[starring], pr.FullPath, record.Guest, access.Level)
	case !c.Principal.Writes():
		return errScope(starring, pr)
	}
	return nil
}

// errScope is the refusal of a token that lacks the scope for a write.
func errScope(kind writeKind, pr *accounts.Project) error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Guard: "G46", Code: "E_TOKEN_SCOPE",
		Text: writeNames[kind] + " in " + pr.FullPath + " needs a token with the scope api or write_package_registry"}
}

// protected asks the protection rules of a project about an npm name.
func (s *Service) protected(ctx context.Context, c Caller, pr *accounts.Project, name npm.Name, kind writeKind) error {
	return s.guarded(ctx, c, pr, guardedWrite{kind: kind, packageType: record.NPM, name: name.Fold()})
}

// guardedWrite is a write that protection rules may forbid.
type guardedWrite struct {
	kind        writeKind
	packageType record.PackageType
	// name is in lower case.
	name string
}

// guarded asks the protection rules of a project. One rule that matches and
// whose role the caller lacks forbids; deploy tokens have none. Case does not
// count: no spelling of a protected name is free.
func (s *Service) guarded(ctx context.Context, c Caller, pr *accounts.Project, w guardedWrite) error {
	rules, err := s.rulesOf(ctx, pr.ID)
	if err != nil {
		return err
	}
	level := s.deps.Accounts.ProjectAccess(c.Principal, pr).Level
	if c.Principal.Kind == accounts.Deploy {
		level = record.NoAccess
	}
	for _, r := range rules {
		need, text := r.Push, "Package protected."
		if w.kind == deleting {
			need, text = r.Delete, "Package is deletion protected."
		}
		if need == record.NoAccess || level >= need || r.Type != w.packageType || !wildcard(strings.ToLower(r.Pattern), w.name) {
			continue
		}
		return &npm.Error{Kind: npm.ErrForbidden, Guard: "G45", Code: "E_PROTECTED", Package: w.name,
			Message: "Forbidden - " + text, Text: text}
	}
	return nil
}

func (s *Service) rulesOf(ctx context.Context, project int64) ([]record.Rule, error) {
	if rules, ok := s.rules.Get(project); ok {
		return rules, nil
	}
	generation := s.rules.Begin()
	var rules []record.Rule
	err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
		rules, err = tx.Spaces().Rules(project)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read protection rules: %w", err)
	}
	s.rules.Keep(project, rules, generation)
	return rules, nil
}

// target finds the project that a write of a name goes to and checks that the
// caller may do it there.
func (s *Service) target(ctx context.Context, c Caller, p Place, name npm.Name, kind writeKind) (*accounts.Project, error) {
	if c.anonymous() {
		return nil, errSignIn()
	}
	pr, err := s.choose(ctx, c, p, name)
	if err != nil {
		return nil, err
	}
	err = s.authorize(ctx, c, pr, name, kind)
	if p.Kind == RootPlace && pr.FullPath == defaultProject {
		err = s.unmapped(err, name)
	}
	return pr, err
}

// unmapped adds to the refusal of a write to local/npm why it went there:
// whoever is refused named no project, and looks for the mistake elsewhere.
func (s *Service) unmapped(err error, name npm.Name) error {
	var refusal *npm.Error
	_, mapped := s.opts.Publish[name.Scope()]
	if mapped || name.Scope() == "" || !errors.As(err, &refusal) || refusal.Guard != "" {
		return err
	}
	told := *refusal
	told.Text += "; names.publish maps " + name.Scope() + " to no other project"
	return &told
}

// choose finds the project of a write: the one that was addressed, else the one
// that holds the name, else the one that its scope maps to, else, at the root,
// local/npm.
func (s *Service) choose(ctx context.Context, c Caller, p Place, name npm.Name) (*accounts.Project, error) {
	w, err := s.enter(ctx, c, p)
	if err != nil {
		return nil, err
	}
	if w.kind == ProjectPlace {
		return w.project, nil
	}
	held, err := s.holdersOf(ctx, name)
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(h holder) bool { return !w.holds(h.project) })
	switch {
	case len(held) == 1:
		return held[0].project, nil
	case len(held) > 1:
		return nil, &npm.Error{Kind: npm.ErrInvalid, Package: name.String(),
			Text: fmt.Sprintf("several projects hold %s: write to one of them, at /api/v4/projects/ID/packages/npm/", name)}
	}
	return s.chooseNew(ctx, w, name)
}

// defaultProject takes what the root can place nowhere else.
const defaultProject = "local/npm"

// chooseNew finds the project of a name that no project of the place holds.
func (s *Service) chooseNew(ctx context.Context, w where, name npm.Name) (*accounts.Project, error) {
	path, mapped := s.opts.Publish[name.Scope()]
	if name.Scope() == "" {
		mapped = false
	}
	if !mapped && w.kind != GroupPlace {
		path = defaultProject
	}
	if path != "" {
		pr, err := s.deps.Accounts.Project(ctx, path)
		switch {
		case err == nil && w.holds(pr):
			return pr, nil
		case err != nil && !errors.Is(err, npm.ErrNotFound):
			return nil, err
		}
	}
	if w.kind == GroupPlace {
		return nil, &npm.Error{Kind: npm.ErrInvalid, Package: name.String(),
			Text: fmt.Sprintf("no project of %s is mapped to %s: add names.publish {\"%s\": %s/PROJECT}, or publish to /api/v4/projects/ID/packages/npm/",
				w.group.FullPath, name, scopeWord(name), w.group.FullPath)}
	}
	return nil, &npm.Error{Kind: npm.ErrInvalid, Package: name.String(),
		Text: fmt.Sprintf("names.publish maps %s to %s, which does not exist: create the project or change the mapping", scopeWord(name), path)}
}

func scopeWord(name npm.Name) string {
	if scope := name.Scope(); scope != "" {
		return scope
	}
	return "@scope"
}

// wildcard tells whether text matches a pattern in which "*" stands for any
// text, as GitLab's rules have it.
func wildcard(pattern, text string) bool {
	// star and mark are where matching goes on when what follows the last star
	// does not fit.
	star, mark, p, t := -1, 0, 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
