package httpd

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

// parsed is a Target in a form that tables can write.
type parsed struct {
	op                  Op
	name, file, version string
	query               string
	// rest is what else a target says: tag, revision, subject, secret.
	rest string
}

func TestParseTarget(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, raw string
		want      parsed
	}{
		{"root", "/", parsed{op: opRoot}},
		{"server", "*", parsed{op: opServer}},
		{"packument", "/left-pad", parsed{op: opPackument, name: "left-pad"}},
		{"packument with a slash at its end", "/left-pad/", parsed{op: opPackument, name: "left-pad"}},
		{"query", "/left-pad?write=true", parsed{op: opPackument, name: "left-pad", query: "write=true"}},
		{"question marks in the query", "/left-pad?a?b/../c", parsed{op: opPackument, name: "left-pad", query: "a?b/../c"}},
		{"empty query", "/left-pad?", parsed{op: opPackument, name: "left-pad"}},
		{"capitals stay", "/JSONStream", parsed{op: opPackument, name: "JSONStream"}},
		{"legacy marks", "/a~b'c!(d)*", parsed{op: opPackument, name: "a~b'c!(d)*"}},
		{"dots inside", "/a..b", parsed{op: opPackument, name: "a..b"}},
		{"npm scoped", "/@s%2fn", parsed{op: opPackument, name: "@s/n"}},
		{"pnpm scoped", "/@s%2Fn", parsed{op: opPackument, name: "@s/n"}},
		{"plain scoped", "/@s/n", parsed{op: opPackument, name: "@s/n"}},
		{"at sign encoded", "/%40s%2fn", parsed{op: opPackument, name: "@s/n"}},
		{"at sign encoded, plain slash", "/%40s/n", parsed{op: opPackument, name: "@s/n"}},
		{"scoped with a slash at its end", "/@s%2fn/", parsed{op: opPackument, name: "@s/n"}},
		{"letters escaped", "/left%2Dp%61d", parsed{op: opPackument, name: "left-pad"}},
		{"version", "/left-pad/1.3.0", parsed{op: opManifest, name: "left-pad", version: "1.3.0"}},
		{"tag", "/left-pad/latest", parsed{op: opManifest, name: "left-pad", version: "latest"}},
		{"scoped version", "/@s/n/1.0.0", parsed{op: opManifest, name: "@s/n", version: "1.0.0"}},
		{"scoped version, encoded", "/@s%2fn/1.0.0", parsed{op: opManifest, name: "@s/n", version: "1.0.0"}},
		{"build metadata", "/n/1.0.0%2Bb", parsed{op: opManifest, name: "n", version: "1.0.0+b"}},
		{"tarball", "/n/-/n-1.0.0.tgz", parsed{op: opTarball, name: "n", file: "n-1.0.0.tgz"}},
		{"scoped tarball", "/@s/n/-/n-1.0.0.tgz", parsed{op: opTarball, name: "@s/n", file: "n-1.0.0.tgz"}},
		{"yarn's scoped tarball", "/@s%2fn/-/n-1.0.0.tgz", parsed{op: opTarball, name: "@s/n", file: "n-1.0.0.tgz"}},
		{"scope inside the file part", "/@s/n/-/@s/n-1.0.0.tgz", parsed{op: opTarball, name: "@s/n", file: "n-1.0.0.tgz"}},
		{"scope inside the file part, encoded", "/@s%2fn/-/@s%2fn-1.0.0.tgz", parsed{op: opTarball, name: "@s/n", file: "n-1.0.0.tgz"}},
		{"another scope inside the file part", "/@s/n/-/@t/n-1.0.0.tgz", parsed{op: opUnknown, name: "@s/n"}},
		{"revision", "/@s%2fn/-rev/5-x", parsed{op: opRevision, name: "@s/n", rest: "5-x"}},
		{"tarball revision", "/@s/n/-/n-1.0.0.tgz/-rev/5-x", parsed{op: opFileRevision, name: "@s/n", file: "n-1.0.0.tgz", rest: "5-x"}},
		{"tarball revision with a scope", "/@s/n/-/@s/n-1.0.0.tgz/-rev/5-x", parsed{op: opFileRevision, name: "@s/n", file: "n-1.0.0.tgz", rest: "5-x"}},
		{"nothing after the dash", "/n/-", parsed{op: opUnknown, name: "n"}},
		{"too deep", "/n/1.0.0/x", parsed{op: opUnknown, name: "n"}},
		{"dist-tags", "/-/package/n/dist-tags", parsed{op: opDistTags, name: "n"}},
		{"scoped dist-tags", "/-/package/@s%2fn/dist-tags", parsed{op: opDistTags, name: "@s/n"}},
		{"scoped dist-tags, plain", "/-/package/@s/n/dist-tags", parsed{op: opDistTags, name: "@s/n"}},
		{"a dist-tag", "/-/package/@s%2fn/dist-tags/beta", parsed{op: opDistTag, name: "@s/n", rest: "beta"}},
		{"npm's access path", "/-/package/%40s%2Fn/access", parsed{op: opAccess, name: "@s/n"}},
		{"visibility", "/-/package/@s/n/visibility", parsed{op: opVisibility, name: "@s/n"}},
		{"collaborators", "/-/package/n/collaborators?format=cli", parsed{op: opCollaborators, name: "n", query: "format=cli"}},
		{"nothing of a package", "/-/package/n/trust", parsed{op: opUnknown, name: "n"}},
		{"ping", "/-/ping?write=true", parsed{op: opPing, query: "write=true"}},
		{"search", "/-/v1/search?text=a%2fb", parsed{op: opSearch, query: "text=a%2fb"}},
		{"bulk", "/-/npm/v1/security/advisories/bulk", parsed{op: opAuditBulk}},
		{"quick", "/-/npm/v1/security/audits/quick", parsed{op: opAuditQuick}},
		{"audits", "/-/npm/v1/security/audits", parsed{op: opAuditQuick}},
		{"keys", "/-/npm/v1/keys", parsed{op: opKeys}},
		{"attestations", "/-/npm/v1/attestations/n@1.0.0", parsed{op: opAttestations, name: "n", version: "1.0.0"}},
		{"scoped attestations", "/-/npm/v1/attestations/@s/n@1.0.0", parsed{op: opAttestations, name: "@s/n", version: "1.0.0"}},
		{"scoped attestations, encoded", "/-/npm/v1/attestations/@s%2fn@1.0.0", parsed{op: opAttestations, name: "@s/n", version: "1.0.0"}},
		{"scoped attestations, all encoded", "/-/npm/v1/attestations/%40s%2Fn%401.0.0", parsed{op: opAttestations, name: "@s/n", version: "1.0.0"}},
		{"health", "/-/health", parsed{op: opHealth}},
		{"liveness", "/-/liveness", parsed{op: opLiveness}},
		{"readiness", "/-/readiness", parsed{op: opReadiness}},
		{"metrics", "/-/metrics", parsed{op: opMetrics}},
		{"service root", "/-/", parsed{op: opUnknown}},
		{"unknown service", "/-/all", parsed{op: opUnknown}},
		{"whoami", "/-/whoami", parsed{op: opWhoami}},
		{"login", "/-/v1/login", parsed{op: opWebLogin}},
		{"login's end", "/-/v1/done/abc", parsed{op: opLoginDone, rest: "abc"}},
		{"login page", "/-/login?id=abc", parsed{op: opLoginPage, query: "id=abc"}},
		{"user", "/-/user/org.couchdb.user:ann", parsed{op: opUser, rest: "ann"}},
		{"user, encoded", "/-/user/org.couchdb.user%3Aann%40example.com", parsed{op: opUser, rest: "ann@example.com"}},
		{"user with a revision", "/-/user/org.couchdb.user:ann/-rev/1-0", parsed{op: opUserRevision, rest: "1-0ann"}},
		{"user without a name", "/-/user/org.couchdb.user:", parsed{op: opUnknown}},
		{"logout", "/-/user/token/npm_secret", parsed{op: opToken, rest: "npm_secret"}},
		{"tokens", "/-/npm/v1/tokens", parsed{op: opTokens}},
		{"a token", "/-/npm/v1/tokens/token/abcdef", parsed{op: opTokenKey, rest: "abcdef"}},
		{"profile", "/-/npm/v1/user", parsed{op: opProfile}},
		{"packages of a scope", "/-/org/acme/package", parsed{op: opScopePackages, rest: "acme"}},
		{"packages of a user", "/-/user/ann/package", parsed{op: opUserPackages, rest: "ann"}},
		{"stars of a user", "/-/_view/starredByUser?key=%22ann%22", parsed{op: opStarredBy, query: "key=%22ann%22"}},
		{"stars", "/-/user/v1/star", parsed{op: opStars}},
		{"owners", "/-/package/@s%2fn/owners", parsed{op: opOwners, name: "@s/n"}},
		{"an owner", "/-/package/@s/n/owners/ann", parsed{op: opOwner, name: "@s/n", rest: "ann"}},
		{"too much of an owner", "/-/package/n/owners/ann/bob", parsed{op: opUnknown, name: "n"}},
		{"a star", "/-/user/package/@s%2fn/star", parsed{op: opStar, name: "@s/n"}},
		{"version of a package named api", "/api/v4", parsed{op: opManifest, name: "api", version: "v4"}},
		{"tarball of a package named api", "/api/-/api-1.0.0.tgz", parsed{op: opTarball, name: "api", file: "api-1.0.0.tgz"}},
		{"absolute form", "http://evil.example/left-pad?x", parsed{op: opPackument, name: "left-pad", query: "x"}},
		{"absolute form, no path", "https://evil.example", parsed{op: opRoot}},
		{"absolute form, query only", "HTTP://evil.example?x", parsed{op: opRoot, query: "x"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseTarget([]byte(c.raw), "")
			if err != nil {
				t.Fatalf("ParseTarget(%q): %v", c.raw, err)
			}
			if g := flatten(got); g != c.want {
				t.Errorf("ParseTarget(%q) = %+v, want %+v", c.raw, g, c.want)
			}
		})
	}
}

