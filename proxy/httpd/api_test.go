package httpd

import (
	"errors"
	"slices"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

func TestParseTargetBelowGitLabsPrefixes(t *testing.T) {
	t.Parallel()
	instance := registry.Place{Kind: registry.InstancePlace}
	group := func(ref string) registry.Place { return registry.Place{Kind: registry.GroupPlace, Ref: ref} }
	project := func(ref string) registry.Place { return registry.Place{Kind: registry.ProjectPlace, Ref: ref} }
	cases := []struct {
		name, raw string
		place     registry.Place
		prefix    string
		want      parsed
	}{
		{"instance", "/api/v4/packages/npm/@s%2fn", instance, "/api/v4/packages/npm", parsed{op: opPackument, name: "@s/n"}},
		{"instance, plain scope", "/api/v4/packages/npm/@s/n", instance, "/api/v4/packages/npm", parsed{op: opPackument, name: "@s/n"}},
		{"instance alone", "/api/v4/packages/npm", instance, "/api/v4/packages/npm", parsed{op: opRoot}},
		{"instance with a slash", "/api/v4/packages/npm/", instance, "/api/v4/packages/npm", parsed{op: opRoot}},
		{"group by number", "/api/v4/groups/7/-/packages/npm/n/1.0.0", group("7"), "/api/v4/groups/7/-/packages/npm", parsed{op: opManifest, name: "n", version: "1.0.0"}},
		{"group by path", "/api/v4/groups/acme%2Fweb/-/packages/npm/n", group("acme/web"), "/api/v4/groups/acme%2Fweb/-/packages/npm", parsed{op: opPackument, name: "n"}},
		{"top group", "/api/v4/groups/acme/-/packages/npm/n/", group("acme"), "/api/v4/groups/acme/-/packages/npm", parsed{op: opPackument, name: "n"}},
		{"project by number", "/api/v4/projects/12/packages/npm/@s/n/-/n-1.0.0.tgz", project("12"), "/api/v4/projects/12/packages/npm", parsed{op: opTarball, name: "@s/n", file: "n-1.0.0.tgz"}},
		{"GitLab's tarball", "/api/v4/projects/12/packages/npm/@s/n/-/@s/n-1.0.0.tgz", project("12"), "/api/v4/projects/12/packages/npm", parsed{op: opTarball, name: "@s/n", file: "n-1.0.0.tgz"}},
		{"project by path", "/api/v4/projects/acme%2Fsub%2Flib/packages/npm/n?write=true", project("acme/sub/lib"), "/api/v4/projects/acme%2Fsub%2Flib/packages/npm", parsed{op: opPackument, name: "n", query: "write=true"}},
		{"lower case escapes", "/api/v4/projects/acme%2flib/packages/npm/n", project("acme/lib"), "/api/v4/projects/acme%2flib/packages/npm", parsed{op: opPackument, name: "n"}},
		{"dots and dashes", "/api/v4/projects/a.b_c-d%2Fe%2Df/packages/npm/n", project("a.b_c-d/e-f"), "/api/v4/projects/a.b_c-d%2Fe%2Df/packages/npm", parsed{op: opPackument, name: "n"}},
		{"dist-tag", "/api/v4/projects/12/packages/npm/-/package/@s%2fn/dist-tags/beta", project("12"), "/api/v4/projects/12/packages/npm", parsed{op: opDistTag, name: "@s/n", rest: "beta"}},
		{"bulk audit", "/api/v4/groups/7/-/packages/npm/-/npm/v1/security/advisories/bulk", group("7"), "/api/v4/groups/7/-/packages/npm", parsed{op: opAuditBulk}},
		{"unpublish", "/api/v4/projects/12/packages/npm/@s%2fn/-rev/3-0", project("12"), "/api/v4/projects/12/packages/npm", parsed{op: opRevision, name: "@s/n", rest: "3-0"}},
		{"whoami", "/api/v4/packages/npm/-/whoami", instance, "/api/v4/packages/npm", parsed{op: opWhoami}},
		{"search", "/api/v4/packages/npm/-/v1/search?text=x", instance, "/api/v4/packages/npm", parsed{op: opSearch, query: "text=x"}},
		{"probes are the server's", "/api/v4/packages/npm/-/health", instance, "/api/v4/packages/npm", parsed{op: opNoRoute}},
		{"the page is the server's", "/api/v4/packages/npm/-/login", instance, "/api/v4/packages/npm", parsed{op: opNoRoute}},
		{"empty part", "/api/v4/packages/npm/-/package/n/dist-tags//", instance, "/api/v4/packages/npm", parsed{op: opNoRoute}},
		{"unknown service", "/api/v4/packages/npm/-/nothing", instance, "/api/v4/packages/npm", parsed{op: opNoRoute}},
		{"nothing of a project", "/api/v4/projects/1/nothing", project("1"), "", parsed{op: opNoRoute}},
		{"another format", "/api/v4/projects/1/packages/maven/n", project("1"), "", parsed{op: opNoRoute}},
		{"npmx", "/api/v4/projects/1/packages/npmx/n", project("1"), "", parsed{op: opNoRoute}},
		{"raw slashes", "/api/v4/projects/acme/lib/packages/npm/n", project("acme"), "", parsed{op: opNoRoute}},
		{"group with raw slashes", "/api/v4/groups/acme/web/-/packages/npm/n", group("acme"), "", parsed{op: opNoRoute}},
		{"group without its dash", "/api/v4/groups/7/packages/npm/n", group("7"), "", parsed{op: opNoRoute}},
		{"path steps in a reference", "/api/v4/projects/acme%2F..%2Flib/packages/npm/n", registry.Place{}, "", parsed{op: opNoRoute}},
		{"twice escaped reference", "/api/v4/projects/acme%252Flib/packages/npm/n", registry.Place{}, "", parsed{op: opNoRoute}},
		{"empty reference", "/api/v4/projects//packages/npm/n", registry.Place{}, "", parsed{op: opNoRoute}},
		{"slash at the end of a reference", "/api/v4/projects/acme%2F/packages/npm/n", registry.Place{}, "", parsed{op: opNoRoute}},
		{"blank in a reference", "/api/v4/projects/%20/packages/npm/n", registry.Place{}, "", parsed{op: opNoRoute}},
		{"unknown path", "/api/v4/nothing", registry.Place{}, "", parsed{op: opNoRoute}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, mount := range []string{"", "/npm"} {
				got, err := ParseTarget([]byte(mount+c.raw), mount)
				if err != nil {
					t.Fatalf("ParseTarget(%q): %v", c.raw, err)
				}
				if g := flatten(got); g != c.want && got.Op != opNoRoute || got.Op != c.want.op {
					t.Errorf("ParseTarget(%q) = %+v, want %+v", c.raw, g, c.want)
				}
				if got.Place != c.place || got.Prefix != c.prefix {
					t.Errorf("ParseTarget(%q) is at %+v %q, want %+v %q", c.raw, got.Place, got.Prefix, c.place, c.prefix)
				}
			}
		})
	}
}

