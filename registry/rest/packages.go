package rest

import (
	"context"
	"strconv"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/record"
)

// packageRoutes are those of GitLab documentation, "Packages API", and larder's
// own way back from a deletion.
func packageRoutes() []Route {
	const list, one = "/projects/:id/packages", "/projects/:id/packages/:package_id"
	const files, file = one + "/package_files", one + "/package_files/:package_file_id"
	return []Route{
		{Name: "packages", Method: "GET", Path: list, Run: (*API).listPackages},
		{Name: "group_packages", Method: "GET", Path: "/groups/:id/packages", Run: (*API).listGroupPackages},
		{Name: "package", Method: "GET", Path: one, Run: (*API).showPackage},
		{Name: "package", Method: "DELETE", Path: one, Run: (*API).deletePackage},
		{Name: "package_pipelines", Method: "GET", Path: one + "/pipelines", Run: (*API).listPackagePipelines},
		{Name: "package_files", Method: "GET", Path: files, Run: (*API).listPackageFiles},
		{Name: "package_file", Method: "DELETE", Path: file, Run: (*API).deletePackageFile},
		{Name: "package_file_download", Method: "GET", Path: file + "/download", Run: (*API).downloadPackageFile},
		{Name: "package_restore", Method: "POST", Path: "/larder/packages/:id/restore", SignedIn: true,
			Run: (*API).restorePackage},
	}
}

// ofPackages finds the project of a request about packages. Deploy tokens are
// for npm's routes alone (GitLab documentation, "Deploy tokens").
func (a *API) ofPackages(ctx context.Context, r *Request) (*accounts.Project, error) {
	if r.Principal.Kind == accounts.Deploy {
		return nil, errUnauthenticated()
	}
	pr, _, err := a.project(ctx, r)
	return pr, err
}

// listPackages answers "GET …/packages" of a project.
func (a *API) listPackages(ctx context.Context, r *Request) (*Response, error) {
	pr, err := a.ofPackages(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.packageList(ctx, r, registry.ListQuery{Project: pr})
}

// listGroupPackages answers "GET …/packages" of a group. Jobs belong to a
// project and ask there.
func (a *API) listGroupPackages(ctx context.Context, r *Request) (*Response, error) {
	if r.Principal.Kind == accounts.Deploy || r.Principal.Kind == accounts.Job {
		return nil, errUnauthenticated()
	}
	g, _, err := a.group(ctx, r)
	if err != nil {
		return nil, err
	}
	only, err := r.Params.Truth("exclude_subgroups")
	if err != nil {
		return nil, err
	}
	return a.packageList(ctx, r, registry.ListQuery{Group: g, Subgroups: !only})
}

// packageList answers with a page of packages.
func (a *API) packageList(ctx context.Context, r *Request, q registry.ListQuery) (*Response, error) {
	var err error
	if q.Packages, err = r.packageQuery(q.Group != nil); err != nil {
		return nil, err
	}
	keyset, err := r.keyset()
	if err != nil {
		return nil, err
	}
	p, err := r.paging()
	if err != nil {
		return nil, err
	}
	q.Window = catalog.Window{Offset: p.offset(), Limit: p.size}
	if keyset {
		if q.Window.After, err = r.packageCursor(q.Packages); err != nil {
			return nil, err
		}
		q.Window.Offset = 0
	}
	page, err := a.deps.Registry.ListPackages(ctx, r.caller(), q)
	if err != nil {
		return nil, err
	}
	views := make([]packageView, 0, len(page.Packages))
	for _, item := range page.Packages {
		v := r.viewPackage(item)
		if q.Group != nil {
			v.ProjectID = item.ProjectID
		}
		if q.Group != nil && a.deps.Accounts.ProjectAccess(r.Principal, item.Project).See {
			v.ProjectPath = item.Project.FullPath
		}
		views = append(views, v)
	}
	if !keyset {
		return r.paged(p, page.Total, views), nil
	}
	var next map[string]string
	if page.Next != nil {
		next = map[string]string{"cursor": writePackageCursor(q.Packages, *page.Next), "per_page": strconv.Itoa(p.size)}
	}
	return r.keyed(views, next), nil
}

// keyset tells whether the list is to be walked by keys.
func (r *Request) keyset() (bool, error) {
	word, err := r.Params.OneOf("pagination", "offset", "offset", "legacy", "keyset")
	return word == "keyset", err
}

// packageOrders are the orders of packages by GitLab's words.
var packageOrders = map[string]catalog.Order{"created_at": catalog.ByCreated, "name": catalog.ByName,
	"version": catalog.ByVersion, "type": catalog.ByType, "project_path": catalog.ByProjectPath}

// packageQuery reads which packages are wanted, and in which order.
func (r *Request) packageQuery(ofGroup bool) (catalog.Query, error) {
	q := catalog.Query{}
	orders := []string{"created_at", "name", "version", "type"}
	if ofGroup {
		orders = append(orders, "project_path")
	}
	order, err := r.Params.OneOf("order_by", "created_at", orders...)
	if err != nil {
		return q, err
	}
	q.Order = packageOrders[order]
	if q.Desc, err = r.Params.descending("asc"); err != nil {
		return q, err
	}
	kind, err := r.Params.Text("package_type")
	switch {
	case err != nil:
		return q, err
	case kind != nil:
		if q.Type = record.PackageType(*kind); q.Type.Number() == 0 {
			return q, errValue("package_type")
		}
	}
	status, err := r.Params.OneOf("status", "", statuses()...)
	if err != nil {
		return q, err
	}
	if status != "" {
		q.Statuses = []record.Status{record.Status(status)}
	}
	if q.Search, err = r.Params.Word("package_name", ""); err != nil {
		return q, err
	}
	if q.Version, err = r.Params.Word("package_version", ""); err != nil {
		return q, err
	}
	q.Versionless, err = r.Params.Truth("include_versionless")
	return q, err
}

// statuses are those that a list can be asked for.
func statuses() []string {
	var out []string
	for _, s := range []record.Status{record.StatusDefault, record.StatusHidden, record.StatusProcessing, record.StatusError,
		record.StatusPendingDestruction, record.StatusDeprecated} {
		out = append(out, string(s))
	}
	return out
}
