package httpd

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// example makes a path that a route's pattern means.
func example(r Route) string {
	if r.REST {
		parts := strings.Split(r.Path, "/")
		for i, part := range parts {
			if strings.HasPrefix(part, ":") {
				parts[i] = "1"
			}
		}
		return strings.TrimSuffix(apiRoot, "/") + strings.Join(parts, "/")
	}
	path := strings.NewReplacer(":package", "@s%2fn", ":version", "1.0.0", ":file", "n-1.0.0.tgz", ":rev", "1-0",
		":tag", "beta", ":scope", "s", ":user", "ann", ":token", "secret", ":key", "secret", ":id", "1", ":project", "acme/web", ":group", "acme", ":number", "7").Replace(r.Path)
	return path
}

// TestTable walks everything that is served: each route's pattern leads to it,
// and what the table says of it holds.
func TestTable(t *testing.T) {
	t.Parallel()
	s := newHarness(t, Options{}).server
	names := make(map[string]Op)
	for i := range s.operations {
		o := &s.operations[i]
		if other, ok := names[o.name]; ok || o.name == "" {
			t.Errorf("operations %d and %d are both %q", other, i, o.name)
		}
		names[o.name] = Op(i)
		if Op(i).exists() != (o.path != "") {
			t.Errorf("%s exists: %v, and has the path %q", o.name, Op(i).exists(), o.path)
		}
		for k := range o.routes {
			if r := &o.routes[k]; r.run == nil {
				t.Errorf("%s %s has no handler", r.method, o.name)
			}
		}
	}
	for _, r := range s.Routes() {
		t.Run(r.Method+" "+r.Name, func(t *testing.T) {
			t.Parallel()
			prefixes := []string{"", "/api/v4/packages/npm", "/api/v4/groups/1/-/packages/npm", "/api/v4/projects/a%2fb/packages/npm"}
			if r.REST || r.RootOnly {
				prefixes = prefixes[:1]
			}
			for _, prefix := range prefixes {
				got, err := ParseTarget([]byte(prefix+example(r)), "")
				if err != nil || s.operations[got.Op].name != r.Name {
					t.Errorf("%s leads to %q, %v; want %q", prefix+example(r), s.operations[got.Op].name, err, r.Name)
				}
			}
			checkRoute(t, s, r, names[r.Name])
		})
	}
}

// checkRoute checks what no route may get wrong.
func checkRoute(t *testing.T, s *Server, r Route, op Op) {
	t.Helper()
	row := s.operations[op].route(r.Method)
	if r.Mutates != (r.Method != http.MethodGet && row.body != auditBody) {
		t.Errorf("mutates is %v", r.Mutates)
	}
	takesBody := r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch
	if takesBody != (row.body != noBody) || takesBody != (s.limit(row.body) > 0) {
		t.Errorf("the limit of its body is %d", s.limit(row.body))
	}
	// These are for people who are about to sign in or out.
	open := []string{"user", "user_revision", "token", "web_login", "login_page", "sign_out",
		// GitLab answers the anonymous 403 or 404 here.
		"api_package", "api_package_file"}
	if r.Mutates && !r.SignIn && !slices.Contains(open, r.Name) {
		t.Error("the anonymous may write")
	}
	if row.body == documentBody && row.authorize == nil {
		t.Error("a large body is asked for before anybody is authorised")
	}
}

// TestAnonymousWritesAreRefused sends every write without credentials.
func TestAnonymousWritesAreRefused(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	for _, r := range h.server.Routes() {
		if !r.Mutates || !r.SignIn {
			continue
		}
		headers := []string{}
		if r.Method != http.MethodDelete {
			headers = append(headers, "Content-Length: 0")
		}
		if got := h.do(r.Method, example(r), headers...); got.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s %s answers %d, want 401", r.Method, example(r), got.StatusCode)
		}
	}
}
