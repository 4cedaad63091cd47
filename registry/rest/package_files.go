package rest

import (
	"context"
	"encoding/hex"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/record"
)

// fileOrders are the orders of files by GitLab's words.
var fileOrders = map[string]registry.FileOrder{"id": registry.FilesByID, "created_at": registry.FilesByCreated,
	"file_name": registry.FilesByName}

// listPackageFiles answers "GET …/package_files".
func (a *API) listPackageFiles(ctx context.Context, r *Request) (*Response, error) {
	ref, err := a.packageRef(ctx, r)
	if err != nil {
		return nil, err
	}
	order, err := r.Params.OneOf("order_by", "id", "id", "created_at", "file_name")
	if err != nil {
		return nil, err
	}
	desc, err := r.Params.descending("asc")
	if err != nil {
		return nil, err
	}
	p, err := r.paging()
	if err != nil {
		return nil, err
	}
	page, err := a.deps.Registry.PackageFiles(ctx, r.caller(), ref, registry.FileQuery{Order: fileOrders[order],
		Desc: desc, Offset: p.offset(), Limit: p.size})
	if err != nil {
		return nil, packageError(err)
	}
	views := make([]packageFileView, 0, len(page.Files))
	for _, f := range page.Files {
		views = append(views, viewPackageFile(f, page.Package.Pipelines))
	}
	return r.paged(p, page.Total, views), nil
}

func viewPackageFile(f record.File, lines []registry.PackagePipeline) packageFileView {
	return packageFileView{ID: f.ID, PackageID: f.PackageID, CreatedAt: timestamp(f.CreatedAt), FileName: f.Name, Size: f.Size,
		MD5: viewHash(f.MD5[:]), SHA1: viewHash(f.SHA1[:]), SHA256: viewHash(f.SHA256[:]), Pipelines: viewLines(lines)}
}

// viewHash writes a hash; null where it is not known.
func viewHash(sum []byte) *string {
	for _, b := range sum {
		if b != 0 {
			text := hex.EncodeToString(sum)
			return &text
		}
	}
	return nil
}

// fileRef finds the package of a request about one file and reads the file's
// number.
func (a *API) fileRef(ctx context.Context, r *Request) (registry.FileRef, error) {
	ref, err := a.packageRef(ctx, r)
	if err != nil {
		return registry.FileRef{}, err
	}
	id, err := r.Params.ID("package_file_id")
	return registry.FileRef{PackageRef: ref, FileID: id}, err
}

// downloadPackageFile answers "GET …/package_files/:package_file_id/download".
func (a *API) downloadPackageFile(ctx context.Context, r *Request) (*Response, error) {
	ref, err := a.fileRef(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := a.deps.Registry.OpenFile(ctx, r.caller(), ref)
	if err != nil {
		return nil, packageError(err)
	}
	if r.Fetches {
		a.deps.Registry.Downloaded(ref.ID)
	}
	return &Response{File: &File{Body: f.Body, Size: f.Size, Name: f.Name, ETag: f.ETag,
		Package: f.Package.Name, Version: f.Package.Version}}, nil
}

// deletePackageFile answers "DELETE …/package_files/:package_file_id".
func (a *API) deletePackageFile(ctx context.Context, r *Request) (*Response, error) {
	ref, err := a.fileRef(ctx, r)
	if err != nil {
		return nil, err
	}
	done, err := a.deps.Registry.DestroyFile(ctx, r.caller(), ref, r.Unmodified)
	if err != nil {
		return nil, packageError(err)
	}
	return r.destroyed(done, done.Package.Hollow), nil
}
