package contract_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// listCase is a list of goods/shelf by its query. The lists of the group goods
// are the same.
type listCase struct {
	number            int
	name, query, want string
}

// filters are rows 10 to 35, as far as they are lists.
func filters() []listCase {
	const versionless = shelfZeta + " " + shelfCore + " " + shelfBeta + " " + shelfLib + " tool " + shelfStatuses
	return []listCase{
		{6, "order_by=name", "order_by=name", shelfLib + " " + shelfZeta + " " + shelfBeta + " " + shelfCore + " " + shelfDeprecated + " " + shelfError},
		{7, "order_by=name backwards", "order_by=name&sort=desc",
			shelfError + " " + shelfDeprecated + " " + shelfCore + " " + shelfBeta + " " + shelfZeta + " " + shelfLib},
		{8, "by time", "", shelfShown},
		{9, "by time backwards", "sort=desc", reversed(shelfShown)},
		{10, "versions are ordered as texts", "order_by=version", shelfStatuses + " " + shelfZeta + " " + shelfBeta + " " + shelfLib + " " + shelfCore},
		{11, "order_by=type", "order_by=type", shelfCore + " " + shelfStatuses + " " + shelfZeta + " " + shelfLib + " " + shelfBeta},
		{15, "package_type=npm", "package_type=npm", shelfZeta + " " + shelfLib},
		{16, "package_type=conan", "package_type=conan", ""},
		{17, "package_type=helm", "package_type=helm", ""},
		{17, "package_type=golang", "package_type=golang", ""},
		{17, "package_type=terraform_module", "package_type=terraform_module", "net@1"},
		{19, "part of a name in any case", "package_name=LI", shelfLib},
		{20, "two words", "package_name=acme+lib", shelfLib},
		{20, "two words in the other order", "package_name=LIB++acme", shelfLib},
		{20, "a word that is nowhere", "package_name=acme+libx", ""},
		{21, "phrase", "package_name=%22cme/l%22", shelfLib},
		{21, "phrase with a blank", "package_name=%22acme+lib%22", ""},
		{22, "percent", "package_name=%25", ""},
		{22, "underscore", "package_name=_", ""},
		{22, "backslash", `package_name=%5C`, ""},
		{23, "one letter", "package_name=l", shelfBeta + " " + shelfLib},
		{24, "no name", "package_name=", shelfShown},
		{24, "blank name", "package_name=+", shelfShown},
		{25, "package_version=2.0.0", "package_version=2.0.0", shelfBeta + " " + shelfLib},
		{26, "part of a version", "package_version=2", ""},
		{27, "without versionless ones", "", shelfShown},
		{28, "include_versionless=true", "include_versionless=true", versionless},
		{28, "include_versionless=1", "include_versionless=1", versionless},
		{29, "include_versionless=false", "include_versionless=false", shelfShown},
		{29, "include_versionless=0", "include_versionless=0", shelfShown},
		{29, "include_versionless empty", "include_versionless=", shelfShown},
		{30, "package_version with versionless ones", "package_version=2.0.0&include_versionless=true", shelfBeta + " " + shelfLib},
		{31, "the statuses that are shown (X2)", "package_type=maven", shelfCore + " " + shelfStatuses},
		{32, "status=hidden", "status=hidden", "jar-hidden@1"},
		{33, "status=processing", "status=processing", "jar-processing@1"},
		{33, "status=error", "status=error", shelfError},
		{33, "status=pending_destruction", "status=pending_destruction", "jar-pending@1"},
		{33, "status=default", "status=default", shelfZeta + " " + shelfCore + " " + shelfBeta + " " + shelfLib},
		{34, "status=deprecated", "status=deprecated", shelfDeprecated},
	}
}

func reversed(list string) string {
	words := strings.Split(list, " ")
	slices.Reverse(words)
	return strings.Join(words, " ")
}

// badValue is a parameter that is refused, of the lists of projects and, but for
// the order by projects, of groups.
type badValue struct {
	number            int
	name, query, text string
}

func badValues() []badValue {
	return []badValue{
		{12, "order_by=project_path on a project", "order_by=project_path", "order_by does not have a valid value"},
		{13, "order_by=bogus", "order_by=bogus", "order_by does not have a valid value"},
		{14, "sort=up", "sort=up", "sort does not have a valid value"},
		{18, "package_type=foo", "package_type=foo", "package_type does not have a valid value"},
		{35, "status=invalid", "status=invalid", "status does not have a valid value"},
		{40, "per_page=0", "per_page=0", "per_page has a value not allowed"},
		{41, "page=-1", "page=-1", "page does not have a valid value"},
		{42, "per_page=abc", "per_page=abc", "per_page is invalid"},
	}
}

