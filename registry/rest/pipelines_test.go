package rest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

func TestPipelineLifecycle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/projects", h.project.ID) + "/pipelines"
	got := h.call(developer, "POST", path, "ref=main&sha=abc123&web_url=https://ci.example.com/1")
	made := got.object()
	secret, _ := made["job_token"].(string)
	want := fmt.Sprintf(`{"id":%[1]s,"iid":1,"project_id":%[2]d,"sha":"abc123","ref":"main","status":"pending","source":"api",`+
		`"created_at":"2026-11-24T12:00:00.000Z","updated_at":"2026-11-24T12:00:00.000Z","web_url":"https://ci.example.com/1",`+
		`"user":{"id":%[3]d,"username":"developer","name":"developer","state":"active","avatar_url":null,"web_url":null}`,
		textOf(made["id"]), h.project.ID, h.users[developer].ID)
	if got.status != 201 || got.body != want+`,"job_token":"`+secret+`"}` || secret == "" {
		t.Fatalf("made %d %s, want %s", got.status, got.body, want)
	}
	one := path + "/" + textOf(made["id"])
	if got := h.call(guest, "GET", one, ""); got.status != 200 || got.body != want+"}" {
		t.Errorf("read %d %s", got.status, got.body)
	}
	h.secrets["job"] = secret
	h.clock.Move(time.Minute)
	if got := h.call("job", "PUT", one, "status=running").object(); got["status"] != "running" || got["updated_at"] != "2026-11-24T12:01:00.000Z" {
		t.Errorf("the job says that it runs: %v", got)
	}
	if got := h.call(developer, "PUT", one, "status=success"); got.status != 200 {
		t.Errorf("ended %d %s", got.status, got.body)
	}
	if got := h.call("job", "GET", one, ""); got.status != 401 {
		t.Errorf("the job after the end: %d %s", got.status, got.body)
	}
	h.must(h.accounts.RemoveUser(t.Context(), console, h.users[developer].ID))
	if got := h.call(guest, "GET", one, "").object(); got["user"] != nil || got["status"] != "success" {
		t.Errorf("of a user who is gone: %v", got)
	}
}

func TestPipelinesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/projects", h.project.ID) + "/pipelines"
	const whole, forbidden, missing = "ref=main&sha=abc", `{"message":"403 Forbidden"}`, `{"message":"404 Pipeline Not Found"}`
	one := path + "/" + textOf(h.call(developer, "POST", path, whole).object()["id"])
	wrong := func(name, method, at, body, want string) refusalCase {
		return refusalCase{name, developer, method, at, body, 400, `{"error":"` + want + `"}`}
	}
	h.refuses(t, []refusalCase{
		wrong("nothing", "POST", path, "", "ref is missing, sha is missing"),
		wrong("no commit", "POST", path, "ref=main&sha=main", "sha is invalid"),
		wrong("unknown status", "POST", path, whole+"&status=x", "status does not have a valid value"),
		wrong("unknown source", "POST", path, whole+"&source=x", "source does not have a valid value"),
		wrong("no page", "POST", path, whole+"&web_url=javascript:x", "web_url is invalid"),
		wrong("no status", "PUT", one, "", "status is missing"),
		wrong("status that is none", "PUT", one, "status=done", "status does not have a valid value"),
		wrong("no number", "GET", path+"/x", "", "pipeline_id is invalid"),
		wrong("order", "GET", path+"?order_by=name", "", "order_by does not have a valid value"),
		wrong("direction", "GET", path+"?sort=up", "", "sort does not have a valid value"),
		wrong("scope", "GET", path+"?scope=branches", "", "scope does not have a valid value"),
		wrong("status to list", "GET", path+"?status=done", "", "status does not have a valid value"),
		wrong("source to list", "GET", path+"?source=me", "", "source does not have a valid value"),
		wrong("time", "GET", path+"?updated_after=soon", "", "updated_after is invalid"),
		wrong("truth", "GET", path+"?yaml_errors=maybe", "", "yaml_errors is invalid"),
		wrong("page", "GET", path+"?page=0", "", "page does not have a valid value"),
		{"unknown", developer, "GET", path + "/999", "", 404, missing},
		{"unknown to change", developer, "PUT", path + "/999", "status=running", 404, missing},
		{"none of a branch", developer, "GET", path + "/latest?ref=other", "", 404, missing},
		{"nobody reads", nobody, "GET", path, "", 404, `{"message":"404 Project Not Found"}`},
		{"nobody creates", nobody, "POST", path, whole, 401, `{"message":"401 Unauthorized"}`},
		{"stranger reads", stranger, "GET", one, "", 404, `{"message":"404 Project Not Found"}`},
		{"stranger creates", stranger, "POST", path, whole, 404, `{"message":"404 Project Not Found"}`},
		{"guest creates", guest, "POST", path, whole, 403, forbidden},
		{"reporter changes", reporter, "PUT", one, "status=running", 403, forbidden},
	})
}

