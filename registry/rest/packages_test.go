package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// publish publishes an npm package as somebody and returns its number.
func (h *house) publish(who, project string, d registrytest.Document) int64 {
	h.tb.Helper()
	p, err := h.accounts.Authenticate(h.tb.Context(), h.credential(who), netip.MustParseAddr("192.0.2.1"))
	h.must(err)
	name, err := npm.ParseName(d.Name)
	h.must(err)
	put, err := h.registry.BeginPut(h.tb.Context(), registry.Caller{Principal: p},
		registry.Place{Kind: registry.ProjectPlace, Ref: project}, name)
	h.must(err)
	done, err := put.Run(h.tb.Context(), registry.Body{Reader: bytes.NewReader(d.Body())})
	h.must(err)
	return done.ID
}

// seed writes a package of any type and status.
func (h *house) seed(p record.Package) int64 {
	h.tb.Helper()
	if p.ProjectID == 0 {
		p.ProjectID = h.project.ID
	}
	if p.Status == "" {
		p.Status = record.StatusDefault
	}
	p.CreatedAt, p.UpdatedAt = h.clock.Now(), h.clock.Now()
	h.must(h.store.Update(h.tb.Context(), func(tx record.Tx) (err error) {
		p, err = tx.Catalog().PutPackage(p)
		return err
	}))
	return p.ID
}

// build runs a pipeline and returns who its job is.
func (h *house) build(user string) string {
	h.tb.Helper()
	line := h.call(user, "POST", "/projects/acme%2Fweb/pipelines", `{"ref":"main","sha":"abc123","status":"running"}`).object()
	who := fmt.Sprintf("job %v", line["id"])
	secret, ok := line["job_token"].(string)
	if !ok {
		h.tb.Fatalf("no job token in %v", line)
	}
	h.secrets[who] = secret
	return who
}

// fits checks an answer, or each item of one, against a schema.
func fits(t *testing.T, schema string, r reply) {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	s, err := jsonschema.NewCompiler().Compile("schema/" + schema + ".json")
	if err != nil {
		t.Fatal(err)
	}
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	items, ok := body.([]any)
	if !ok {
		items = []any{body}
	}
	if len(items) == 0 {
		t.Fatalf("nothing to compare with %s", schema)
	}
	for _, item := range items {
		if err := s.Validate(item); err != nil {
			text, _ := json.Marshal(item)
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// named writes the names and versions of a list.
func (r reply) named() string {
	r.tb.Helper()
	var out []string
	for _, item := range r.list() {
		out = append(out, fmt.Sprintf("%v@%v", item["name"], item["version"]))
	}
	return strings.Join(out, " ")
}

// furnished is a house with packages of all sorts in acme/web.
func furnished(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.publish(h.build(developer), "acme/web", registrytest.Document{Name: "@acme/lib", Version: "1.0.0"})
	h.publish(developer, "acme/web", registrytest.Document{Name: "@acme/lib", Version: "2.0.0"})
	for _, status := range []record.Status{record.StatusHidden, record.StatusProcessing, record.StatusError,
		record.StatusPendingDestruction, record.StatusDeprecated} {
		h.seed(record.Package{Type: "maven", Name: "jar", Version: string(status), Status: status})
	}
	h.seed(record.Package{Type: "conan", Name: "zlib/1.3@acme/stable", Version: "1.3"})
	h.seed(record.Package{Type: "generic", Name: "tool"})
	h.seed(record.Package{Type: "terraform_module", Name: "net", Version: "1"})
	return h
}

// TestPackageShapes checks answers against the schemas.
func TestPackageShapes(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	for name, test := range map[string]struct{ who, path, schema string }{
		"a project's":     {maintainer, "/projects/acme%2Fweb/packages?include_versionless=true", "package"},
		"to guests":       {guest, "/projects/acme%2Fweb/packages?include_versionless=true", "package"},
		"hidden":          {maintainer, "/projects/acme%2Fweb/packages?status=hidden", "package"},
		"deleted":         {maintainer, "/projects/acme%2Fweb/packages?status=pending_destruction", "package"},
		"a group's":       {maintainer, "/groups/acme/packages?include_versionless=true", "group_package"},
		"walked":          {maintainer, "/groups/acme/packages?pagination=keyset", "group_package"},
		"one of a build":  {guest, "/projects/acme%2Fweb/packages/1", "single_package"},
		"one of a person": {maintainer, "/projects/acme%2Fweb/packages/2", "single_package"},
		"files":           {guest, "/projects/acme%2Fweb/packages/1/package_files", "package_file"},
		"pipelines":       {guest, "/projects/acme%2Fweb/packages/1/pipelines", "pipeline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fits(t, test.schema, h.call(test.who, "GET", test.path, ""))
		})
	}
}

// TestSchemasRefuse shows that the schemas are as strict as they are meant to be.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	whole := h.call(maintainer, "GET", "/projects/acme%2Fweb/packages/1", "").object()
	s, err := jsonschema.NewCompiler().Compile("schema/single_package.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(map[string]any){
		"another member":      func(m map[string]any) { m["more"] = true },
		"a member less":       func(m map[string]any) { delete(m, "last_downloaded_at") },
		"seconds alone":       func(m map[string]any) { m["created_at"] = "2026-11-24T12:00:00Z" },
		"no page":             func(m map[string]any) { m["_links"] = map[string]any{} },
		"a pipeline alone":    func(m map[string]any) { delete(m, "pipelines") },
		"a number as a text":  func(m map[string]any) { m["id"] = "1" },
		"a conan name of npm": func(m map[string]any) { m["conan_package_name"] = "x" },
	} {
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]any{}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		if s.Validate(m) == nil {
			t.Errorf("%s fits", name)
		}
	}
}

