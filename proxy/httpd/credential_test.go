package httpd

import (
	"encoding/base64"
	"net/netip"
	"testing"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func basic(user, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+secret))
}

// TestCredentials sends each form that GitLab documents, and npm's.
func TestCredentials(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	const root, api = "/-/whoami", "/api/v4/packages/npm/-/whoami"
	tok := tm.tokens
	cases := []struct {
		name, target string
		headers      []string
		status       int
		want         string // the username, or the challenge
	}{
		{"bearer", root, []string{"Authorization: Bearer " + tok["dev"]}, 200, "dev"},
		{"bearer in any case", root, []string{"authorization: bearer " + tok["dev"]}, 200, "dev"},
		{"bearer deploy token", root, []string{"Authorization: Bearer " + tok["deploy"]}, 200, "robot"},
		{"bearer job token", root, []string{"Authorization: Bearer " + tok["job"]}, 200, "dev"},
		{"private token", root, []string{"PRIVATE-TOKEN: " + tok["may"]}, 200, "may"},
		{"job token header", root, []string{"JOB-TOKEN: " + tok["job"]}, 200, "dev"},
		{"deploy token header", root, []string{"Deploy-Token: " + tok["deploy"]}, 200, "robot"},
		{"basic password", root, []string{basic("dev", password)}, 200, "dev"},
		{"basic password without padding", root, []string{"Authorization: Basic " + base64.RawStdEncoding.EncodeToString([]byte("dev:"+password))}, 200, "dev"},
		{"basic token", root, []string{basic("anything", tok["dev"])}, 200, "dev"},
		{"basic deploy token", root, []string{basic("robot", tok["deploy"])}, 200, "robot"},
		{"basic job token", root, []string{basic("gitlab-ci-token", tok["job"])}, 200, "dev"},
		{"private_token query", api + "?private_token=" + tok["may"], nil, 200, "may"},
		{"job_token query", api + "?job_token=" + tok["job"], nil, 200, "dev"},
		{"access_token query", api + "?access_token=" + tok["dev"], nil, 200, "dev"},
		{"a query is no credential at the root", root + "?private_token=" + tok["may"], nil, 401, `Bearer realm="larder"`},
		{"deploy token before others", root, []string{"Deploy-Token: " + tok["deploy"], "PRIVATE-TOKEN: " + tok["may"], tm.as("dev")}, 200, "robot"},
		{"private token before Authorization", root, []string{tm.as("dev"), "PRIVATE-TOKEN: " + tok["may"]}, 200, "may"},
		{"Authorization before job token", root, []string{"JOB-TOKEN: " + tok["job"], tm.as("may")}, 200, "may"},
		{"a wrong first one decides", root, []string{"PRIVATE-TOKEN: nonsense", tm.as("dev")}, 401, `Bearer realm="larder"`},
		{"header before query", api + "?private_token=" + tok["may"], []string{"PRIVATE-TOKEN: " + tok["dev"]}, 200, "dev"},

		{"none", root, nil, 401, `Bearer realm="larder"`},
		{"empty header is none", root, []string{"PRIVATE-TOKEN: ", tm.as("dev")}, 200, "dev"},
		{"empty bearer", root, []string{"Authorization: Bearer "}, 401, `Bearer realm="larder"`},
		{"wrong bearer", root, []string{"Authorization: Bearer nonsense"}, 401, `Bearer realm="larder"`},
		{"wrong password", root, []string{basic("dev", "wrong")}, 401, `Basic realm="larder"`},
		{"basic without a colon", root, []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("dev"))}, 401, `Basic realm="larder"`},
		{"basic that is no base64", root, []string{"Authorization: Basic !!!"}, 401, `Basic realm="larder"`},
		{"another scheme", root, []string{"Authorization: Digest x"}, 401, `Bearer realm="larder"`},
		{"deploy token as private token", root, []string{"PRIVATE-TOKEN: " + tok["deploy"]}, 401, `Bearer realm="larder"`},
		{"personal token as job token", root, []string{"JOB-TOKEN: " + tok["dev"]}, 401, `Bearer realm="larder"`},
		{"deploy token of another username", root, []string{basic("other", tok["deploy"])}, 401, `Basic realm="larder"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := tm.do("GET", c.target, c.headers...)
			if c.status != 200 {
				r.want(t, c.status, "WWW-Authenticate: "+c.want, "Content-Type: application/json")
				return
			}
			r.want(t, 200)
			r.wantBody(t, `{"username":"`+c.want+`"}`)
		})
	}
}

// TestWrongCredentialIsRefusedEverywhere: also where the anonymous may read,
// but for those who probe, sign in with npm or sign out.
func TestWrongCredentialIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	for target, want := range map[string]int{
		"/left-pad": 401, "/left-pad/1.0.0": 401, "/-/ping": 401, "/-/v1/search?text=a": 401, "/": 401,
		"/api/v4/packages/npm/left-pad": 401, "/api/v4/projects/1/pipelines/1": 401,
		"/-/health": 200, "/-/liveness": 200, "/-/readiness": 200, "/-/login": 401, "/-/v1/done/x": 404,
	} {
		if r := h.do("GET", target, "Authorization: Bearer nonsense"); r.StatusCode != want {
			t.Errorf("%s answers %d, want %d (%s)", target, r.StatusCode, want, r.body)
		}
	}
	if _, n := h.packages.asked(); n > 0 {
		t.Errorf("%d requests were answered", n)
	}
}

func TestWhoIsRefusedIsToldInGitLabsWords(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	const text = "sign in first: credentials are needed here"
	for _, c := range []struct{ method, target, want string }{
		{"PUT", "/-/package/n/dist-tags/beta", `{"error":"` + text + `","message":"` + text + `"}`},
		{"PUT", "/api/v4/projects/1/packages/npm/-/package/n/dist-tags/beta", `{"error":"` + text + `","message":"401 Unauthorized"}`},
		{"GET", "/api/v4/projects/1/packages/protection/rules", `{"message":"401 Unauthorized"}`},
	} {
		r := h.do(c.method, c.target)
		r.want(t, 401, `WWW-Authenticate: Bearer realm="larder"`)
		r.wantBody(t, c.want)
	}
}

// TestClosedUpstream: with auth.anonymous none, reading upstream's packages
// needs credentials, and nothing else does.
func TestClosedUpstream(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{Anonymous: "none"})
	for target, want := range map[string]int{
		"/left-pad": 401, "/left-pad/latest": 401, "/-/package/left-pad/dist-tags": 401, tgz: 401,
		"/-/npm/v1/attestations/n@1.0.0": 401,
		"/-/npm/v1/keys":                 200, "/-/ping": 200, "/": 200, "/-/health": 200,
	} {
		if r := tm.do("GET", target); r.StatusCode != want {
			t.Errorf("%s answers %d to the anonymous, want %d", target, r.StatusCode, want)
		}
	}
	tm.sendAs("", "POST", bulk, `{}`).want(t, 200)
	tm.sendAs("", "POST", "/-/npm/v1/security/audits/quick", `{}`).want(t, 401)
	tm.do("GET", "/left-pad", tm.as("gus")).want(t, 200)
}

// TestAuditNeedsSignInBelowGitLabsPrefixes (rows 202, 206).
func TestAuditNeedsSignInBelowGitLabsPrefixes(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	for _, path := range []string{bulk, "/-/npm/v1/security/audits/quick"} {
		h.do("POST", path, "Content-Length: 2\r\n\r\n{}").want(t, 200)
		h.do("POST", "/api/v4/packages/npm"+path, "Content-Length: 2\r\n\r\n{}").want(t, 401)
	}
}

func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{"Bearer x", "Basic ZGV2OnB3", "Basic ", "Basic !!", "bearer", "Basic Og=="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		c, err := parseAuthorization(value)
		if err != nil && c.Secret != "" {
			t.Fatalf("%q is refused and has a secret", value)
		}
		if err == nil && c.Form == 0 {
			t.Fatalf("%q is no credential and not refused", value)
		}
	})
}
