package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// checkScope refuses a new name in the scope of another team: one that
// names.publish maps to that team's project, or that is the path of its group,
// as GitLab's convention has it. Whoever may publish there may publish the name
// elsewhere too.
func (p *Put) checkScope(ctx context.Context) error {
	scope := p.name.Scope()
	if scope == "" || len(p.pushes) > 0 || p.caller.Principal.Admin {
		return nil
	}
	if path, mapped := p.s.opts.Publish[scope]; mapped {
		pr, err := p.s.deps.Accounts.Project(ctx, path)
		if err == nil && !p.mayJoin(pr.FullPath, p.s.deps.Accounts.ProjectAccess(p.caller.Principal, pr)) {
			return p.errScope(scope)
		}
		return ignoreAbsence(err)
	}
	if strings.Trim(scope, "@0123456789") == "" {
		return nil // it would be taken for the number of a group
	}
	g, err := p.s.deps.Accounts.Group(ctx, scope[1:])
	if err == nil && !p.mayJoin(g.FullPath, p.s.deps.Accounts.GroupAccess(p.caller.Principal, g)) {
		return p.errScope(scope)
	}
	return ignoreAbsence(err)
}

// mayJoin tells whether the caller or the project belongs to the team of a full
// path.
func (p *Put) mayJoin(full string, access accounts.Access) bool {
	return strings.EqualFold(topOf(full), topOf(p.project.FullPath)) || access.Push
}

func ignoreAbsence(err error) error {
	if errors.Is(err, npm.ErrNotFound) {
		return nil
	}
	return err
}

func (p *Put) errScope(scope string) error {
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G02", Code: "E_SCOPE_OWNED", Package: p.name.String(), Message: "Forbidden",
		Text: fmt.Sprintf("scope %s belongs to another group; choose a name of your own scope", scope)}
}
