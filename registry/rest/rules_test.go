package rest

import (
	"fmt"
	"strings"
	"testing"
)

func TestRuleLifecycle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/projects", h.project.ID) + "/packages/protection/rules"
	if got := h.call(maintainer, "GET", path, ""); got.body != "[]" {
		t.Errorf("none = %d %s", got.status, got.body)
	}
	got := h.call(maintainer, "POST", path, `{"package_name_pattern":"@acme/core-*","package_type":"npm","minimum_access_level_for_push":"maintainer"}`)
	made := got.object()
	want := fmt.Sprintf(`{"id":%s,"project_id":%d,"package_name_pattern":"@acme/core-*","package_type":"npm",`+
		`"minimum_access_level_for_delete":null,"minimum_access_level_for_push":"maintainer"}`, textOf(made["id"]), h.project.ID)
	if got.status != 201 || got.body != want {
		t.Fatalf("made %d %s, want %s", got.status, got.body, want)
	}
	one := path + "/" + textOf(made["id"])
	for _, tt := range []struct{ name, body, want string }{
		{"levels", `{"minimum_access_level_for_delete":"owner","minimum_access_level_for_push":null}`, "@acme/core-* npm null owner"},
		{"pattern", "package_name_pattern=x*", "x* npm null owner"},
		{"numbers and nulls of GitLab's client",
			`{"package_name_pattern":null,"package_type":null,"minimum_access_level_for_delete":60,"minimum_access_level_for_push":50}`, "x* npm owner admin"},
		{"type", "package_type=maven", "x* maven owner admin"},
		{"nothing", "{}", "x* maven owner admin"},
	} {
		got := h.call(maintainer, "PATCH", one, tt.body)
		o := got.object()
		is := []string{}
		for _, name := range []string{paramPattern, paramType, paramPush, paramDelete} {
			is = append(is, textOf(o[name]))
		}
		if got.status != 200 || strings.Join(is, " ") != tt.want {
			t.Errorf("%s: %d %s, want %s", tt.name, got.status, got.body, tt.want)
		}
	}
	if got := h.call(maintainer, "GET", path, ""); got.column(paramPattern) != "x*" {
		t.Errorf("list %d %s", got.status, got.body)
	}
	if got := h.call(maintainer, "DELETE", one, ""); got.status != 204 || got.body != "" {
		t.Errorf("removed %d %s", got.status, got.body)
	}
	h.refuses(t, []refusalCase{
		{"removed twice", maintainer, "DELETE", one, "", 404, `{"message":"404 Not found"}`},
		{"changed after its end", maintainer, "PATCH", one, "{}", 404, `{"message":"404 Not found"}`},
	})
}

func TestRulesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := ends("/projects", h.project.ID) + "/packages/protection/rules"
	const whole, forbidden = "package_name_pattern=x&package_type=npm&minimum_access_level_for_push=owner", `{"message":"403 Forbidden"}`
	one := path + "/" + textOf(h.call(owner, "POST", path, whole).object()["id"])
	wrong := func(name, method, at, body, want string) refusalCase {
		return refusalCase{name, maintainer, method, at, body, 400, `{"error":"` + want + `"}`}
	}
	h.refuses(t, []refusalCase{
		wrong("nothing", "POST", path, "", "package_name_pattern is missing, package_type is missing"),
		wrong("empty pattern", "POST", path, "package_name_pattern=&package_type=npm&minimum_access_level_for_push=owner", "package_name_pattern is empty"),
		wrong("no pattern", "POST", path, `{"package_name_pattern":null,"package_type":"npm","minimum_access_level_for_push":null}`, "package_name_pattern is empty"),
		wrong("list as pattern", "POST", path, `{"package_name_pattern":[],"package_type":"npm","minimum_access_level_for_push":40}`, "package_name_pattern is invalid"),
		wrong("unknown type", "POST", path, "package_name_pattern=y&package_type=deb&minimum_access_level_for_push=owner", "package_type does not have a valid value"),
		wrong("no type", "POST", path, `{"package_name_pattern":"y","package_type":null,"minimum_access_level_for_delete":40}`, "package_type does not have a valid value"),
		wrong("no protection", "POST", path, "package_name_pattern=y&package_type=npm",
			"minimum_access_level_for_push, minimum_access_level_for_delete are missing, at least one parameter must be provided"),
		wrong("role too low", "PATCH", one, "minimum_access_level_for_push=developer", "minimum_access_level_for_push does not have a valid value"),
		wrong("number too low", "PATCH", one, `{"minimum_access_level_for_push":30}`, "minimum_access_level_for_push does not have a valid value"),
		wrong("no role", "PATCH", one, "minimum_access_level_for_delete=king", "minimum_access_level_for_delete does not have a valid value"),
		wrong("no number", "PATCH", path+"/x", "{}", "package_protection_rule_id is invalid"),
		{"taken", maintainer, "POST", path, whole, 422, `{"message":{"error":["Package name pattern has already been taken"]}}`},
		{"protects nothing", maintainer, "PATCH", one, "minimum_access_level_for_push=", 422,
			`{"message":{"error":["A rule must have at least a minimum access role for push or delete."]}}`},
		{"unknown", maintainer, "PATCH", path + "/999", "{}", 404, `{"message":"404 Not found"}`},
	})
	for who, want := range map[string]refusalCase{
		nobody: {status: 401, want: `{"message":"401 Unauthorized"}`}, stranger: {status: 404, want: `{"message":"404 Project Not Found"}`},
		guest: {status: 403, want: forbidden}, reporter: {status: 403, want: forbidden}, developer: {status: 403, want: forbidden},
	} {
		h.refuses(t, []refusalCase{
			{"list", who, "GET", path, "", want.status, want.want},
			{"create", who, "POST", path, strings.Replace(whole, "=x", "=y", 1), want.status, want.want},
			{"change", who, "PATCH", one, "{}", want.status, want.want},
			{"remove", who, "DELETE", one, "", want.status, want.want},
		})
	}
}

func TestRulesOfOthersAreMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const whole = "package_name_pattern=x&package_type=npm&minimum_access_level_for_push=owner"
	made := h.call(owner, "POST", ends("/projects", h.project.ID)+"/packages/protection/rules", whole).object()
	other := h.call(owner, "POST", "/projects", body("name", "other", "path", "other", "namespace_id", h.group.ID))
	if other.status != 201 {
		t.Fatalf("another project: %d %s", other.status, other.body)
	}
	one := "/projects/" + textOf(other.object()["id"]) + "/packages/protection/rules/" + textOf(made["id"])
	h.refuses(t, []refusalCase{
		{"changed", owner, "PATCH", one, "{}", 404, `{"message":"404 Not found"}`},
		{"removed", owner, "DELETE", one, "", 404, `{"message":"404 Not found"}`},
	})
}