func TestPipelinesOfPublicPackagesStayPrivate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/projects", h.project.ID) + "/pipelines"
	h.call(developer, "POST", path, "ref=main&sha=abc")
	if got := h.call(maintainer, "PUT", ends("/projects", h.project.ID), "package_registry_access_level=public"); got.status != 200 {
		t.Fatalf("opened: %d %s", got.status, got.body)
	}
	h.refuses(t, []refusalCase{{"list", nobody, "GET", path, "", 404, `{"message":"404 Project Not Found"}`}})
}

func TestListPipelines(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/projects", h.project.ID) + "/pipelines"
	for _, p := range []struct{ who, body string }{
		{developer, "ref=main&sha=aaa&status=success"},
		{maintainer, "ref=dev&sha=bbb&status=running&source=push"},
		{developer, "ref=main&sha=ccc&status=skipped"},
		{owner, "ref=main&sha=ddd"},
	} {
		h.clock.Move(time.Hour)
		if got := h.call(p.who, "POST", path, p.body); got.status != 201 {
			t.Fatalf("%s: %d %s", p.body, got.status, got.body)
		}
	}
	h.clock.Move(time.Hour)
	h.call(developer, "PUT", path+"/1", "status=failed")
	for _, tt := range []struct{ name, query, want string }{
		{"newest first", "", "4 3 2 1"},
		{"oldest first", "?sort=asc", "1 2 3 4"},
		{"by status", "?order_by=status&sort=asc", "1 4 2 3"},
		{"by ref, ties down", "?order_by=ref", "4 3 1 2"},
		{"by change", "?order_by=updated_at", "1 4 3 2"},
		{"by user", "?order_by=user_id&sort=asc", "1 3 2 4"},
		{"of a ref", "?ref=main", "4 3 1"},
		{"of a commit", "?sha=bbb", "2"},
		{"of a source", "?source=push", "2"},
		{"of a status", "?status=skipped", "3"},
		{"that run", "?scope=running", "2"},
		{"that wait", "?scope=pending", "4"},
		{"that are over", "?scope=finished", "1"},
		{"of a user", "?username=DEVELOPER", "3 1"},
		{"of nobody", "?username=none", ""},
		{"with a name", "?name=x", ""},
		{"with errors", "?yaml_errors=true", ""},
		{"without errors", "?yaml_errors=false", "4 3 2 1"},
		{"made later", "?created_after=2026-11-24T15:00:00Z", "4 3"},
		{"changed earlier", "?updated_before=2026-11-24T14:00:00Z", "2"},
		{"all at once", "?ref=main&status=pending&sha=ddd&source=api", "4"},
		{"second page", "?page=2&per_page=3", "1"},
		{"past the end", "?page=5", ""},
	} {
		if got := h.call(guest, "GET", path+tt.query, ""); got.status != 200 || got.column("iid") != tt.want {
			t.Errorf("%s = %d %s, want %s", tt.name, got.status, got.body, tt.want)
		}
	}
	got := h.call(guest, "GET", path+"?per_page=3", "")
	if got.header["X-Total"] != "4" || got.header["X-Total-Pages"] != "2" || !strings.Contains(got.header["Link"], `rel="next"`) {
		t.Errorf("headers %v", got.header)
	}
	if fields := keys(got.list()[0]); fields != "created_at id iid project_id ref sha source status updated_at web_url" {
		t.Errorf("fields %s", fields)
	}
	for query, want := range map[string]string{"": "4", "?ref=dev": "2"} {
		if got := h.call(guest, "GET", path+"/latest"+query, ""); got.status != 200 || textOf(got.object()["iid"]) != want {
			t.Errorf("latest%s = %d %s, want %s", query, got.status, got.body, want)
		}
	}
}

func TestPipelinesOfPublicProjects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.accounts.CreateGroup(t.Context(), console, accounts.NewGroup{Path: "open", Visibility: record.PublicVisibility})
	h.must(err)
	pr, err := h.accounts.CreateProject(t.Context(), console, accounts.NewProject{Path: "open/lib", Visibility: record.PublicVisibility})
	h.must(err)
	path := ends("/projects", pr.ID) + "/pipelines"
	for _, who := range []string{nobody, stranger} {
		if got := h.call(who, "GET", path, ""); got.status != 200 || got.body != "[]" {
			t.Errorf("%q: %d %s", who, got.status, got.body)
		}
	}
}

// TestLatestPipelineFarBack looks for a branch behind more pipelines than are read
// at one time.
func TestLatestPipelineFarBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		for i := range 2*maxPageSize + 1 {
			line := record.Pipeline{ProjectID: h.project.ID, Ref: "main", SHA: "abc123", Status: "success", Source: "api",
				CreatedAt: h.clock.Now(), UpdatedAt: h.clock.Now()}
			if i == 0 {
				line.Ref = "old"
			}
			if _, err := tx.Spaces().PutPipeline(line); err != nil {
				return err
			}
		}
		return nil
	}))
	for query, want := range map[string]string{"?ref=old": "1", "?ref=main": "201", "": "201"} {
		got := h.call(guest, "GET", "/projects/2/pipelines/latest"+query, "")
		if got.status != 200 || textOf(got.object()["iid"]) != want {
			t.Errorf("latest%s = %d %s, want %s", query, got.status, got.body, want)
		}
	}
}
