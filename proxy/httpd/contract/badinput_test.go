package contract_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// newInputs is a team with a few packages in acme/pub, of which one has a file.
func newInputs(t *testing.T) *world {
	t.Helper()
	w := newTeam(t, setup{})
	w.tokens["wrong"] = "not-a-token-of-anybody"
	id := w.versions(t, "@acme/lib", "1.0.0", "2.0.0")[0]
	w.known["lib"], w.known["file"] = id, w.fileNumbers(t, id)[0]
	return w
}

// pagedLists are the lists that take page and per_page.
func (w *world) pagedLists() []string {
	project, group := api+"/projects/"+text(w.projects["acme/pub"]), api+"/groups/"+text(w.groups["acme"])
	user := api + "/users/" + text(w.users["owner"])
	return []string{
		project + "/packages", group + "/packages", w.packagePath("acme/pub", w.known["lib"]) + "/package_files",
		project + "/members", project + "/members/all", group + "/members", group + "/members/all",
		project + "/deploy_tokens", group + "/deploy_tokens", api + "/deploy_tokens", project + "/pipelines",
		group + "/subgroups", group + "/descendant_groups", group + "/projects", api + "/projects", api + "/groups",
		api + "/namespaces", api + "/users", user + "/projects", user + "/memberships", api + "/personal_access_tokens",
	}
}

// TestPages asks every list for pages that there are not.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newInputs(t)
	bad := map[string]string{
		"per_page=0":                          "per_page has a value not allowed",
		"per_page=-1":                         "per_page does not have a valid value",
		"per_page=abc":                        "per_page is invalid",
		"per_page=1.5":                        "per_page is invalid",
		"per_page=0x10":                       "per_page is invalid",
		"page=0":                              "page does not have a valid value",
		"page=-1":                             "page does not have a valid value",
		"page=abc":                            "page is invalid",
		"page=1e3":                            "page is invalid",
		"page[]=1":                            "page is invalid",
		"page=99999999999999999999999999":     "page is invalid",
		"per_page=99999999999999999999999999": "per_page is invalid",
	}
	for _, list := range w.pagedLists() {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			for query, want := range bad {
				w.answers(t, http.StatusBadRequest, wrong(want), get(list+"?"+query).as("admin"))
			}
			w.farPages(t, list)
		})
	}
	// These are walked by keys.
	for _, list := range []string{"/larder/names", "/larder/audit"} {
		for query, want := range bad {
			if strings.HasPrefix(query, "per_page") {
				w.answers(t, http.StatusBadRequest, wrong(want), get(api+list+"?"+query).as("admin"))
			}
		}
	}
}

// farPages asks a list for pages behind its end, and for more than a page.
func (w *world) farPages(t *testing.T, list string) {
	t.Helper()
	whole := w.status(t, http.StatusOK, get(list+"?per_page=101").as("admin"))
	if got := whole.Header.Get("X-Per-Page"); got != "100" {
		t.Errorf("X-Per-Page is %q, want 100", got)
	}
	total, err := strconv.Atoi(whole.Header.Get("X-Total"))
	if err != nil {
		t.Errorf("X-Total: %v", err)
	}
	for _, page := range []string{"2", "1000000", "9223372036854775807"} {
		r := w.answers(t, http.StatusOK, "[]", get(list+"?per_page=100&page="+page).as("admin"))
		r.headers(t, map[string]string{"X-Total": strconv.Itoa(total), "X-Total-Pages": "1", "X-Next-Page": ""})
		if last := r.link("last"); !strings.Contains(last, "page=1&") || r.link("next") != "" {
			t.Errorf("page %s: Link %q", page, r.Header.Get("Link"))
		}
	}
}