func flatten(t Target) parsed {
	return parsed{op: t.Op, name: t.Name.String(), file: t.File, version: t.Version, query: string(t.Query),
		rest: t.Tag + t.Rev + t.Subject + t.Secret}
}

func TestParseTargetRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, raw, kind string }{
		{"empty", "", "form"},
		{"no slash", "left-pad", "form"},
		{"other scheme", "ftp://h/left-pad", "form"},
		{"no authority", "http:///left-pad", "form"},
		{"bare scheme", "http://", "form"},
		{"twice encoded slash", "/@s%252fn", "double_encoding"},
		{"encoded percent", "/a%25b", "double_encoding"},
		{"NUL", "/a%00", "character"},
		{"control", "/a%0d%0ab", "character"},
		{"raw control", "/a\x01", "character"},
		{"space", "/a%20b", "character"},
		{"DEL", "/a%7f", "character"},
		{"non-ASCII", "/caf\xc3\xa9", "character"},
		{"non-ASCII encoded", "/caf%C3%A9", "character"},
		{"overlong slash", "/a%c0%afb", "character"},
		{"backslash", `/a\b`, "character"},
		{"backslash encoded", "/a%5cb", "character"},
		{"semicolon", "/a;b", "character"},
		{"semicolon encoded", "/a%3Bb", "character"},
		{"fragment", "/a#b", "character"},
		{"question mark encoded", "/a%3fb", "character"},
		{"bad escape", "/%zz", "escape"},
		{"short escape", "/a%2", "escape"},
		{"lone percent", "/a%", "escape"},
		{"double slash", "//a", "separator"},
		{"double slash inside", "/@s//n", "separator"},
		{"double slash at the end", "/a//", "separator"},
		{"dot", "/./a", "traversal"},
		{"dot dot", "/a/../b", "traversal"},
		{"dot dot at the end", "/a/..", "traversal"},
		{"dot dot encoded", "/a/%2e%2e/b", "traversal"},
		{"dot dot half encoded", "/a/.%2E/b", "traversal"},
		{"dot dot behind a scope", "/@s%2f..", "traversal"},
		{"dot dot as a scope's name", "/@s/..", "traversal"},
		{"dot dot in a tarball", "/a/-/..", "traversal"},
		{"encoded slashes and dots", "/a%2f..%2fb", "separator"},
		{"leading encoded slashes", "/%2F%2F..%2F..", "separator"},
		{"encoded slash without a scope", "/a%2fb", "separator"},
		{"two encoded slashes", "/@s%2fn%2fx", "separator"},
		{"encoded slash without scope text", "/@%2fn", "separator"},
		{"encoded slash at the end of a name", "/@s%2f", "separator"},
		{"encoded slash in a version", "/n/1%2f0", "separator"},
		{"scope in a version", "/n/@s%2fn", "separator"},
		{"encoded slash in a file", "/n/-/@s%2fn-1.0.0.tgz", "separator"},
		{"encoded slash in a service", "/-%2fping", "separator"},
		{"scope in a service", "/-/@s%2fn", "separator"},
		{"two scopes", "/@s/@t%2fn", "name"},
		{"scope alone", "/@s", "name"},
		{"name with a leading dot", "/.npmrc", "name"},
		{"name with a leading underscore", "/_all_docs", "name"},
		{"reserved name", "/node_modules", "name"},
		{"name with a quote", "/a%22b", "name"},
		{"name with a colon", "/a:b", "name"},
		{"name too long", "/" + strings.Repeat("a", 215), "name"},
		{"attestations without a version", "/-/npm/v1/attestations/n", "name"},
		{"attestations with an empty version", "/-/npm/v1/attestations/n@", "name"},
		{"attestations of a tag", "/-/npm/v1/attestations/n@latest", "name"},
		{"attestations of a path step", "/-/npm/v1/attestations/n@..", "name"},
		{"attestations of a scope", "/-/npm/v1/attestations/@n", "name"},
		{"path too long", "/" + strings.Repeat("a", maxPath), "length"},
		{"too many parts", "/a/b/c/d/e/f/g/h/i", "length"},
		{"too much escaped", "/-/" + strings.Repeat("%61", maxDecoded/3+1), "length"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseTarget([]byte(c.raw), "")
			var bad *badTarget
			if !errors.As(err, &bad) || !errors.Is(err, npm.ErrInvalid) {
				t.Fatalf("ParseTarget(%q) = %+v, %v; want a refusal", c.raw, flatten(got), err)
			}
			if bad.kind != c.kind {
				t.Errorf("ParseTarget(%q) is refused as %q, want %q", c.raw, bad.kind, c.kind)
			}
		})
	}
}

