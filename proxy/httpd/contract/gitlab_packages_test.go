package contract_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

func packageName(p *gitlab.Package) string { return p.Name + "@" + p.Version }

func groupPackageName(p *gitlab.GroupPackage) string {
	return p.ProjectPath + ": " + p.Name + "@" + p.Version
}

// newGoods is a team with packages, in this order:
//
//	acme/pub       @acme/lib 2.0.0, 10.0.0 and 1.0.0, and packages of other types
//	acme/prv       @acme/closed 1.0.0
//	acme/sub/more  @acme/more 1.0.0
func newGoods(t testing.TB) *world {
	t.Helper()
	w := newTeam(t, setup{})
	for _, v := range []string{"2.0.0", "10.0.0", "1.0.0"} {
		w.stock(t, "acme/pub", registrytest.Document{Name: "@acme/lib", Version: v, Tag: "tag-" + v})
	}
	w.seed("acme/pub",
		record.Package{Type: "maven", Name: "com/acme/core", Version: "1"},
		record.Package{Type: "maven", Name: "jar", Version: "1", Status: record.StatusHidden},
		record.Package{Type: "generic", Name: "tool"},
		record.Package{Type: "nuget", Name: "Beta.Tool", Version: "3", Status: record.StatusDeprecated})
	w.stock(t, "acme/prv", registrytest.Document{Name: "@acme/closed", Version: "1.0.0"})
	w.group("acme/sub", record.PublicVisibility)
	w.project("acme/sub/more", record.PublicVisibility)
	w.stock(t, "acme/sub/more", registrytest.Document{Name: "@acme/more", Version: "1.0.0"})
	return w
}

// goods finds the number of a package of acme/pub.
func (w *world) goods(t testing.TB, name, version string) int64 {
	t.Helper()
	return w.number(t, "acme/pub", name, version)
}

// singlePackage asks for one package, which the client has no method for.
func singlePackage(c *gitlab.Client, project any, id int64) (*gitlab.Package, *gitlab.Response, error) {
	r, err := c.NewRequest(http.MethodGet, fmt.Sprintf("projects/%v/packages/%d", project, id), nil, nil)
	if err != nil {
		return nil, nil, err
	}
	p := new(gitlab.Package)
	resp, err := c.Do(r, p)
	return p, resp, err
}

func TestGitLabPackage(t *testing.T) {
	t.Parallel()
	w := newGoods(t)
	maintainer, nobody := w.gitlab(t, "maintainer"), w.gitlab(t, "")
	id := w.goods(t, "@acme/lib", "10.0.0")

	list := of(maintainer.Packages.ListProjectPackages("acme/pub", &gitlab.ListProjectPackagesOptions{PackageVersion: gitlab.Ptr("10.0.0")})).is(t, http.StatusOK)
	if len(list) != 1 {
		t.Fatalf("listed %v", list)
	}
	got := list[0]
	w.recent(t, "created_at", got.CreatedAt)
	page := fmt.Sprintf("/-/projects/acme/pub/packages/%d", id)
	want := gitlab.Package{ID: id, Name: "@acme/lib", Version: "10.0.0", PackageType: "npm", Status: "default", CreatedAt: got.CreatedAt,
		Links: &gitlab.PackageLinks{WebPath: got.Links.WebPath, DeleteAPIPath: fmt.Sprintf("%s/api/v4/projects/%d/packages/%d", w.url, w.projects["acme/pub"], id)},
		Tags:  got.Tags}
	same(t, *got, want)
	if !strings.HasPrefix(got.Links.WebPath, "/") {
		t.Errorf("the page is %q, want a path such as %q", got.Links.WebPath, page)
	}
	if len(got.Tags) != 1 || got.Tags[0].Name != "tag-10.0.0" || got.Tags[0].PackageID != id || got.Tags[0].ID == 0 {
		t.Fatalf("tags are %v, want tag-10.0.0", got.Tags)
	}
	w.recent(t, "the tag's created_at", got.Tags[0].CreatedAt)
	w.recent(t, "the tag's updated_at", got.Tags[0].UpdatedAt)
	same(t, *of(singlePackage(maintainer, w.projects["acme/pub"], id)).is(t, http.StatusOK), want)
	want.Links.DeleteAPIPath = ""
	same(t, *of(singlePackage(nobody, "acme%2Fpub", id)).is(t, http.StatusOK), want)

	files := of(nobody.Packages.ListPackageFiles("acme/pub", id, nil)).is(t, http.StatusOK)
	if len(files) != 1 {
		t.Fatalf("files are %v", files)
	}
	f := files[0]
	w.recent(t, "the file's created_at", f.CreatedAt)
	hex := regexp.MustCompile(`^[0-9a-f]{32} [0-9a-f]{40} [0-9a-f]{64}$`)
	if f.ID == 0 || f.PackageID != id || f.FileName != "@acme/lib-10.0.0.tgz" || f.Size == 0 || !hex.MatchString(f.FileMD5+" "+f.FileSHA1+" "+f.FileSHA256) {
		t.Errorf("the file is %v", f)
	}

	done(maintainer.Packages.DeletePackageFile("acme/pub", id, f.ID)).is(t, http.StatusNoContent)
	if files := of(nobody.Packages.ListPackageFiles("acme/pub", id, nil)).is(t, http.StatusOK); len(files) != 0 {
		t.Errorf("files are still %v", files)
	}
	deleted := done(maintainer.Packages.DeleteProjectPackage("acme/pub", id))
	deleted.is(t, http.StatusNoContent)
	if notice := deleted.resp.Header.Get("X-Larder-Notice"); !strings.Contains(notice, "cannot be published again") {
		t.Errorf("the notice is %q", notice)
	}
	checkRefused(t, of(singlePackage(maintainer, w.projects["acme/pub"], id)).err, http.StatusNotFound, "")
}