// TestWrongValues sends what parameters cannot be. The texts are GitLab's, each
// in the family that its clients read.
func TestWrongValues(t *testing.T) {
	t.Parallel()
	w := newInputs(t)
	list, below, one := w.packagesOf("acme/pub"), w.packagesBelow("acme"), w.packagePath("acme/pub", w.known["lib"])
	noRoute := wrong("404 Not Found")
	for name, test := range map[string]struct {
		path   string
		status int
		want   string
	}{
		"type of nothing":          {list + "?package_type=", 400, wrong("package_type does not have a valid value")},
		"type in capitals":         {list + "?package_type=NPM", 400, wrong("package_type does not have a valid value")},
		"status in capitals":       {below + "?status=Hidden", 400, wrong("status does not have a valid value")},
		"status of nothing":        {list + "?status=", 400, wrong("status does not have a valid value")},
		"two statuses":             {list + "?status[]=hidden&status[]=error", 400, wrong("status is invalid")},
		"order of nothing":         {list + "?order_by=", 400, wrong("order_by does not have a valid value")},
		"two orders":               {list + "?order_by=name&order_by=bogus", 400, wrong("order_by does not have a valid value")},
		"sort in capitals":         {list + "?sort=ASC", 400, wrong("sort does not have a valid value")},
		"list of names":            {list + "?package_name[]=a", 400, wrong("package_name is invalid")},
		"versionless of sorts":     {list + "?include_versionless=perhaps", 400, wrong("include_versionless is invalid")},
		"subgroups of sorts":       {below + "?exclude_subgroups=2", 400, wrong("exclude_subgroups is invalid")},
		"pagination of sorts":      {list + "?pagination=cursor", 400, wrong("pagination does not have a valid value")},
		"no number":                {list + "/abc", 400, wrong("package_id is invalid")},
		"number with letters":      {list + "/1a", 400, wrong("package_id is invalid")},
		"number with a point":      {list + "/1.0", 400, wrong("package_id is invalid")},
		"number that is too large": {list + "/99999999999999999999", 400, wrong("package_id is invalid")},
		"largest number":           {list + "/9223372036854775807", 404, message("404 Not found")},
		"number below":             {list + "/-5", 404, message("404 Not found")},
		"file without a number":    {one + "/package_files/x/download", 400, wrong("package_file_id is invalid")},
		"order of files":           {one + "/package_files?order_by=size", 400, wrong("order_by does not have a valid value")},
		"lines by page":            {one + "/pipelines?per_page=x", 400, wrong("per_page is invalid")},
		"lines by a cursor":        {one + "/pipelines?cursor=%21", 400, wrong("cursor is invalid")},
		"walk by a cursor":         {list + "?pagination=keyset&cursor=%21", 400, wrong("cursor is invalid")},
		"project by its last part": {api + "/projects/pub/packages", 404, message("404 Project Not Found")},
		"path with a raw slash":    {api + "/projects/acme/pub/packages", 404, noRoute},
		"group without a path":     {api + "/groups//packages", 404, noRoute},
		"group of no such path":    {api + "/groups/acme%2Fnone/packages", 404, message("404 Group Not Found")},
		"project of a group":       {api + "/projects/acme/packages", 404, message("404 Project Not Found")},
		"nothing at all":           {api + "/nothing", 404, noRoute},
		"behind a package":         {one + "/nothing", 404, noRoute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.answers(t, test.status, test.want, get(test.path).as("maintainer"))
		})
	}
}

// TestOddTexts sends texts that are no names: they find nothing and break
// nothing.
func TestOddTexts(t *testing.T) {
	t.Parallel()
	w := newInputs(t)
	for name, text := range map[string]string{
		"zero byte": "a\x00b", "line break": "a\nb", "not UTF-8": "\xff\xfe", "one quote": `"`, "quotes": `""""`,
		"quote inside": `a"b`, "wildcards": `%_*?[]\`, "long": strings.Repeat("x", 4000), "many words": strings.Repeat("x ", 2000),
		"script": `<script>alert(1)</script>`, "other letters": "läß☃", "turned letters": "\u202e", "expression": "(.*)+$", "SQL": `' OR 1=1 --`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, list := range []string{w.packagesOf("acme/pub"), w.packagesBelow("acme")} {
				for _, parameter := range []string{"package_name", "package_version", "unknown"} {
					r := w.do(t, get(list+"?"+parameter+"="+url.QueryEscape(text)))
					if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusBadRequest {
						t.Errorf("%s: status %d (%.200s)", parameter, r.StatusCode, r.body)
					}
				}
			}
		})
	}
}

