package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// packageRef finds the project of a request about one package and reads the
// package's number.
func (a *API) packageRef(ctx context.Context, r *Request) (registry.PackageRef, error) {
	pr, err := a.ofPackages(ctx, r)
	if err != nil {
		return registry.PackageRef{}, err
	}
	id, err := r.Params.ID("package_id")
	return registry.PackageRef{Project: pr, ID: id}, err
}

// packageError gives refusals of single packages GitLab's form.
func packageError(err error) error {
	switch {
	case errors.Is(err, registry.ErrFailed):
		return &Refusal{Status: http.StatusNotFound, Text: "Package not found"}
	case errors.Is(err, registry.ErrModified):
		return errModified()
	}
	return err
}

// showPackage answers "GET …/packages/:package_id".
func (a *API) showPackage(ctx context.Context, r *Request) (*Response, error) {
	ref, err := a.packageRef(ctx, r)
	if err != nil {
		return nil, err
	}
	d, err := a.deps.Registry.ShowPackage(ctx, r.caller(), ref)
	if err != nil {
		return nil, packageError(err)
	}
	return ok(r.viewSinglePackage(d)), nil
}

// deletePackage answers "DELETE …/packages/:package_id".
func (a *API) deletePackage(ctx context.Context, r *Request) (*Response, error) {
	ref, err := a.packageRef(ctx, r)
	if err != nil {
		return nil, err
	}
	done, err := a.deps.Registry.DestroyPackage(ctx, r.caller(), ref, r.Unmodified)
	if err != nil {
		return nil, packageError(err)
	}
	return r.destroyed(done, done.Package.Type == record.NPM), nil
}

// Headers of the answer to a deletion, which has no body.
const (
	headerNotice     = "X-Larder-Notice"
	headerRestorable = "X-Larder-Restorable-Until"
)

// destroyed tells what a deletion leaves: a number that is taken for ever, and a
// way back for some time.
func (r *Request) destroyed(d registry.Destroyed, reserved bool) *Response {
	until := d.RestorableUntil.UTC().Format(time.RFC3339)
	notice := "restorable until " + until + " with POST " + r.api("/larder/packages/"+strconv.FormatInt(d.Package.ID, 10)+"/restore")
	if reserved {
		notice = "the name and the version number stay reserved and cannot be published again; " + notice
	}
	resp := noContent()
	resp.Header = []Header{{headerNotice, notice}, {headerRestorable, until}}
	return resp
}

// restorePackage answers "POST /larder/packages/:id/restore".
func (a *API) restorePackage(ctx context.Context, r *Request) (*Response, error) {
	if r.Principal.Kind == accounts.Deploy {
		return nil, errUnauthenticated() // see ofPackages
	}
	id, err := r.Params.ID("id")
	if err != nil {
		return nil, err
	}
	item, err := a.deps.Registry.RestorePackage(ctx, r.caller(), id)
	if err != nil {
		return nil, err
	}
	v := r.viewPackage(item)
	v.ProjectID, v.ProjectPath = item.ProjectID, item.Project.FullPath
	return ok(v), nil
}

// maxLines is how many pipelines of a package a page has at most.
const maxLines = 20

// listPackagePipelines answers "GET …/packages/:package_id/pipelines".
func (a *API) listPackagePipelines(ctx context.Context, r *Request) (*Response, error) {
	ref, err := a.packageRef(ctx, r)
	if err != nil {
		return nil, err
	}
	size := int64(maxLines)
	wanted, err := r.Params.Int("per_page")
	switch {
	case err != nil:
		return nil, err
	case wanted != nil:
		size = *wanted
	}
	if size < 1 || size > maxLines {
		return nil, errValue("per_page")
	}
	cursor, err := r.lineCursor()
	if err != nil {
		return nil, err
	}
	lines, err := a.deps.Registry.PackagePipelines(ctx, r.caller(), ref)
	if err != nil {
		return nil, packageError(err)
	}
	from, to := cursor.window(lines, int(size))
	resp := ok(viewLines(lines[from:to]))
	resp.Header = r.lineLinks(lines, from, to)
	return resp, nil
}

// window returns the bounds of a page of pipelines, which are newest first.
func (c lineCursor) window(lines []registry.PackagePipeline, size int) (from, to int) {
	switch {
	case c.ID == 0:
	case c.Kind == "p":
		to = beforeLine(lines, c.ID)
		return max(to-size, 0), to
	default:
		from = beforeLine(lines, c.ID-1)
	}
	return from, min(from+size, len(lines))
}

// beforeLine counts the pipelines whose numbers are above id.
func beforeLine(lines []registry.PackagePipeline, id int64) int {
	i := slices.IndexFunc(lines, func(p registry.PackagePipeline) bool { return p.ID <= id })
	if i < 0 {
		return len(lines)
	}
	return i
}

// lineLinks leads to the pages before and after a page of pipelines.
func (r *Request) lineLinks(lines []registry.PackagePipeline, from, to int) []Header {
	var links string
	if from > 0 && from < to {
		links = r.link("prev", map[string]string{"cursor": lineCursor{ID: lines[from].ID, Kind: "p"}.String()})
	}
	if from < to && to < len(lines) {
		if links != "" {
			links += ", "
		}
		links += r.link("next", map[string]string{"cursor": lineCursor{ID: lines[to-1].ID, Kind: "n"}.String()})
	}
	if links == "" {
		return nil
	}
	return []Header{{"Link", links}}
}