func TestPackageLists(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	const both = "@acme/lib@1.0.0 @acme/lib@2.0.0"
	for query, want := range map[string]string{
		"":                              both + " jar@error jar@deprecated zlib/1.3@acme/stable@1.3",
		"sort=desc":                     "zlib/1.3@acme/stable@1.3 jar@deprecated jar@error @acme/lib@2.0.0 @acme/lib@1.0.0",
		"order_by=type":                 "jar@error jar@deprecated " + both + " zlib/1.3@acme/stable@1.3",
		"order_by=version&sort=desc":    "jar@error jar@deprecated @acme/lib@2.0.0 zlib/1.3@acme/stable@1.3 @acme/lib@1.0.0",
		"package_type=npm":              both,
		"package_type=helm":             "",
		"package_type=terraform_module": "net@1",
		"package_name=LIB":              both + " zlib/1.3@acme/stable@1.3",
		"package_name=acme+lib":         both + " zlib/1.3@acme/stable@1.3",
		`package_name=%22acme/lib%22`:   both,
		"package_name=%25":              "",
		"package_name=":                 both + " jar@error jar@deprecated zlib/1.3@acme/stable@1.3",
		"package_version=2.0.0":         "@acme/lib@2.0.0",
		"package_version=2":             "",
		"status=hidden":                 "jar@hidden",
		"status=deprecated":             "jar@deprecated",
		"include_versionless=1":         both + " jar@error jar@deprecated zlib/1.3@acme/stable@1.3 tool@<nil>",
		"include_versionless=":          both + " jar@error jar@deprecated zlib/1.3@acme/stable@1.3",
		"package_type=npm&page=2":       "",
		"package_type=npm&per_page=1":   "@acme/lib@1.0.0",
		"package_type=npm&pagination=legacy&order_by=name&sort=desc": "@acme/lib@2.0.0 @acme/lib@1.0.0",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			if got := h.call(guest, "GET", "/projects/acme%2Fweb/packages?"+query, "").named(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := h.call(guest, "GET", "/groups/acme/packages?"+query, "").named(); got != want {
				t.Errorf("group: got %s, want %s", got, want)
			}
		})
	}
}