// TestGitLabPackageOfPipeline checks the pipelines that the client reads with
// files.
func TestGitLabPackageOfPipeline(t *testing.T) {
	t.Parallel()
	w := newGoods(t)
	line := w.job("job", "developer", "acme/pub")
	w.status(t, http.StatusOK, publish(w.in("acme/pub"), registrytest.Document{Name: "@acme/built", Version: "1.0.0"}).as("job"))
	files := of(w.gitlab(t, "guest").Packages.ListPackageFiles("acme/pub", w.goods(t, "@acme/built", "1.0.0"), nil)).is(t, http.StatusOK)
	if len(files) != 1 || files[0].Pipeline == nil || len(*files[0].Pipeline) != 1 {
		t.Fatalf("files are %v", files)
	}
	p := (*files[0].Pipeline)[0]
	w.recent(t, "the pipeline's created_at", p.CreatedAt)
	if p.ID != line || p.ProjectID != w.projects["acme/pub"] || p.Ref != "main" || p.SHA != "4a5b6c" || p.Status != "running" ||
		p.User == nil || p.User.Username != "developer" {
		t.Errorf("the pipeline is %v", p)
	}
}

func TestGitLabPackageList(t *testing.T) {
	t.Parallel()
	w := newGoods(t)
	const lib1, lib2, lib10, core, beta = "@acme/lib@1.0.0", "@acme/lib@2.0.0", "@acme/lib@10.0.0", "com/acme/core@1", "Beta.Tool@3"
	keyset := gitlab.ListOptions{Pagination: "keyset"}
	walk(t, w, packageName, []listing[*gitlab.Package]{
		{name: "as they were made", list: packagesBy(gitlab.ListProjectPackagesOptions{}), want: []string{lib2, lib10, lib1, core, beta}},
		{name: "by keys", list: packagesBy(gitlab.ListProjectPackagesOptions{ListOptions: keyset}), want: []string{lib2, lib10, lib1, core, beta}},
		{name: "by keys of names downwards", list: packagesBy(gitlab.ListProjectPackagesOptions{ListOptions: keyset, OrderBy: gitlab.Ptr("name"), Sort: gitlab.Ptr("desc")}),
			want: []string{core, beta, lib1, lib10, lib2}},
		{name: "by version", list: packagesBy(gitlab.ListProjectPackagesOptions{OrderBy: gitlab.Ptr("version")}), want: []string{core, lib1, lib10, lib2, beta}},
		{name: "by type", list: packagesBy(gitlab.ListProjectPackagesOptions{OrderBy: gitlab.Ptr("type"), Sort: gitlab.Ptr("asc")}), want: []string{core, lib2, lib10, lib1, beta}},
		{name: "of a type", list: packagesBy(gitlab.ListProjectPackagesOptions{PackageType: gitlab.Ptr("npm")}), want: []string{lib2, lib10, lib1}},
		{name: "of a name", list: packagesBy(gitlab.ListProjectPackagesOptions{PackageName: gitlab.Ptr("ACME core")}), want: []string{core}},
		{name: "of a name with signs", list: packagesBy(gitlab.ListProjectPackagesOptions{PackageName: gitlab.Ptr("a%_&=+ü")}), want: []string{}},
		{name: "of a version", list: packagesBy(gitlab.ListProjectPackagesOptions{PackageVersion: gitlab.Ptr("1")}), want: []string{core}},
		{name: "with those without a version", list: packagesBy(gitlab.ListProjectPackagesOptions{IncludeVersionless: gitlab.Ptr(true), PackageType: gitlab.Ptr("generic")}),
			want: []string{"tool@"}},
		{name: "of a status", list: packagesBy(gitlab.ListProjectPackagesOptions{Status: gitlab.Ptr("hidden")}), want: []string{"jar@1"}},
		{name: "of nothing", who: "maintainer", list: packagesBy(gitlab.ListProjectPackagesOptions{PackageType: gitlab.Ptr("rpm")}), want: []string{}},
	})
}

