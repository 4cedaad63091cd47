package contract_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/larderhq/larder/registry/record"
)

// api starts the paths of GitLab's REST API.
const api = "/api/v4"

func text(n int64) string { return strconv.FormatInt(n, 10) }

// item is what tests read of a package in an answer of the REST API.
type item struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Version *string `json:"version"`
	Type    string  `json:"package_type"`
	Status  string  `json:"status"`
	Links   struct {
		Web    *string `json:"web_path"`
		Delete *string `json:"delete_api_path"`
	} `json:"_links"`
	CreatedAt   string           `json:"created_at"`
	Downloaded  *string          `json:"last_downloaded_at"`
	ProjectID   int64            `json:"project_id"`
	ProjectPath string           `json:"project_path"`
	Tags        []map[string]any `json:"tags"`
	Versions    []item           `json:"versions"`
	// members are the names that the object has.
	members map[string]any
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *item) UnmarshalJSON(b []byte) error {
	type plain item
	if err := json.Unmarshal(b, (*plain)(i)); err != nil {
		return err
	}
	return json.Unmarshal(b, &i.members)
}

// String is a package by name and version.
func (i item) String() string {
	if i.Version == nil {
		return i.Name
	}
	return i.Name + "@" + *i.Version
}

// file is what tests read of a file of a package.
type file struct {
	ID        int64  `json:"id"`
	PackageID int64  `json:"package_id"`
	CreatedAt string `json:"created_at"`
	Name      string `json:"file_name"`
	Size      int    `json:"size"`
	MD5       string `json:"file_md5"`
	SHA1      string `json:"file_sha1"`
	SHA256    string `json:"file_sha256"`
}

// packagesOf is the path of the packages of a project.
func (w *world) packagesOf(project string) string {
	w.t.Helper()
	id, ok := w.projects[project]
	if !ok {
		w.t.Fatalf("no project %s", project)
	}
	return api + "/projects/" + text(id) + "/packages"
}

// packagesBelow is the path of the packages of a group.
func (w *world) packagesBelow(group string) string {
	return api + "/groups/" + text(w.groups[group]) + "/packages"
}

// packagePath is the path of one package.
func (w *world) packagePath(project string, id int64) string {
	return w.packagesOf(project) + "/" + text(id)
}

// schemaFor tells which schema an answer of a path must fit, if its body is an
// object or a list of objects.
func schemaFor(path string) string {
	path, _, _ = strings.Cut(path, "?")
	switch {
	case strings.HasSuffix(path, "/package_files"):
		return "package_file"
	case strings.HasSuffix(path, "/pipelines"):
		return "pipeline"
	case strings.HasSuffix(path, "/packages") && strings.HasPrefix(path, api+"/groups/"), strings.HasSuffix(path, "/restore"):
		return "group_package"
	case strings.HasSuffix(path, "/packages"):
		return "package"
	}
	return "single_package"
}

// schemas are those of the package's answers, by name.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	all := map[string]*jsonschema.Schema{}
	c := jsonschema.NewCompiler()
	for _, name := range []string{"package", "group_package", "single_package", "package_file", "pipeline"} {
		s, err := c.Compile("../../../registry/rest/schema/" + name + ".json")
		if err != nil {
			return nil, err
		}
		all[name] = s
	}
	return all, nil
})

// shows sends a request of the REST API that must be answered with 200 and a
// body that fits its schema, and reads it.
func (w *world) shows(t testing.TB, a ask, into any) reply {
	t.Helper()
	r := w.object(t, a, into)
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(string(r.body)))
	if err != nil {
		t.Fatal(err)
	}
	parts, ok := whole.([]any)
	if !ok {
		parts = []any{whole}
	}
	for _, part := range parts {
		if err := all[schemaFor(a.path)].Validate(part); err != nil {
			t.Errorf("%s %s: %v in %.400s", a.method, a.path, err, r.body)
		}
	}
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s %s: Content-Type is %q", a.method, a.path, got)
	}
	return r
}

// list reads a list of packages.
func (w *world) list(t testing.TB, a ask) []item {
	t.Helper()
	var list []item
	w.shows(t, a, &list)
	return list
}

// one reads a package.
func (w *world) one(t testing.TB, a ask) item {
	t.Helper()
	var i item
	w.shows(t, a, &i)
	return i
}

// filesOf reads a list of files.
func (w *world) filesOf(t testing.TB, a ask) []file {
	t.Helper()
	var list []file
	w.shows(t, a, &list)
	return list
}

// spelled writes a list by names and versions.
func spelled(list []item) string {
	words := make([]string, 0, len(list))
	for _, i := range list {
		words = append(words, i.String())
	}
	return strings.Join(words, " ")
}