// TestFamilies checks the three forms of refusals, and that none has more
// members than GitLab's.
func TestFamilies(t *testing.T) {
	t.Parallel()
	w := newInputs(t)
	list, one := w.packagesOf("acme/pub"), w.packagePath("acme/pub", w.known["lib"])
	for name, test := range map[string]struct {
		ask    ask
		status int
		want   string
	}{
		"wrong token":        {get(list).as("wrong"), 401, message("401 Unauthorized")},
		"no token, a write":  {post(api+"/projects", "{}"), 401, message("401 Unauthorized")},
		"role too low":       {remove(one).as("developer"), 403, message("403 Forbidden")},
		"hidden project":     {get(w.packagesOf("acme/prv")).as("stranger"), 404, message("404 Project Not Found")},
		"no such package":    {get(list + "/999999"), 404, message("404 Not found")},
		"parameter":          {get(list + "?sort=up"), 400, wrong("sort does not have a valid value")},
		"missing parameters": {post(api+"/groups", "{}").as("admin").with("Content-Type: application/json"), 400, wrong("name is missing, path is missing")},
		"no JSON":            {post(api+"/groups", "{").as("admin").with("Content-Type: application/json"), 400, wrong("the request's body is malformed")},
		"method of no route": {put(api+"/nothing", "").as("admin"), 404, wrong("404 Not Found")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.answers(t, test.status, test.want, test.ask)
		})
	}
	for _, method := range []string{http.MethodPut, http.MethodPost, http.MethodPatch} {
		r := w.status(t, http.StatusMethodNotAllowed, ask{method: method, path: one, who: "maintainer"})
		if got := r.Header.Get("Allow"); !strings.Contains(got, "GET") || !strings.Contains(got, "DELETE") {
			t.Errorf("Allow is %q", got)
		}
	}
}

// TestMoved asks for a project and a group by their earlier paths.
func TestMoved(t *testing.T) {
	t.Parallel()
	w := newInputs(t)
	w.project("acme/hidden", record.PrivateVisibility)
	for project, path := range map[string]string{"acme/pub": "pub-moved", "acme/hidden": "hidden-moved"} {
		w.change(project, accounts.ProjectChange{Path: &path})
	}
	id := text(w.projects["acme/pub"])
	const old, gone, hidden = api + "/projects/acme%2Fpub", api + "/projects/acme%2Fnone", api + "/projects/acme%2Fhidden"
	for _, suffix := range []string{"", "/packages", "/packages/" + text(w.known["lib"]),
		"/packages/" + text(w.known["lib"]) + "/package_files/" + text(w.known["file"]) + "/download", "/packages/999999", "/members"} {
		r := w.status(t, http.StatusMovedPermanently, get(old+suffix+"?sort=desc&private_token="+w.tokens["guest"]+"&per_page=3"))
		if want := w.url + api + "/projects/" + id + suffix + "?per_page=3&sort=desc"; r.Header.Get("Location") != want {
			t.Errorf("%s: Location is %q, want %q", suffix, r.Header.Get("Location"), want)
		}
		if strings.Contains(string(r.body), w.tokens["guest"]) {
			t.Errorf("%s: the answer repeats a token: %s", suffix, r.body)
		}
		head := get(old + suffix).as("guest")
		head.method = http.MethodHead
		w.status(t, http.StatusMovedPermanently, head)
		for _, who := range []string{"", "stranger"} {
			w.likeMissing(t, who, hidden+suffix, gone+suffix)
		}
	}
	const text405 = "Non GET methods are not allowed for moved projects"
	w.answers(t, http.StatusMethodNotAllowed, message(text405), remove(old+"/packages/"+text(w.known["lib"])).as("maintainer"))
	w.answers(t, http.StatusMethodNotAllowed, message(text405), ask{method: http.MethodPut, path: old, who: "owner",
		body: []byte(`{"name":"x"}`), header: []string{"Content-Type: application/json"}})
	w.answers(t, http.StatusNotFound, message("404 Project Not Found"), remove(hidden+"/packages/1").as("stranger"))
	// Whatever takes the path is what it leads to.
	w.project("acme/pub", record.PublicVisibility)
	w.lists(t, "", get(old+"/packages"))
}

// likeMissing compares the answers about two paths.
func (w *world) likeMissing(t *testing.T, who, there, gone string) {
	t.Helper()
	got, want := w.do(t, get(there).as(who)).whole(), w.do(t, get(gone).as(who)).whole()
	if got != want {
		t.Errorf("%s as %q:\n%s\nwant\n%s", there, who, got, want)
	}
}
