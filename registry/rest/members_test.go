package rest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// places are the members' paths of the group and the project of a house, with
// who gives roles there.
func (h *house) places() map[string]string {
	return map[string]string{ends("/groups", h.group.ID) + "/members": owner, ends("/projects", h.project.ID) + "/members": maintainer}
}

// body writes a form.
func body(pairs ...any) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, fmt.Sprintf("%v=%v", pairs[i], pairs[i+1]))
	}
	return strings.Join(parts, "&")
}

func TestMemberLifecycle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, who := range h.places() {
		kim := h.user("kim" + who)
		one := ends(path, kim.ID)
		got := h.call(who, "POST", path, body("user_id", kim.ID, "access_level", 30, "expires_at", "2027-01-31"))
		want := fmt.Sprintf(`{"id":%d,"username":"%s","name":"%s","state":"active","avatar_url":null,"web_url":null,`+
			`"access_level":30,"created_at":"2026-11-24T12:00:00.000Z","expires_at":"2027-01-31"}`, kim.ID, kim.Username, kim.Username)
		if got.status != 201 || got.body != want {
			t.Errorf("%s: added %d %s, want %s", path, got.status, got.body, want)
		}
		if got := h.call(guest, "GET", one, ""); got.status != 200 || got.body != want {
			t.Errorf("%s: read %d %s", path, got.status, got.body)
		}
		if got := h.call(who, "PUT", one, body("access_level", 40)).object(); got["access_level"] != 40.0 || got["expires_at"] != "2027-01-31" {
			t.Errorf("%s: changed %v", path, got)
		}
		if got := h.call(who, "PUT", one, `{"access_level":20,"expires_at":""}`).object(); got["access_level"] != 20.0 || got["expires_at"] != nil {
			t.Errorf("%s: changed again %v", path, got)
		}
		if got := h.call(kim.Username, "GET", strings.TrimSuffix(path, "/members")+"/members", ""); got.status != 200 {
			t.Errorf("%s: a member reads %d %s", path, got.status, got.body)
		}
		if got := h.call(who, "DELETE", one, ""); got.status != 204 || got.body != "" {
			t.Errorf("%s: removed %d %s", path, got.status, got.body)
		}
		h.refuses(t, []refusalCase{
			{"gone", who, "GET", one, "", 404, `{"message":"404 Not found"}`},
			{"gone for good", who, "DELETE", one, "", 404, `{"message":"404 Not found"}`},
			{"cannot be changed", who, "PUT", one, "access_level=30", 404, `{"message":"404 Not found"}`},
		})
		if got := h.call(who, "POST", path, body("username", strings.ToUpper(kim.Username), "access_level", 10)); got.status != 201 {
			t.Errorf("%s: added by name %d %s", path, got.status, got.body)
		}
		if got := h.call(kim.Username, "DELETE", one, ""); got.status != 204 {
			t.Errorf("%s: left %d %s", path, got.status, got.body)
		}
	}
}

func TestMembersAreChangedByThoseAbove(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kim := h.user("kim")
	for path, least := range h.places() {
		levels := map[string]int{guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50}
		for who, level := range levels {
			want := http.StatusForbidden
			if level >= levels[least] {
				want = http.StatusCreated
			}
			got := h.call(who, "POST", path, body("user_id", kim.ID, "access_level", 10))
			if got.status != want {
				t.Errorf("%s by %s = %d %s, want %d", path, who, got.status, got.body, want)
			}
			if want == http.StatusCreated {
				h.call(admin, "DELETE", ends(path, kim.ID), "")
			}
		}
		h.refuses(t, []refusalCase{
			{"nobody reads", nobody, "GET", path, "", 401, `{"message":"401 Unauthorized"}`},
			{"nobody adds", nobody, "POST", path, body("user_id", kim.ID, "access_level", 10), 401, `{"message":"401 Unauthorized"}`},
			{"stranger reads", stranger, "GET", path, "", 404, absent(path)},
			{"stranger adds", stranger, "POST", path, body("user_id", kim.ID, "access_level", 10), 404, absent(path)},
			{"guest changes", guest, "PUT", ends(path, kim.ID), "access_level=10", 403, `{"message":"403 Forbidden"}`},
			{"guest removes", guest, "DELETE", ends(path, kim.ID), "", 403, `{"message":"403 Forbidden"}`},
		})
	}
}

// absent is the answer for a group or project that a caller does not see.
func absent(path string) string {
	if strings.HasPrefix(path, "/groups") {
		return `{"message":"404 Group Not Found"}`
	}
	return `{"message":"404 Project Not Found"}`
}

func TestMembersAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kim, dev := h.user("kim"), h.users[developer]
	limits := accounts.NewToken{UserID: h.users[owner].ID, Packages: []string{"@acme/*"}}
	h.token("limited", limits)
	limits.Packages, limits.Scopes = nil, []string{accounts.ScopeReadAPI}
	h.token("reader", limits)
	for path, who := range h.places() {
		here := func(name, who, method, path, body, want string) refusalCase {
			return refusalCase{name, who, method, path, body, 400, want}
		}
		add := body("user_id", kim.ID, "access_level", 30)
		h.refuses(t, []refusalCase{
			here("nothing", who, "POST", path, "", `{"error":"access_level is missing"}`),
			here("nobody named", who, "POST", path, "access_level=30", `{"error":"user_id, username are missing, at least one parameter must be provided"}`),
			here("two named", who, "POST", path, add+"&username=kim", `{"error":"user_id, username are mutually exclusive"}`),
			here("several users", who, "POST", path, "user_id=1,2&access_level=30", `{"error":"user_id is invalid"}`),
			here("no level", who, "POST", path, body("user_id", kim.ID, "access_level", ""), `{"error":"access_level is invalid"}`),
			here("a word as level", who, "POST", path, body("user_id", kim.ID, "access_level", "owner"), `{"error":"access_level is invalid"}`),
			here("none", who, "POST", path, body("user_id", kim.ID, "access_level", 0), `{"error":"access_level does not have a valid value"}`),
			here("minimal", who, "POST", path, body("user_id", kim.ID, "access_level", 5), `{"error":"access_level does not have a valid value"}`),
			here("planner", who, "POST", path, body("user_id", kim.ID, "access_level", 15), `{"error":"access_level does not have a valid value"}`),
			here("admin", who, "POST", path, body("user_id", kim.ID, "access_level", 60), `{"error":"access_level does not have a valid value"}`),
			here("no day", who, "POST", path, add+"&expires_at=soon", `{"error":"expires_at is invalid"}`),
			here("the first day", who, "POST", path, add+"&expires_at=0001-01-01T05:00:00", `{"error":"expires_at is invalid"}`),
			here("today", who, "POST", path, add+"&expires_at=2026-11-24T23:00:00Z", `{"message":{"expires_at":["cannot be a date in the past"]}}`),
			here("no number in the path", who, "PUT", path+"/kim", "access_level=30", `{"error":"user_id is invalid"}`),
			here("no level to change to", who, "PUT", ends(path, dev.ID), "", `{"error":"access_level is missing"}`),
			here("no numbers to list", who, "GET", path+"?user_ids=1,x", "", `{"error":"user_ids is invalid"}`),
			here("no page", who, "GET", path+"?per_page=0", "", `{"error":"per_page has a value not allowed"}`),
			{"unknown user", who, "POST", path, "user_id=999&access_level=30", 404, `{"message":"404 User Not Found"}`},
			{"unknown username", who, "POST", path, "username=nobody&access_level=30", 404, `{"message":"404 User Not Found"}`},
			{"token with limits", "limited", "POST", path, add, 403, `{"message":"403 Forbidden"}`},
			{"token that reads", "reader", "POST", path, add, 403, `{"message":"403 Forbidden"}`},
			{"token that reads leaves", "reader", "DELETE", ends(path, h.users[owner].ID), "", 403, `{"message":"403 Forbidden"}`},
		})
	}
	project, group := ends("/projects", h.project.ID)+"/members", ends("/groups", h.group.ID)+"/members"
	h.refuses(t, []refusalCase{
		{"member twice", owner, "POST", group, body("user_id", dev.ID, "access_level", 30), 409, `{"message":"Member already exists"}`},
		{"above the own role", maintainer, "POST", project, body("user_id", kim.ID, "access_level", 50), 403, `{"message":"403 Forbidden"}`},
		{"below the inherited role", owner, "POST", project, body("user_id", dev.ID, "access_level", 20), 400,
			`{"message":{"access_level":["should be greater than or equal to Developer inherited membership from group acme"]}}`},
		{"inherited member", owner, "DELETE", ends(project, dev.ID), "", 404, `{"message":"404 Not found"}`},
	})
	h.must(h.accounts.SetMember(t.Context(), console,
		record.Member{Source: record.Source{Kind: record.ProjectSource, ID: h.project.ID}, UserID: kim.ID, Level: record.Owner}))
	h.refuses(t, []refusalCase{
		{"owner downgraded by a maintainer", maintainer, "PUT", ends(project, kim.ID), "access_level=40", 403, `{"message":"403 Forbidden"}`},
		{"owner removed by a maintainer", maintainer, "DELETE", ends(project, kim.ID), "", 403, `{"message":"403 Forbidden"}`},
	})
}

func TestGroupKeepsAnOwner(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	group := ends("/groups", h.group.ID) + "/members"
	first := ends(group, h.users[owner].ID)
	forbidden := `{"message":"403 Forbidden"}`
	last := []refusalCase{
		{"leaves", owner, "DELETE", first, "", 403, forbidden},
		{"steps down", owner, "PUT", first, "access_level=40", 403, forbidden},
		{"removed by an administrator", admin, "DELETE", first, "", 403, forbidden},
	}
	h.refuses(t, last)
	kim := h.user("kim")
	if got := h.call(owner, "POST", group, body("user_id", kim.ID, "access_level", 50, "expires_at", "2026-12-01")); got.status != 201 {
		t.Fatalf("second owner: %d %s", got.status, got.body)
	}
	if got := h.call(owner, "PUT", first, "access_level=50"); got.status != 200 {
		t.Errorf("an owner stays one: %d %s", got.status, got.body)
	}
	h.clock.Move(8 * 24 * time.Hour)
	h.refuses(t, last)
	if got := h.call(owner, "POST", group, body("user_id", kim.ID, "access_level", 50)); got.status != 201 {
		t.Fatalf("owner again: %d %s", got.status, got.body)
	}
	if got := h.call(owner, "DELETE", first, ""); got.status != 204 {
		t.Errorf("an owner leaves: %d %s", got.status, got.body)
	}
}