// packagesBy lists packages of acme/pub, two on a page.
func packagesBy(o gitlab.ListProjectPackagesOptions) pager[*gitlab.Package] {
	o.PerPage = 2
	return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Package, *gitlab.Response, error) {
		return c.Packages.ListProjectPackages("acme/pub", &o, p)
	}
}

func TestGitLabGroupPackageList(t *testing.T) {
	t.Parallel()
	w := newGoods(t)
	const lib, closed, more = "acme/pub: @acme/lib@1.0.0", "acme/prv: @acme/closed@1.0.0", "acme/sub/more: @acme/more@1.0.0"
	named := func(o gitlab.ListGroupPackagesOptions) pager[*gitlab.GroupPackage] {
		o.PackageName, o.PerPage = gitlab.Ptr("acme/"), 2
		if o.PackageType == nil {
			o.PackageType = gitlab.Ptr("npm")
		}
		return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.GroupPackage, *gitlab.Response, error) {
			return c.Packages.ListGroupPackages("acme", &o, p)
		}
	}
	lib2, lib10 := "acme/pub: @acme/lib@2.0.0", "acme/pub: @acme/lib@10.0.0"
	walk(t, w, groupPackageName, []listing[*gitlab.GroupPackage]{
		{name: "of a member", who: "guest", list: named(gitlab.ListGroupPackagesOptions{}), want: []string{lib2, lib10, lib, closed, more}},
		{name: "of the anonymous", list: named(gitlab.ListGroupPackagesOptions{}), want: []string{lib2, lib10, lib, more}},
		{name: "without subgroups", who: "guest", list: named(gitlab.ListGroupPackagesOptions{ExcludeSubGroups: gitlab.Ptr(true)}), want: []string{lib2, lib10, lib, closed}},
		{name: "by project", who: "guest", list: named(gitlab.ListGroupPackagesOptions{OrderBy: gitlab.Ptr("project_path")}), want: []string{more, closed, lib, lib10, lib2}},
		{name: "by keys", who: "guest", list: named(gitlab.ListGroupPackagesOptions{ListOptions: gitlab.ListOptions{Pagination: "keyset"}, Sort: gitlab.Ptr("desc")}),
			want: []string{more, closed, lib, lib10, lib2}},
		{name: "of another type", who: "guest", list: named(gitlab.ListGroupPackagesOptions{PackageType: gitlab.Ptr("maven")}), want: []string{"acme/pub: com/acme/core@1"}},
	})
	list := of(w.gitlab(t, "guest").Packages.ListGroupPackages(w.groups["acme"], &gitlab.ListGroupPackagesOptions{PackageName: gitlab.Ptr("more")})).is(t, http.StatusOK)
	if len(list) != 1 || list[0].ProjectID != w.projects["acme/sub/more"] || list[0].Status != "default" {
		t.Errorf("listed %v, want one of project %d", list, w.projects["acme/sub/more"])
	}
}

// TestGitLabPackageKeys deletes packages while the client walks over them.
func TestGitLabPackageKeys(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	var want []string
	for i := range 9 {
		w.seed("acme/pub", record.Package{Name: "tool", Version: text(int64(i))})
		want = append(want, "tool@"+text(int64(i)))
	}
	c := w.gitlab(t, "maintainer")
	o := &gitlab.ListProjectPackagesOptions{ListOptions: gitlab.ListOptions{Pagination: "keyset", PerPage: 2}}
	var got []string
	for p, err := range gitlab.Scan2(func(p gitlab.PaginationOptionFunc) ([]*gitlab.Package, *gitlab.Response, error) {
		return c.Packages.ListProjectPackages("acme/pub", o, p)
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, packageName(p))
		done(c.Packages.DeleteProjectPackage("acme/pub", p.ID)).is(t, http.StatusNoContent)
	}
	if !slices.Equal(got, want) {
		t.Errorf("walked %v, want %v", got, want)
	}
}