func TestPackageRefusals(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	job := h.build(developer)
	_, err := h.accounts.CreateGroup(t.Context(), console, accounts.NewGroup{Path: "open", Visibility: record.PublicVisibility})
	h.must(err)
	pr, err := h.accounts.CreateProject(t.Context(), console, accounts.NewProject{Path: "open/tool", Visibility: record.PublicVisibility})
	h.must(err)
	open := h.seed(record.Package{ProjectID: pr.ID, Type: "generic", Name: "tool", Version: "1"})
	const list, one = "/projects/acme%2Fweb/packages", "/projects/acme%2Fweb/packages/1"
	publicOne := fmt.Sprintf("/projects/open%%2Ftool/packages/%d", open)
	for name, test := range map[string]struct {
		who, method, path string
		status            int
		text              string
	}{
		"order":               {guest, "GET", list + "?order_by=bogus", 400, `{"error":"order_by does not have a valid value"}`},
		"order of groups":     {guest, "GET", list + "?order_by=project_path", 400, `{"error":"order_by does not have a valid value"}`},
		"direction":           {guest, "GET", list + "?sort=up", 400, `{"error":"sort does not have a valid value"}`},
		"type":                {guest, "GET", list + "?package_type=foo", 400, `{"error":"package_type does not have a valid value"}`},
		"empty type":          {guest, "GET", "/groups/acme/packages?package_type=", 400, `{"error":"package_type does not have a valid value"}`},
		"status":              {guest, "GET", list + "?status=invalid", 400, `{"error":"status does not have a valid value"}`},
		"versionless":         {guest, "GET", list + "?include_versionless=maybe", 400, `{"error":"include_versionless is invalid"}`},
		"page of zero":        {guest, "GET", list + "?per_page=0", 400, `{"error":"per_page has a value not allowed"}`},
		"page before":         {guest, "GET", list + "?page=-1", 400, `{"error":"page does not have a valid value"}`},
		"pagination":          {guest, "GET", list + "?pagination=none", 400, `{"error":"pagination does not have a valid value"}`},
		"cursor":              {guest, "GET", list + "?pagination=keyset&cursor=e30", 400, `{"error":"cursor is invalid"}`},
		"anonymous":           {nobody, "GET", list, 404, `{"message":"404 Project Not Found"}`},
		"stranger":            {stranger, "GET", list, 404, `{"message":"404 Project Not Found"}`},
		"group":               {stranger, "GET", "/groups/none/packages", 404, `{"message":"404 Group Not Found"}`},
		"project":             {guest, "GET", "/projects/99/packages", 404, `{"message":"404 Project Not Found"}`},
		"unknown":             {guest, "GET", list + "/99", 404, `{"message":"404 Not found"}`},
		"of another":          {guest, "GET", fmt.Sprintf("%s/%d", list, open), 404, `{"message":"404 Not found"}`},
		"no number":           {guest, "GET", list + "/abc", 400, `{"error":"package_id is invalid"}`},
		"failed":              {guest, "GET", list + "/5", 404, `{"message":"Package not found"}`},
		"hidden":              {guest, "GET", list + "/3", 404, `{"message":"404 Not found"}`},
		"files of none":       {guest, "GET", list + "/0/package_files", 404, `{"message":"404 Not found"}`},
		"lines of none":       {guest, "GET", list + "/0/pipelines", 404, `{"message":"404 Not found"}`},
		"lines of failed":     {guest, "GET", list + "/5/pipelines", 404, `{"message":"Package not found"}`},
		"too many lines":      {guest, "GET", one + "/pipelines?per_page=21", 400, `{"error":"per_page does not have a valid value"}`},
		"less than no lines":  {guest, "GET", one + "/pipelines?per_page=-2", 400, `{"error":"per_page does not have a valid value"}`},
		"no lines":            {guest, "GET", one + "/pipelines?per_page=0", 400, `{"error":"per_page does not have a valid value"}`},
		"file":                {guest, "GET", one + "/package_files/99/download", 404, `{"message":"404 Not found"}`},
		"file of another":     {guest, "GET", one + "/package_files/2/download", 404, `{"message":"404 Not found"}`},
		"job on a group":      {job, "GET", "/groups/acme/packages", 401, `{"message":"401 Unauthorized"}`},
		"delete by developer": {developer, "DELETE", one, 403, `{"message":"403 Forbidden"}`},
		"delete by nobody":    {nobody, "DELETE", publicOne, 403, `{"message":"403 Forbidden"}`},
		"delete in private":   {nobody, "DELETE", one, 404, `{"message":"404 Project Not Found"}`},
		"delete of none":      {maintainer, "DELETE", list + "/99", 404, `{"message":"404 Not found"}`},
		"delete of no file":   {maintainer, "DELETE", one + "/package_files/99", 404, `{"message":"404 Not found"}`},
		"restore by nobody":   {nobody, "POST", "/larder/packages/1/restore", 401, `{"message":"401 Unauthorized"}`},
		"restore unseen":      {stranger, "POST", "/larder/packages/1/restore", 404, `{"message":"404 Not found"}`},
		"restore by guest":    {guest, "POST", "/larder/packages/1/restore", 403, `{"message":"403 Forbidden"}`},
		"restore of what is":  {maintainer, "POST", "/larder/packages/1/restore", 404, `{"message":"404 Package Not Found"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := h.call(test.who, test.method, test.path, "")
			if r.status != test.status || r.body != test.text {
				t.Errorf("%d %s, want %d %s", r.status, r.body, test.status, test.text)
			}
		})
	}
}

// TestPackageWalk walks a list by keys while rows come and go.
func TestPackageWalk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const rows = 25
	for i := range rows {
		h.seed(record.Package{Type: "generic", Name: fmt.Sprintf("tool-%02d", i%5), Version: fmt.Sprint(i)})
	}
	for _, order := range []string{"created_at", "name", "version", "type", "project_path"} {
		for _, sort := range []string{"asc", "desc"} {
			path := fmt.Sprintf("/groups/acme/packages?pagination=keyset&per_page=4&order_by=%s&sort=%s", order, sort)
			seen := map[any]bool{}
			for pages := 0; path != ""; pages++ {
				r := h.call(guest, "GET", path, "")
				for _, p := range r.list() {
					if seen[p["id"]] {
						t.Errorf("%s %s: %v comes twice", order, sort, p["id"])
					}
					seen[p["id"]] = true
				}
				if _, told := r.header["X-Total"]; told || pages > rows {
					t.Fatalf("page %d: headers %v", pages, r.header)
				}
				path = h.next(r)
			}
			if len(seen) != rows {
				t.Errorf("%s %s: %d rows, want %d", order, sort, len(seen), rows)
			}
		}
	}
}

// next is the path that a Link header leads on to; empty at the end.
func (h *house) next(r reply) string {
	for link := range strings.SplitSeq(r.header["Link"], ", ") {
		if url, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
			return strings.TrimPrefix(url, "<https://npm.example.com/api/v4")
		}
	}
	return ""
}

// TestCursors hands cursors in that were not given out for the list.
func TestCursors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 3 {
		h.seed(record.Package{Type: "generic", Name: "tool", Version: fmt.Sprint(i)})
	}
	const path = "/projects/acme%2Fweb/packages?pagination=keyset&per_page=1"
	next := h.next(h.call(guest, "GET", path, ""))
	_, cursor, _ := strings.Cut(next, "cursor=")
	cursor, _, _ = strings.Cut(cursor, "&")
	for name, other := range map[string]string{
		"as it was":       "",
		"another order":   path + "&order_by=name&cursor=" + cursor,
		"another way":     path + "&sort=desc&cursor=" + cursor,
		"cut off":         path + "&cursor=" + cursor[:len(cursor)-1],
		"one letter else": path + "&cursor=" + flip(cursor, 9),
		"first one else":  path + "&cursor=" + flip(cursor, 0),
		"no base64":       path + "&cursor=%25",
	} {
		want := http.StatusBadRequest
		if other == "" {
			other, want = path+"&cursor="+cursor, http.StatusOK
		}
		if r := h.call(guest, "GET", other, ""); r.status != want {
			t.Errorf("%s: %d %s, want %d", name, r.status, r.body, want)
		}
	}
}

func flip(text string, i int) string {
	b := []byte(text)
	if b[i]++; b[i] > 'y' || b[i] == ':' || b[i] == '[' {
		b[i] = 'a'
	}
	return string(b)
}

// TestPackagePipelines publishes a package and says of it that many pipelines
// did.
func TestPackagePipelines(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.publish(developer, "acme/web", registrytest.Document{Name: "@acme/lib", Version: "1.0.0"})
	path := fmt.Sprintf("/projects/acme%%2Fweb/packages/%d", id)
	if r := h.call(guest, "GET", path+"/pipelines", ""); r.body != "[]" || r.header["Link"] != "" {
		t.Errorf("none: %s %v", r.body, r.header)
	}
	for range 5 {
		h.build(developer)
	}
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		p, err := tx.Catalog().Package(id)
		if err != nil {
			return err
		}
		p.Pipelines = []int64{1, 2, 3, 4, 5, 99}
		_, err = tx.Catalog().PutPackage(p)
		return err
	}))
	var seen []string
	step := path + "/pipelines?per_page=2"
	var last reply
	for step != "" {
		last = h.call(guest, "GET", step, "")
		for _, p := range last.list() {
			seen = append(seen, fmt.Sprint(p["id"]))
		}
		step = h.next(last)
	}
	if want := []string{"5", "4", "3", "2", "1"}; !slices.Equal(seen, want) {
		t.Errorf("pipelines = %v, want %v", seen, want)
	}
	if !strings.Contains(last.header["Link"], `rel="prev"`) {
		t.Errorf("no way back: %v", last.header)
	}
	whole := h.call(guest, "GET", path, "").object()
	line, ok := whole["pipeline"].(map[string]any)
	if !ok || fmt.Sprint(line["id"]) != "5" {
		t.Errorf("pipeline = %v, want the last", whole["pipeline"])
	}
}

// TestPackageDeletion deletes with the URL that a list names, and undoes it.
func TestPackageDeletion(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	first := h.call(maintainer, "GET", "/projects/acme%2Fweb/packages", "").list()[0]
	links, ok := first["_links"].(map[string]any)
	if !ok || links["web_path"] != "/acme/web/-/packages/1" {
		t.Fatalf("links = %v", first["_links"])
	}
	path := strings.TrimPrefix(fmt.Sprint(links["delete_api_path"]), "https://npm.example.com/api/v4")
	for _, item := range h.call(developer, "GET", "/projects/acme%2Fweb/packages", "").list() {
		if text, _ := json.Marshal(item["_links"]); strings.Contains(string(text), "delete_api_path") {
			t.Errorf("a developer is told how to delete: %s", text)
		}
	}
	r := h.call(maintainer, "DELETE", path, "")
	if r.status != http.StatusNoContent || r.body != "" || r.header[headerRestorable] == "" ||
		!strings.Contains(r.header[headerNotice], "stay reserved") {
		t.Fatalf("%d %q %v", r.status, r.body, r.header)
	}
	if got := h.call(maintainer, "GET", path, "").status; got != http.StatusNotFound {
		t.Errorf("afterwards: %d", got)
	}
	restored := h.call(maintainer, "POST", "/larder/packages/1/restore", "")
	fits(t, "group_package", restored)
	fits(t, "single_package", h.call(maintainer, "GET", path, ""))
}

// TestFileDownload takes a file, which counts, and deletes it.
func TestFileDownload(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := registrytest.Document{Name: "@acme/lib", Version: "1.0.0"}
	id := h.publish(developer, "acme/web", d)
	path := fmt.Sprintf("/projects/acme%%2Fweb/packages/%d", id)
	file := h.call(guest, "GET", path+"/package_files", "").list()[0]
	one := fmt.Sprintf("%s/package_files/%v", path, file["id"])
	if got := h.call(guest, "GET", path, "").object()["last_downloaded_at"]; got != nil {
		t.Errorf("downloaded at %v before any download", got)
	}
	if got := h.call(guest, "GET", one+"/download", ""); got.body != string(d.Bytes()) {
		t.Errorf("%d, %d bytes, want %d", got.status, len(got.body), len(d.Bytes()))
	}
	if got := h.call(guest, "GET", path, "").object()["last_downloaded_at"]; got == nil {
		t.Error("the download does not count")
	}
	if got := h.call(maintainer, "DELETE", one, ""); got.status != http.StatusNoContent || got.header[headerNotice] == "" {
		t.Errorf("delete: %d %s %v", got.status, got.body, got.header)
	}
	if got := h.call(maintainer, "DELETE", one, "").status; got != http.StatusNotFound {
		t.Errorf("delete again: %d", got)
	}
	if got := h.call(guest, "GET", path+"/package_files", "").body; got != "[]" {
		t.Errorf("files = %s", got)
	}
	if got := h.call(guest, "GET", path, "").status; got != http.StatusOK {
		t.Errorf("the package: %d", got)
	}
}

// FuzzCursors reads whatever a client takes for a cursor.
func FuzzCursors(f *testing.F) {
	f.Add("")
	f.Add(lineCursor{ID: 7, Kind: "n"}.String())
	f.Add("AAAAAHt9")
	f.Fuzz(func(t *testing.T, word string) {
		if c, ok := readPackageCursor(word); ok && c.ID < 1 {
			t.Errorf("cursor of row %d", c.ID)
		}
		if c, ok := readLineCursor(word); ok && (c.ID < 1 || c.Kind != "n" && c.Kind != "p") {
			t.Errorf("cursor %+v", c)
		}
	})
}
