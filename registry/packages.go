package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// ListQuery asks for a page of the packages of one project or one group.
type ListQuery struct {
	// Project or Group is whose packages are meant; without both, everybody's.
	Project *accounts.Project
	Group   *accounts.Group
	// Subgroups adds the projects of the groups below Group.
	Subgroups bool
	// Packages tells which of them and in which order. Its Projects and All are
	// filled in here.
	Packages catalog.Query
	// Window is the page.
	Window catalog.Window
}

// PackagePage is a page of a list of packages.
type PackagePage struct {
	Packages []PackageItem
	// Total is the number of packages in the whole list.
	Total int
	// Next leads to the next page of a walk; nil at the end.
	Next *catalog.Position
}

// ListPackages lists packages of a project that the caller may read, or of those
// projects of a group that it may read. A token that is limited to some packages
// lists nothing but the versions of those.
func (s *Service) ListPackages(ctx context.Context, c Caller, q ListQuery) (PackagePage, error) {
	if !covers(c, record.Package{Type: q.Packages.Type, Name: q.Packages.Name}) {
		return PackagePage{}, errLimited()
	}
	projects, err := s.listable(ctx, c, q)
	if err != nil {
		return PackagePage{}, err
	}
	q.Packages.Projects, q.Packages.All = nil, false
	q.Packages.Projects = make([]int64, 0, len(projects))
	for _, pr := range projects {
		q.Packages.Projects = append(q.Packages.Projects, pr.ID)
	}
	found, err := s.deps.Catalog.Page(ctx, q.Packages, q.Window)
	if err != nil {
		return PackagePage{}, err
	}
	items, err := s.items(ctx, c, found.IDs)
	return PackagePage{Packages: items, Total: found.Total, Next: found.Next}, err
}

// errLimited refuses lists to a token for some packages: what it may not read
// must not be counted either.
func errLimited() error {
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G46", Code: "E_TOKEN_PACKAGES",
		Message: "Forbidden - this token is limited to some packages and cannot list them",
		Text:    "this token is limited to some packages and cannot list them"}
}

// listable returns the projects that a list is made of, by number.
func (s *Service) listable(ctx context.Context, c Caller, q ListQuery) ([]*accounts.Project, error) {
	if q.Project != nil {
		_, err := s.readable(c, q.Project)
		return []*accounts.Project{q.Project}, err
	}
	if q.Group != nil && !s.deps.Accounts.GroupAccess(c.Principal, q.Group).See {
		return nil, errNoGroup()
	}
	tree, err := s.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	if q.Group == nil {
		return s.readableOf(c, tree, tree.Projects()), nil
	}
	return s.readableOf(c, tree, tree.Below(q.Group.ID, q.Subgroups)), nil
}

// readableOf returns those of a list of projects whose packages the caller may
// read.
func (s *Service) readableOf(c Caller, tree *accounts.Tree, list []*accounts.Project) []*accounts.Project {
	ids := s.deps.Accounts.Readable(c.Principal, list)
	if len(ids) == len(list) {
		return list
	}
	out := make([]*accounts.Project, 0, len(ids))
	for _, id := range ids {
		if pr, ok := tree.Project(id); ok {
			out = append(out, pr)
		}
	}
	return out
}

// readable checks that the caller may read packages of a project, in the order
// and the words of GitLab's REST API: what cannot be seen does not exist, and
// everything else that is not allowed is forbidden, to the anonymous too.
func (s *Service) readable(c Caller, pr *accounts.Project) (accounts.Access, error) {
	access := s.deps.Accounts.ProjectAccess(c.Principal, pr)
	switch {
	case access.Read:
		return access, nil
	case !access.See:
		return access, errNoProject()
	}
	return access, errForbidden("reading packages is not allowed in " + pr.FullPath)
}

func errForbidden(text string) error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Text: text}
}

// covers tells whether the caller's token may be used for a package.
func covers(c Caller, p record.Package) bool {
	if len(c.Principal.Token.Packages) == 0 {
		return true
	}
	name, err := npm.ParseName(p.Name)
	return err == nil && p.Type == record.NPM && c.Principal.Covers(name)
}

// errUncoveredPackage is errUncovered for a package of any type.
func errUncoveredPackage(p record.Package) error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Guard: "G46", Code: "E_TOKEN_PACKAGES",
		Package: p.Name, Text: "this token is limited to other packages"}
}

// items reads packages with what lists show of them, in the order of ids. One
// that has gone since is left out.
func (s *Service) items(ctx context.Context, c Caller, ids []int64) ([]PackageItem, error) {
	owners, err := s.owners(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []PackageItem
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		out = make([]PackageItem, 0, len(ids))
		r := newItemReader(s, c, tx)
		for _, p := range owners {
			item, err := r.item(p.Package, p.project)
			if err != nil {
				return err
			}
			out = append(out, item)
		}
		return nil
	})
	return out, err
}

// owned is a package with its project.
type owned struct {
	record.Package
	project *accounts.Project
}

// owners reads packages and finds their projects, which are remembered outside
// of transactions.
func (s *Service) owners(ctx context.Context, ids []int64) ([]owned, error) {
	var list []owned
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		list = make([]owned, 0, len(ids))
		return eachOf(tx.Catalog(), ids, func(p record.Package) error {
			list = append(list, owned{Package: p})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	for i, p := range list {
		pr, err := s.deps.Accounts.ProjectByID(ctx, p.ProjectID)
		switch {
		case err == nil:
			list[i].project = pr
		case !errors.Is(err, npm.ErrNotFound):
			return nil, err
		}
	}
	return slices.DeleteFunc(list, func(p owned) bool { return p.project == nil }), nil
}