func TestParseTargetUnderAMount(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, raw, mount string
		want             parsed
	}{
		{"carried", "/npm/reg/left-pad", "/npm/reg", parsed{op: opPackument, name: "left-pad"}},
		{"stripped before", "/left-pad", "/npm/reg", parsed{op: opPackument, name: "left-pad"}},
		{"mount with a slash", "/npm/", "/npm", parsed{op: opRoot}},
		{"mount without a slash is a package", "/npm", "/npm", parsed{op: opPackument, name: "npm"}},
		{"package of the mount's name", "/npm/npm", "/npm", parsed{op: opPackument, name: "npm"}},
		{"its tarball, stripped before", "/npm/-/npm-1.0.0.tgz", "/npm", parsed{op: opTarball, name: "npm", file: "npm-1.0.0.tgz"}},
		{"its tarball, carried", "/npm/npm/-/npm-1.0.0.tgz", "/npm", parsed{op: opTarball, name: "npm", file: "npm-1.0.0.tgz"}},
		{"service", "/npm/-/ping", "/npm", parsed{op: opPing}},
		{"service at the root", "/-/ping", "/npm", parsed{op: opPing}},
		{"longer name", "/npmlog", "/npm", parsed{op: opPackument, name: "npmlog"}},
		{"npm unpublish with a scope's registry", "/npm/npm/@s/n/-/n-1.0.0.tgz/-rev/1-0", "/npm", parsed{op: opFileRevision, name: "@s/n", file: "n-1.0.0.tgz", rest: "1-0"}},
		{"the same without a mount", "/api/v4/projects/acme%2Flib/packages/npm/api/v4/projects/acme%2Flib/packages/npm/@s/n/-/n-1.0.0.tgz/-rev/1-0", "", parsed{op: opFileRevision, name: "@s/n", file: "n-1.0.0.tgz", rest: "1-0"}},
		{"a prefix twice for a tarball", "/api/v4/packages/npm/api/v4/packages/npm/n/-/n-1.0.0.tgz", "", parsed{op: opNoRoute, name: "api"}},
		{"the same below GitLab's prefix", "/npm/api/v4/packages/npm/npm/api/v4/packages/npm/n/-/n-1.0.0.tgz/-rev/1-0", "/npm", parsed{op: opFileRevision, name: "n", file: "n-1.0.0.tgz", rest: "1-0"}},
		{"the same, stripped before", "/api/v4/packages/npm/npm/api/v4/packages/npm/n/-/n-1.0.0.tgz/-rev/1-0", "/npm", parsed{op: opFileRevision, name: "n", file: "n-1.0.0.tgz", rest: "1-0"}},
		{"twice the mount, anything else", "/npm/npm/@s/n", "/npm", parsed{op: opUnknown, name: "npm"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseTarget([]byte(c.raw), c.mount)
			if err != nil {
				t.Fatalf("ParseTarget(%q, %q): %v", c.raw, c.mount, err)
			}
			if g := flatten(got); g != c.want {
				t.Errorf("ParseTarget(%q, %q) = %+v, want %+v", c.raw, c.mount, g, c.want)
			}
		})
	}
	const two = "/api/v4/packages/npm/api/v4/projects/1/packages/npm/n/-/n-1.0.0.tgz/-rev/1-0"
	if got, err := ParseTarget([]byte(two), ""); err == nil {
		t.Errorf("ParseTarget(%q) = %+v, want a refusal", two, flatten(got))
	}
	for _, raw := range []string{"/npm//left-pad", "/npm/../left-pad", "/npm%2fleft-pad"} {
		if got, err := ParseTarget([]byte(raw), "/npm"); err == nil {
			t.Errorf("ParseTarget(%q) = %+v, want a refusal", raw, flatten(got))
		}
	}
}

