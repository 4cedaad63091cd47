package httpd

import (
	"fmt"
	"strings"
	"testing"
)

// TestProtectionRules is row 210: the rules as GitLab's API has them.
func TestProtectionRules(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	const target = "/api/v4/projects/acme%2Flib/packages/protection/rules"
	tm.do("GET", target, tm.as("may")).wantBody(t, `[]`)
	form := "Content-Type: application/x-www-form-urlencoded"
	r := tm.sendAs("may", "POST", target, "package_name_pattern=%40acme%2Fcore-*&package_type=npm&minimum_access_level_for_push=maintainer", form)
	r.want(t, 201, "Content-Type: application/json")
	var rule struct {
		ID      int64   `json:"id"`
		Pattern string  `json:"package_name_pattern"`
		Push    *string `json:"minimum_access_level_for_push"`
		Delete  *string `json:"minimum_access_level_for_delete"`
	}
	r.json(t, &rule)
	r.wantBody(t, fmt.Sprintf(`{"id":%d,"project_id":%d,"package_name_pattern":"@acme/core-*","package_type":"npm",`+
		`"minimum_access_level_for_delete":null,"minimum_access_level_for_push":"maintainer"}`, rule.ID, tm.project.ID))
	one := fmt.Sprintf("%s/%d", target, rule.ID)
	r = tm.sendAs("may", "PATCH", one, `{"minimum_access_level_for_delete":"owner","minimum_access_level_for_push":null}`, "Content-Type: application/json")
	r.want(t, 200)
	if r.json(t, &rule); rule.Push != nil || rule.Delete == nil || *rule.Delete != "owner" || rule.Pattern != "@acme/core-*" {
		t.Errorf("changed rule %s", r.body)
	}
	const whole = `{"package_name_pattern":"x","package_type":"npm","minimum_access_level_for_push":"owner"}`
	for _, c := range []struct {
		name, who, method, target, body string
		status                          int
		want                            string
	}{
		{"developer lists", "dev", "GET", target, "", 403, `{"message":"403 Forbidden"}`},
		{"developer creates", "dev", "POST", target, whole, 403, `{"message":"403 Forbidden"}`},
		{"reading token creates", "reader", "POST", target, whole, 403, `{"message":"403 Forbidden"}`},
		{"stranger", "sam", "GET", target, "", 404, `{"message":"404 Project Not Found"}`},
		{"anonymous", "", "GET", target, "", 401, `{"message":"401 Unauthorized"}`},
		{"unknown project", "may", "GET", "/api/v4/projects/acme%2Fno/packages/protection/rules", "", 404, `{"message":"404 Project Not Found"}`},
		{"unknown rule", "may", "DELETE", target + "/999", "", 404, ""},
		{"nothing given", "may", "POST", target, `{}`, 400, `{"error":"package_name_pattern is missing, package_type is missing"}`},
		{"empty pattern", "may", "POST", target, `{"package_name_pattern":"","package_type":"npm"}`, 400, `{"error":"package_name_pattern is empty"}`},
		{"list as pattern", "may", "POST", target, `{"package_name_pattern":[],"package_type":"npm"}`, 400, `{"error":"package_name_pattern is invalid"}`},
		{"unknown type", "may", "POST", target, `{"package_name_pattern":"x","package_type":"deb"}`, 400, `{"error":"package_type does not have a valid value"}`},
		{"role too low", "may", "PATCH", one, `{"minimum_access_level_for_push":"developer"}`, 400, `{"error":"minimum_access_level_for_push does not have a valid value"}`},
		{"no role", "may", "PATCH", one, `{"minimum_access_level_for_delete":"king"}`, 400, `{"error":"minimum_access_level_for_delete does not have a valid value"}`},
		{"no JSON", "may", "POST", target, `{`, 400, `{"error":"the request's body is malformed"}`},
		{"two documents", "may", "POST", target, whole + whole, 400, `{"error":"the request's body is malformed"}`},
		{"number that is none", "may", "PATCH", target + "/x", `{}`, 400, ""},
		{"same pattern again", "may", "POST", target, strings.Replace(whole, `"x"`, `"@acme/core-*"`, 1), 422, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tm.sendAs(c.who, c.method, c.target, c.body, "Content-Type: application/json")
			r.want(t, c.status, "Content-Type: application/json")
			if c.want != "" {
				r.wantBody(t, c.want)
			}
		})
	}
	tm.sendAs("may", "POST", target, "x", "Content-Type: text/plain").want(t, 415)
	r = tm.do("DELETE", one, tm.as("may"))
	r.want(t, 204)
	r.wantBody(t, "")
	tm.do("GET", target, tm.as("may")).wantBody(t, `[]`)
}