func TestGitLabPackageRefused(t *testing.T) {
	t.Parallel()
	w := newGoods(t)
	w.protect("acme/pub", "@acme/lib", record.Owner)
	id, core := w.goods(t, "@acme/lib", "1.0.0"), w.goods(t, "com/acme/core", "1")
	prv := w.number(t, "acme/prv", "@acme/closed", "1.0.0")
	list := func(project any, o gitlab.ListProjectPackagesOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Packages.ListProjectPackages(project, &o)).err }
	}
	below := func(group any, o gitlab.ListGroupPackagesOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Packages.ListGroupPackages(group, &o)).err }
	}
	files := func(project any, id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Packages.ListPackageFiles(project, id, nil)).err }
	}
	remove := func(project any, id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return done(c.Packages.DeleteProjectPackage(project, id)).err }
	}
	unfile := func(project any, id, file int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return done(c.Packages.DeletePackageFile(project, id, file)).err }
	}
	// larder says besides which guard refuses.
	const protected = "{code: E_PROTECTED}, {guard: G45}, {message: 403 Forbidden - Package is deletion protected.}, {package: @acme/lib}"
	w.tokens["wrong"] = "glpat-nobody-has-this-one"
	w.refuse(t, []refusal{
		{name: "list by no such order", who: "guest", status: 400, text: "{error: order_by does not have a valid value}",
			call: list("acme/pub", gitlab.ListProjectPackagesOptions{OrderBy: gitlab.Ptr("size")})},
		{name: "list in no such direction", who: "guest", status: 400, text: "{error: sort does not have a valid value}",
			call: list("acme/pub", gitlab.ListProjectPackagesOptions{Sort: gitlab.Ptr("up")})},
		{name: "list of no such type", who: "guest", status: 400, text: "{error: package_type does not have a valid value}",
			call: list("acme/pub", gitlab.ListProjectPackagesOptions{PackageType: gitlab.Ptr("floppy")})},
		{name: "list of no such status", who: "guest", status: 400, text: "{error: status does not have a valid value}",
			call: list("acme/pub", gitlab.ListProjectPackagesOptions{Status: gitlab.Ptr("new")})},
		{name: "list of a private project", who: "stranger", status: 404, call: list("acme/prv", gitlab.ListProjectPackagesOptions{})},
		{name: "list of no project", who: "admin", status: 404, call: list(9999, gitlab.ListProjectPackagesOptions{})},
		{name: "list with a wrong token", who: "wrong", status: 401, text: unauthorized, call: list("acme/pub", gitlab.ListProjectPackagesOptions{})},
		{name: "list of a group by no such order", who: "guest", status: 400, text: "{error: order_by does not have a valid value}",
			call: below("acme", gitlab.ListGroupPackagesOptions{OrderBy: gitlab.Ptr("size")})},
		{name: "list of no group", who: "guest", status: 404, call: below("nowhere", gitlab.ListGroupPackagesOptions{})},
		{name: "list of a group with a wrong token", who: "wrong", status: 401, text: unauthorized, call: below("acme", gitlab.ListGroupPackagesOptions{})},
		{name: "show one of another project", who: "owner", status: 404, call: func(c *gitlab.Client) error {
			return of(singlePackage(c, w.projects["acme/int"], id)).err
		}},
		{name: "show one of a private project", who: "stranger", status: 404, call: func(c *gitlab.Client) error {
			return of(singlePackage(c, w.projects["acme/prv"], prv)).err
		}},
		{name: "files of no package", who: "owner", status: 404, call: files("acme/pub", 9999)},
		{name: "files of another project", who: "owner", status: 404, call: files("acme/int", id)},
		{name: "files of a private project", who: "stranger", status: 404, call: files("acme/prv", prv)},
		{name: "delete as developer", who: "developer", status: 403, text: forbidden, call: remove("acme/pub", core)},
		{name: "delete as stranger", who: "stranger", status: 403, text: forbidden, call: remove("acme/pub", core)},
		{name: "delete without a credential", status: 403, text: forbidden, call: remove("acme/pub", core)},
		{name: "delete with a wrong token", who: "wrong", status: 401, text: unauthorized, call: remove("acme/pub", core)},
		{name: "delete what is protected", who: "maintainer", status: 403, text: protected, call: remove("acme/pub", id)},
		{name: "delete no package", who: "maintainer", status: 404, call: remove("acme/pub", 9999)},
		{name: "delete one of another project", who: "maintainer", status: 404, call: remove("acme/int", core)},
		{name: "delete a file as developer", who: "developer", status: 403, text: forbidden, call: unfile("acme/pub", id, w.fileNumbers(t, id)[0])},
		{name: "delete a file of what is protected", who: "maintainer", status: 403, text: protected,
			call: unfile("acme/pub", id, w.fileNumbers(t, id)[0])},
		{name: "delete a file of another package", who: "owner", status: 404, call: unfile("acme/pub", core, w.fileNumbers(t, id)[0])},
		{name: "delete no file", who: "owner", status: 404, call: unfile("acme/pub", id, 9999)},
	})
	of(singlePackage(w.gitlab(t, "guest"), w.projects["acme/pub"], core)).is(t, http.StatusOK)
}