func TestTargetKeepsNothingOfTheRequest(t *testing.T) {
	t.Parallel()
	raw := []byte("/@s/n/-/n-1.0.0.tgz")
	got, err := ParseTarget(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] = 'x'
	}
	if want := (parsed{op: opTarball, name: "@s/n", file: "n-1.0.0.tgz"}); flatten(got) != want {
		t.Errorf("after the buffer was reused: %+v, want %+v", flatten(got), want)
	}
}

func TestParseTargetAllocatesTheNameAlone(t *testing.T) {
	for _, raw := range []string{"/left-pad", "/@scope%2fname", "/@scope/name"} {
		b := []byte(raw)
		if n := testing.AllocsPerRun(1000, func() {
			if _, err := ParseTarget(b, ""); err != nil {
				t.Fatal(err)
			}
		}); n > 1 {
			t.Errorf("ParseTarget(%q) allocates %v times, want the name alone", raw, n)
		}
	}
}

// FuzzTarget looks for targets that break what everything behind the parser
// relies on: a name is one that npm could have, and parts hold no path steps.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/", "/a", "/@s%2fn", "/@s/n/-/n-1.0.0.tgz", "/-/package/%40s%2Fn/dist-tags", "/a%2f..%2fb",
		"/api/v4/projects/acme%2Flib/packages/npm/@s%2fn", "/api/v4/groups/7/-/packages/npm/-/package/n/dist-tags/%20",
		"/api/v4/projects/1/packages/protection/rules/9", "/@s/n/-/@s%2fn-1.0.0.tgz/-rev/1", "/-/user/org.couchdb.user:a/-rev/1",
		"/-/npm/v1/attestations/@s%2fn@1.0.0", "http://h/npm/a?x#y", "/npm/npm", "/%2F%2F..%2F..", "/a/%2e%2e",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, mounted bool) {
		mount := ""
		if mounted {
			mount = "/npm"
		}
		got, err := ParseTarget(raw, mount)
		if err != nil {
			if !errors.Is(err, npm.ErrInvalid) || got.Op.exists() || !got.Name.IsZero() {
				t.Fatalf("refusal %v with %+v", err, flatten(got))
			}
			return
		}
		if !got.Name.IsZero() {
			again, err := npm.ParseName(got.Name.String())
			if err != nil || again != got.Name {
				t.Fatalf("name %q does not parse again: %v", got.Name, err)
			}
		}
		for _, part := range []string{got.File, got.Version, got.Tag, got.Rev, got.Subject, got.Secret} {
			if part == "." || part == ".." || strings.ContainsAny(part, "/\\%;\x00") {
				t.Fatalf("part %q of %q", part, raw)
			}
		}
		checkPlace(t, got)
		canonical(t, got)
	})
}