func TestParseTargetReadsArgs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw, path string
		place     registry.Place
		args      []Arg
	}{
		{"/api/v4/projects/1/pipelines?ref=main", "/projects/:id/pipelines",
			registry.Place{Kind: registry.ProjectPlace, Ref: "1"}, []Arg{{"id", "1"}}},
		{"/api/v4/projects/acme%2Flib/pipelines/latest", "/projects/:id/pipelines/latest",
			registry.Place{Kind: registry.ProjectPlace, Ref: "acme/lib"}, []Arg{{"id", "acme/lib"}}},
		{"/api/v4/projects/1/packages/protection/rules/17/", "/projects/:id/packages/protection/rules/:package_protection_rule_id",
			registry.Place{Kind: registry.ProjectPlace, Ref: "1"}, []Arg{{"id", "1"}, {"package_protection_rule_id", "17"}}},
		{"/api/v4/groups/acme%2Fweb/members/all/%37", "/groups/:id/members/all/:user_id",
			registry.Place{Kind: registry.GroupPlace, Ref: "acme/web"}, []Arg{{"id", "acme/web"}, {"user_id", "7"}}},
		{"/api/v4/deploy_tokens", "/deploy_tokens", registry.Place{Kind: registry.InstancePlace}, nil},
	} {
		got, err := ParseTarget([]byte(c.raw), "")
		if err != nil || got.Op < opCount {
			t.Errorf("ParseTarget(%q) = %+v, %v", c.raw, got, err)
			continue
		}
		if path := restPaths()[got.Op-opCount]; path != c.path || got.Place != c.place || !slices.Equal(got.Args, c.args) {
			t.Errorf("ParseTarget(%q) = %q with %v at %v; want %q with %v at %v", c.raw, path, got.Args, got.Place, c.path, c.args, c.place)
		}
	}
	for _, raw := range []string{"/api/v4/projects/1/pipelines/9/x", "/api/v4/projects/1/pipelines/%00", "/api/v4/projects/1/packages/protection"} {
		if got, err := ParseTarget([]byte(raw), ""); err != nil || got.Op != opNoRoute {
			t.Errorf("ParseTarget(%q) = %+v, %v; want no route", raw, got, err)
		}
	}
}

func TestGitLabsPrefixesRefuseInItsWords(t *testing.T) {
	t.Parallel()
	const file, name = textUnsafeName, textBadName
	cases := []struct{ name, path, want string }{
		{"CR LF (row 152)", "/%0d%0ahttp:%2F%2Fexample.com", file},
		{"path step", "/..", file},
		{"encoded path step", "/%2e%2e/n", file},
		{"encoded slash without a scope", "/a%2fb", file},
		{"twice escaped", "/@s%252fn", file},
		{"NUL", "/a%00", file},
		{"non-ASCII", "/caf%C3%A9", file},
		{"too many parts", "/a/b/c/d/e/f/g/h/i", file},
		{"no name of a package (row 168)", "/@acme%2fin@@valid", name},
		{"leading dot", "/.npmrc", name},
		{"blank name (row 190)", "/-/package/%20/dist-tags", `"Package Name" not given`},
		{"blank name of a packument", "/%20", `"Package Name" not given`},
		{"blank tag (row 194)", "/-/package/@s%2fn/dist-tags/%20%09", `"Tag" not given`},
		{"blank tag, plain scope", "/-/package/@s/n/dist-tags/%20", `"Tag" not given`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, prefix := range []string{"/api/v4/packages/npm", "/api/v4/groups/a%2fb/-/packages/npm", "/api/v4/projects/1/packages/npm"} {
				got, err := ParseTarget([]byte(prefix+c.path), "")
				if !errors.Is(err, npm.ErrInvalid) || err.Error() != c.want {
					t.Fatalf("ParseTarget(%q) = %+v, %v; want %q", prefix+c.path, flatten(got), err, c.want)
				}
				if got.Place.Kind == registry.RootPlace || got.Op.exists() {
					t.Errorf("the refusal of %q comes with %+v", prefix+c.path, got)
				}
			}
		})
	}
}