func TestLeavingAGroupLeavesWhatIsBelow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	group, project := ends("/groups", h.group.ID)+"/members", ends("/projects", h.project.ID)+"/members"
	for _, tt := range []struct {
		name, query string
		want        int
	}{{"below too", "", 404}, {"here alone", "?skip_subresources=true", 200}} {
		kim := h.user("kim" + tt.name[:4])
		for _, path := range []string{group, project} {
			if got := h.call(owner, "POST", path, body("user_id", kim.ID, "access_level", 30)); got.status != 201 {
				t.Fatalf("%s: %s = %d %s", tt.name, path, got.status, got.body)
			}
		}
		if got := h.call(owner, "DELETE", ends(group, kim.ID)+tt.query, ""); got.status != 204 {
			t.Errorf("%s: removed %d %s", tt.name, got.status, got.body)
		}
		if got := h.call(owner, "GET", ends(project, kim.ID), ""); got.status != tt.want {
			t.Errorf("%s: member below = %d %s, want %d", tt.name, got.status, got.body, tt.want)
		}
	}
}

func TestListMembers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	group, project := ends("/groups", h.group.ID)+"/members", ends("/projects", h.project.ID)+"/members"
	kim := h.user("kim")
	dev := h.users[developer]
	for _, add := range []string{body("user_id", kim.ID, "access_level", 20, "expires_at", "2026-11-30"), body("user_id", dev.ID, "access_level", 40)} {
		if got := h.call(owner, "POST", project, add); got.status != 201 {
			t.Fatalf("%s: %d %s", add, got.status, got.body)
		}
	}
	for _, tt := range []struct{ name, path, column, want string }{
		{"direct", project, "username", "developer kim"},
		{"with inherited", project + "/all", "username", "guest reporter developer maintainer owner kim"},
		{"highest role", project + "/all", "access_level", "10 20 40 40 50 20"},
		{"of the group", group, "access_level", "10 20 30 40 50"},
		{"all of a group at the top", group + "/all", "username", "guest reporter developer maintainer owner"},
		{"by name", project + "/all?query=ER", "username", "reporter developer maintainer owner"},
		{"by number", fmt.Sprintf("%s/all?user_ids[]=%d&user_ids[]=%d", project, kim.ID, dev.ID), "username", "developer kim"},
		{"by numbers with a comma", fmt.Sprintf("%s?user_ids=%d,999", project, kim.ID), "username", "kim"},
		{"second page", group + "?page=2&per_page=2", "username", "developer maintainer"},
		{"past the end", group + "?page=9", "username", ""},
	} {
		if got := h.call(guest, "GET", tt.path, ""); got.status != 200 || got.column(tt.column) != tt.want {
			t.Errorf("%s = %d %s, want %s", tt.name, got.status, got.body, tt.want)
		}
	}
	if got := h.call(guest, "GET", group+"?page=2&per_page=2", "").header; got["X-Total"] != "5" || got["X-Next-Page"] != "3" {
		t.Errorf("headers %v", got)
	}
	one := h.call(guest, "GET", ends(project+"/all", dev.ID), "")
	if one.status != 200 || one.object()["access_level"] != 40.0 {
		t.Errorf("one with inherited roles = %d %s", one.status, one.body)
	}
	h.clock.Move(7 * 24 * time.Hour)
	if got := h.call(guest, "GET", project, "").column("username"); got != "developer" {
		t.Errorf("after a role has ended: %s", got)
	}
	h.refuses(t, []refusalCase{{"whoever is no member", guest, "GET", ends(project+"/all", h.users[stranger].ID), "", 404, `{"message":"404 Not found"}`}})
}

// TestMembersBelowDoNotSeeThoseAbove: a member of a project in a private group
// knows of the group, and not who is in it.
func TestMembersBelowDoNotSeeThoseAbove(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kim := h.user("kim")
	if got := h.call(owner, "POST", ends("/projects", h.project.ID)+"/members", body("user_id", kim.ID, "access_level", 30)); got.status != 201 {
		t.Fatalf("added: %d %s", got.status, got.body)
	}
	group := ends("/groups", h.group.ID) + "/members"
	h.refuses(t, []refusalCase{
		{"list", "kim", "GET", group, "", 403, `{"message":"403 Forbidden"}`},
		{"one", "kim", "GET", ends(group, h.users[owner].ID), "", 403, `{"message":"403 Forbidden"}`},
	})
	if got := h.call("kim", "GET", ends("/projects", h.project.ID)+"/members/all", ""); got.status != 200 || len(got.list()) != 6 {
		t.Errorf("of the project: %d %s", got.status, got.body)
	}
}