// checkPlace checks that a reference is a path without steps, and that what
// tarball URLs start with leads to the same place.
func checkPlace(t *testing.T, got Target) {
	t.Helper()
	for part := range strings.SplitSeq(got.Place.Ref, "/") {
		if got.Place.Ref != "" && (part == "" || part == "." || part == ".." || strings.ContainsAny(part, "%\\\x00")) {
			t.Fatalf("place %+v", got.Place)
		}
	}
	if got.Prefix == "" {
		return
	}
	again, err := ParseTarget([]byte(got.Prefix+"/n"), "")
	if err != nil || again.Place != got.Place || again.Prefix != got.Prefix || again.Op != opPackument {
		t.Fatalf("prefix %q of %+v parses as %+v, %v", got.Prefix, got.Place, again, err)
	}
}

// canonical checks that what we would write for a target means the same.
func canonical(t *testing.T, got Target) {
	t.Helper()
	var raw string
	switch got.Op {
	case opPackument:
		raw = "/" + got.Name.Escaped()
	case opTarball:
		raw = "/" + got.Name.Escaped() + "/-/" + got.File
	default:
		return
	}
	if strings.ContainsAny(raw, "?") {
		return
	}
	again, err := ParseTarget([]byte(got.Prefix+raw), "")
	if err != nil || again.Name != got.Name || again.Op != got.Op || again.File != got.File {
		t.Fatalf("canonical %q parses as %+v, %v", raw, flatten(again), err)
	}
}

func BenchmarkParseTarget(b *testing.B) {
	for _, raw := range []string{"/left-pad", "/@scope%2fname", "/@scope/name/-/name-1.0.0.tgz", "/-/npm/v1/security/advisories/bulk"} {
		b.Run(string(bytes.ReplaceAll([]byte(raw), []byte("/"), []byte("_"))), func(b *testing.B) {
			target := []byte(raw)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseTarget(target, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