// lists reads a list that must be exactly this, in this order.
func (w *world) lists(t testing.TB, want string, a ask) []item {
	t.Helper()
	list := w.list(t, a)
	if got := spelled(list); got != want {
		t.Errorf("%s as %q: %s, want %s", a.path, a.who, got, want)
	}
	return list
}

// answers sends a request that must be answered with exactly this body.
func (w *world) answers(t testing.TB, status int, want string, a ask) reply {
	t.Helper()
	r := w.status(t, status, a)
	if string(r.body) != want {
		t.Errorf("%s %s as %q: %s, want %s", a.method, a.path, a.who, r.body, want)
	}
	return r
}

// number finds the number of a package by name and version; empty for one
// without.
func (w *world) number(t testing.TB, project, name, v string) int64 {
	t.Helper()
	path := w.packagesOf(project) + "?include_versionless=true&per_page=100&package_name=" + url.QueryEscape(`"`+name+`"`)
	for _, status := range []string{"", "&status=hidden", "&status=processing", "&status=pending_destruction"} {
		for _, i := range w.list(t, get(path+status).as("admin")) {
			if i.Name == name && (i.Version == nil && v == "" || i.Version != nil && *i.Version == v) {
				return i.ID
			}
		}
	}
	t.Fatalf("no %s@%s in %s", name, v, project)
	return 0
}

// fileNumbers lists the numbers of the files of a package that are known to the
// store.
func (w *world) fileNumbers(t testing.TB, id int64) []int64 {
	t.Helper()
	var ids []int64
	w.must(w.store.View(t.Context(), func(tx record.Tx) error {
		ids = nil
		files, err := tx.Catalog().Files(id)
		for _, f := range files {
			ids = append(ids, f.ID)
		}
		return err
	}))
	slices.Sort(ids)
	return ids
}

// seed writes packages of any type and status, of the given project, in this
// order, and returns their numbers.
func (w *world) seed(project string, list ...record.Package) []int64 {
	w.t.Helper()
	var ids []int64
	w.must(w.store.Update(w.t.Context(), func(tx record.Tx) error {
		ids = nil
		for _, p := range list {
			p.ProjectID = w.projects[project]
			if p.Type == "" {
				p.Type = "generic"
			}
			if p.Status == "" {
				p.Status = record.StatusDefault
			}
			if p.CreatedAt.IsZero() {
				p.CreatedAt = w.clock.Now()
			}
			p.UpdatedAt = p.CreatedAt
			put, err := tx.Catalog().PutPackage(p)
			if err != nil {
				return err
			}
			ids = append(ids, put.ID)
		}
		return nil
	}))
	return ids
}

// attach writes files of a package, whose bytes nobody has, and returns their
// numbers.
func (w *world) attach(id int64, files ...record.File) []int64 {
	w.t.Helper()
	var ids []int64
	w.must(w.store.Update(w.t.Context(), func(tx record.Tx) error {
		ids = nil
		for _, f := range files {
			f.PackageID, f.CreatedAt, f.Size = id, w.clock.Now(), 1
			f.MD5[0], f.SHA1[0], f.SHA256[0], f.SHA512[0] = 1, 1, 1, 1
			put, err := tx.Catalog().PutFile(f)
			if err != nil {
				return err
			}
			ids = append(ids, put.ID)
		}
		return nil
	}))
	return ids
}

// message is the body of GitLab's refusals.
func message(text string) string { return fmt.Sprintf(`{"message":%q}`, text) }

// wrong is the body that refuses a parameter.
func wrong(text string) string { return fmt.Sprintf(`{"error":%q}`, text) }

// link returns the URL of a relation in a Link header; empty where there is none.
func (r reply) link(rel string) string {
	for link := range strings.SplitSeq(r.Header.Get("Link"), ", ") {
		if target, ok := strings.CutSuffix(link, `>; rel="`+rel+`"`); ok {
			return strings.TrimPrefix(target, "<")
		}
	}
	return ""
}

// next is the request that a Link header leads on to.
func (w *world) next(t testing.TB, r reply, a ask) (ask, bool) {
	t.Helper()
	target := r.link("next")
	if target == "" {
		return a, false
	}
	path, ok := strings.CutPrefix(target, w.url)
	if !ok || r.StatusCode != http.StatusOK {
		t.Fatalf("%q is no URL of %s", target, w.url)
	}
	a.path = path
	return a, true
}

// decode reads the body of an answer.
func (w *world) decode(t testing.TB, r reply, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("%s: %v in %.300s", r.Request.URL, err, r.body)
	}
}