func TestPipelines(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	target := fmt.Sprintf("/api/v4/projects/%d/pipelines", tm.project.ID)
	multipart := "--b\r\nContent-Disposition: form-data; name=\"sha\"\r\n\r\nabc123\r\n--b--\r\n"
	r := tm.sendAs("dev", "POST", target+"?ref=main", multipart, "Content-Type: multipart/form-data; boundary=b")
	r.want(t, 201)
	var p struct {
		ID        int64  `json:"id"`
		ProjectID int64  `json:"project_id"`
		Ref       string `json:"ref"`
		SHA       string `json:"sha"`
		Source    string `json:"source"`
		JobToken  string `json:"job_token"`
		User      *struct{ Username string }
	}
	r.json(t, &p)
	if p.Ref != "main" || p.SHA != "abc123" || p.ProjectID != tm.project.ID || p.Source != "api" || p.User == nil || p.User.Username != "dev" || p.JobToken == "" {
		t.Fatalf("pipeline %s", r.body)
	}
	tm.do("GET", "/-/whoami", "JOB-TOKEN: "+p.JobToken).want(t, 200)
	one := fmt.Sprintf("%s/%d", target, p.ID)
	if got := tm.do("GET", one, tm.as("gus")); got.StatusCode != 200 || strings.Contains(string(got.body), "job_token") {
		t.Errorf("pipeline %d %s", got.StatusCode, got.body)
	}
	tm.do("GET", one, tm.as("sam")).wantBody(t, `{"message":"404 Project Not Found"}`)
	json := "Content-Type: application/json"
	tm.sendAs("dev", "PUT", one, `{"status":"done"}`, json).wantBody(t, `{"error":"status does not have a valid value"}`)
	tm.sendAs("dev", "PUT", one, `{}`, json).wantBody(t, `{"error":"status is missing"}`)
	tm.sendAs("dev", "PUT", one, `{"status":"success"}`, json).want(t, 200)
	tm.do("GET", "/-/whoami", "JOB-TOKEN: "+p.JobToken).want(t, 401)
	for _, c := range []struct {
		name, who, body string
		status          int
		want            string
	}{
		{"anonymous", "", `{"ref":"main","sha":"abc"}`, 401, `{"message":"401 Unauthorized"}`},
		{"guest", "gus", `{"ref":"main","sha":"abc"}`, 403, `{"message":"403 Forbidden"}`},
		{"stranger", "sam", `{"ref":"main","sha":"abc"}`, 404, `{"message":"404 Project Not Found"}`},
		{"no commit", "dev", `{"ref":"main"}`, 400, `{"error":"sha is missing"}`},
		{"no status", "dev", `{"ref":"main","sha":"abc","status":"x"}`, 400, `{"error":"status does not have a valid value"}`},
		{"no page", "dev", `{"ref":"main","sha":"abc","web_url":"javascript:x"}`, 400, `{"error":"web_url is invalid"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tm.sendAs(c.who, "POST", target, c.body, json)
			r.want(t, c.status)
			r.wantBody(t, c.want)
		})
	}
	tm.do("GET", target+"/999", tm.as("dev")).wantBody(t, `{"message":"404 Pipeline Not Found"}`)
	tm.do("GET", "/api/v4/nothing").wantBody(t, `{"error":"404 Not Found"}`)
}