func listRows() []row {
	rows := []row{
		{1, "a public list for the anonymous", func(t *testing.T, w *world) {
			if list := w.list(t, get(w.packagesOf("goods/shelf"))); len(list) == 0 {
				t.Error("the list is empty")
			}
		}},
		{2, "the project by its path", func(t *testing.T, w *world) {
			want := w.status(t, http.StatusOK, get(w.packagesOf("acme/lib")))
			w.answers(t, http.StatusOK, string(want.body), get(api+"/projects/acme%2Flib/packages"))
		}},
		{3, "20 items a page", func(t *testing.T, w *world) {
			if n := len(w.list(t, get(w.packagesOf("acme/many")))); n != 20 {
				t.Errorf("%d items, want 20", n)
			}
		}},
		{4, "the members of an item", func(t *testing.T, w *world) { w.itemMembers(t) }},
		{5, "created_at", func(t *testing.T, w *world) {
			first := w.list(t, get(w.packagesOf("acme/lib")))[0]
			at, err := time.Parse("2006-01-02T15:04:05.000Z", first.CreatedAt)
			if err != nil || at.Before(w.clock.Now().Add(-time.Hour)) || at.After(w.clock.Now()) {
				t.Errorf("created_at is %s", first.CreatedAt)
			}
		}},
		{36, "the headers of a page", func(t *testing.T, w *world) {
			r := w.page(t, "acme/four", "per_page=2&page=1", 2)
			r.headers(t, map[string]string{"X-Page": "1", "X-Per-Page": "2", "X-Next-Page": "2", "X-Prev-Page": "", "X-Total": "4", "X-Total-Pages": "2"})
		}},
		{37, "the last page", func(t *testing.T, w *world) {
			r := w.page(t, "acme/four", "per_page=2&page=2", 2)
			r.headers(t, map[string]string{"X-Page": "2", "X-Next-Page": "", "X-Prev-Page": "1", "X-Total": "4", "X-Total-Pages": "2"})
		}},
		{38, "the links of a page", func(t *testing.T, w *world) { w.pageLinks(t) }},
		{39, "per_page=1000", func(t *testing.T, w *world) {
			r := w.page(t, "acme/many", "per_page=1000", 100)
			r.headers(t, map[string]string{"X-Per-Page": "100", "X-Total": "150", "X-Total-Pages": "2"})
		}},
		{43, "past the end", func(t *testing.T, w *world) {
			r := w.page(t, "acme/four", "page=99", 0)
			r.headers(t, map[string]string{"X-Page": "99", "X-Next-Page": "", "X-Total": "4", "X-Total-Pages": "1"})
			if string(r.body) != "[]" {
				t.Errorf("%s, want []", r.body)
			}
		}},
	}
	for _, c := range filters() {
		rows = append(rows, row{c.number, c.name, func(t *testing.T, w *world) {
			w.lists(t, c.want, get(w.packagesOf("goods/shelf")+"?"+c.query))
		}})
	}
	for _, c := range badValues() {
		rows = append(rows, row{c.number, c.name, func(t *testing.T, w *world) {
			w.answers(t, http.StatusBadRequest, wrong(c.text), get(w.packagesOf("goods/shelf")+"?"+c.query))
		}})
	}
	return rows
}

// itemMembers looks at what a package of npm is told with.
func (w *world) itemMembers(t *testing.T) {
	t.Helper()
	i := w.list(t, get(w.packagesOf("acme/lib")))[0]
	if i.ID != w.known["lib 1.0.0"] || i.String() != "@acme/lib@1.0.0" || i.Type != "npm" || i.Status != string(record.StatusDefault) {
		t.Errorf("item %+v", i)
	}
	for _, member := range []string{"id", "name", "version", "package_type", "created_at", "last_downloaded_at", "_links", "tags", "status"} {
		if _, ok := i.members[member]; !ok {
			t.Errorf("no %s", member)
		}
	}
}

// page reads a page of a project's list that must have that many items.
func (w *world) page(t *testing.T, project, query string, want int) reply {
	t.Helper()
	var list []item
	r := w.shows(t, get(w.packagesOf(project)+"?"+query), &list)
	if len(list) != want {
		t.Errorf("%s: %d items, want %d", query, len(list), want)
	}
	return r
}

// headers compares headers, which must be there even where they are empty.
func (r reply) headers(t *testing.T, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got, ok := r.Header[http.CanonicalHeaderKey(name)]; !ok || got[0] != value {
			t.Errorf("%s: %s is %q, want %q", r.Request.URL, name, got, value)
		}
	}
}

func (w *world) pageLinks(t *testing.T) {
	t.Helper()
	const query = "package_type=generic&sort=desc"
	list := w.packagesOf("acme/four")
	r := w.page(t, "acme/four", query+"&per_page=2&page=1&private_token="+w.tokens["guest"], 2)
	at := func(page string) string {
		return w.url + list + "?package_type=generic&page=" + page + "&per_page=2&sort=desc"
	}
	for rel, want := range map[string]string{"next": at("2"), "first": at("1"), "last": at("2"), "prev": ""} {
		if got := r.link(rel); got != want {
			t.Errorf("%s leads to %s, want %s", rel, got, want)
		}
	}
	second, more := w.next(t, r, get(""))
	if !more {
		t.Fatal("no second page")
	}
	w.lists(t, "tool-001@1 tool-000@1", second)
	if got := w.do(t, second).link("prev"); got != at("1") {
		t.Errorf("prev leads to %s", got)
	}
}
