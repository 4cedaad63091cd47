package rest

import (
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/record"
)

// packageView is a package as GitLab shows it in lists. Project is told in lists
// of groups alone.
type packageView struct {
	ID               int64        `json:"id"`
	Name             string       `json:"name"`
	ConanName        string       `json:"conan_package_name,omitempty"`
	Version          *string      `json:"version"`
	Type             string       `json:"package_type"`
	Status           string       `json:"status"`
	Links            packageLinks `json:"_links"`
	CreatedAt        timestamp    `json:"created_at"`
	LastDownloadedAt timestamp    `json:"last_downloaded_at"`
	CreatorID        *int64       `json:"creator_id"`
	ProjectID        int64        `json:"project_id,omitempty"`
	ProjectPath      string       `json:"project_path,omitempty"`
	Tags             []tagView    `json:"tags"`
	packageBuild
}

// packageLinks lead to a package. There are pages only of what clients can get.
type packageLinks struct {
	WebPath       string `json:"web_path,omitempty"`
	DeleteAPIPath string `json:"delete_api_path,omitempty"`
}

// tagView is a dist-tag: a row of a table, as GitLab shows it.
type tagView struct {
	ID        int64     `json:"id"`
	PackageID int64     `json:"package_id"`
	Name      string    `json:"name"`
	CreatedAt timestamp `json:"created_at"`
	UpdatedAt timestamp `json:"updated_at"`
	ProjectID int64     `json:"project_id"`
}

// packageBuild are the pipelines that published a package, in the words of all
// releases of GitLab. Without any, none of the words is there.
type packageBuild struct {
	BuildInfo *buildInfo          `json:"build_info,omitempty"`
	Pipeline  *wholePipelineView  `json:"pipeline,omitempty"`
	Pipelines []wholePipelineView `json:"pipelines,omitempty"`
}

type buildInfo struct {
	Pipeline *wholePipelineView `json:"pipeline"`
}

// singlePackageView is a package alone.
type singlePackageView struct {
	packageView
	Versions []packageVersionView `json:"versions"`
}

// packageVersionView is another version beside a package.
type packageVersionView struct {
	ID        int64     `json:"id"`
	Version   string    `json:"version"`
	CreatedAt timestamp `json:"created_at"`
	Tags      []tagView `json:"tags"`
	packageBuild
}

// packageFileView is a file of a package.
type packageFileView struct {
	ID        int64               `json:"id"`
	PackageID int64               `json:"package_id"`
	CreatedAt timestamp           `json:"created_at"`
	FileName  string              `json:"file_name"`
	Size      int64               `json:"size"`
	MD5       *string             `json:"file_md5"`
	SHA1      *string             `json:"file_sha1"`
	SHA256    *string             `json:"file_sha256"`
	Pipelines []wholePipelineView `json:"pipelines,omitempty"`
}

func (r *Request) viewPackage(p registry.PackageItem) packageView {
	v := packageView{ID: p.ID, Name: p.Name, Type: string(p.Type), Status: string(p.Status), Links: r.packageLinks(p),
		CreatedAt: timestamp(p.CreatedAt), LastDownloadedAt: timestamp(p.LastDownloadedAt), CreatorID: creatorOf(p.Package),
		Tags: viewTags(p.Tags), packageBuild: viewBuild(p.Pipelines)}
	if p.Version != "" {
		v.Version = &p.Version
	}
	if p.Type == "conan" {
		v.ConanName, _, _ = strings.Cut(p.Name, "/")
	}
	return v
}

// creatorOf is who published a package. GitLab has none for pipelines and deploy
// tokens.
func creatorOf(p record.Package) *int64 {
	if p.CreatorID == 0 || len(p.Pipelines) > 0 {
		return nil
	}
	return &p.CreatorID
}

// packageLinks says where a package is: its page below the server's address, and
// how to delete it for who may.
func (r *Request) packageLinks(p registry.PackageItem) packageLinks {
	links, id := packageLinks{}, strconv.FormatInt(p.ID, 10)
	if p.Status.HasPage() {
		links.WebPath = r.root() + "/" + p.Project.FullPath + "/-/packages/" + id
	}
	if p.Destroyable && p.Status != record.StatusPendingDestruction {
		links.DeleteAPIPath = r.api("/projects/" + strconv.FormatInt(p.ProjectID, 10) + "/packages/" + id)
	}
	return links
}

// root is the path that the server's address has, without a slash at its end.
func (r *Request) root() string {
	_, place, _ := strings.Cut(r.Base, "://")
	_, path, _ := strings.Cut(place, "/")
	return strings.TrimSuffix("/"+path, "/")
}

func viewTags(tags []record.Tag) []tagView {
	views := make([]tagView, 0, len(tags))
	for _, t := range tags {
		views = append(views, tagView{ID: t.ID, PackageID: t.PackageID, Name: t.Name,
			CreatedAt: timestamp(t.CreatedAt), UpdatedAt: timestamp(t.UpdatedAt), ProjectID: t.ProjectID})
	}
	return views
}

func viewBuild(lines []registry.PackagePipeline) packageBuild {
	if len(lines) == 0 {
		return packageBuild{}
	}
	views := viewLines(lines)
	last := &views[len(views)-1]
	return packageBuild{BuildInfo: &buildInfo{Pipeline: last}, Pipeline: last, Pipelines: views}
}

func viewLines(lines []registry.PackagePipeline) []wholePipelineView {
	views := make([]wholePipelineView, 0, len(lines))
	for _, line := range lines {
		v := wholePipelineView{pipelineView: viewPipeline(line.Pipeline)}
		if line.User != nil {
			user := viewBasicUser(*line.User)
			v.User = &user
		}
		views = append(views, v)
	}
	return views
}

func (r *Request) viewSinglePackage(d registry.PackageDetail) singlePackageView {
	v := singlePackageView{packageView: r.viewPackage(d.PackageItem), Versions: make([]packageVersionView, 0, len(d.Versions))}
	for _, p := range d.Versions {
		v.Versions = append(v.Versions, packageVersionView{ID: p.ID, Version: p.Version, CreatedAt: timestamp(p.CreatedAt),
			Tags: viewTags(p.Tags), packageBuild: viewBuild(p.Pipelines)})
	}
	return v
}
