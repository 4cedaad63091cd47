package npm

import (
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestCreated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, members, want string
	}{
		{"no times", ``, ""},
		{"null times", `,"time":null`, ""},
		{"other times", `,"time":{"modified":"2020-01-01T00:00:00Z","1.0.0":"2020-01-01T00:00:00Z"}`, ""},
		{"stated", `,"time":{"modified":"2021-01-01T00:00:00Z","created":"2020-01-01T00:00:00Z"}`, "2020-01-01T00:00:00Z"},
		{"escaped", `,"time":{"\u0063reated":"2020\u002d01-01T00:00:00Z"}`, "2020-01-01T00:00:00Z"},
		{"no date", `,"time":{"created":"long ago"}`, "long ago"},
		{"empty", `,"time":{"created":""}`, ""},
		{"no text", `,"time":{"created":{"at":"2020-01-01T00:00:00Z"}}`, ""},
		{"elsewhere", `,"created":"2020-01-01T00:00:00Z"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := mustScan(t, []byte(`{"name":"a"`+tt.members+`}`), "a")
			if got := p.Created(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSecurityHolder(t *testing.T) {
	t.Parallel()
	const described = `,"description":"security holding package"`
	tests := []struct {
		// versions are separated by spaces.
		name, versions, members string
		want                    bool
	}{
		{"described", "0.0.1-security", described, true},
		{"described in another case", "0.0.2-security", `,"description":" Security Holding Package"`, true},
		{"escaped", "0.0.1-security", `,"descr\u0069ption":"security\u0020holding package"`, true},
		{"repository", "0.0.1-security", `,"repository":"npm/security-holder"`, true},
		{"repository as an object", "0.0.1-security", `,"repository":{"type":"git","url":"git+https://example.com/npm/security-holder.git"}`, true},
		{"repository, another description", "0.0.1-security", `,"description":"","repository":"npm/security-holder"`, true},
		{"description, another repository", "0.0.1-security", `,"repository":"a/b"` + described, true},
		{"two versions", "0.0.1-security 0.0.2-security", described, true},
		{"beside another version", "0.0.1-security 1.0.0", described + `,"repository":"npm/security-holder"`, false},
		{"beside another version before it", "1.0.0 1.0.1-security", described, false},
		{"other prerelease", "1.0.0-security.1", described, false},
		{"build metadata", "1.0.0-security+1", described, false},
		{"no versions", "", described, false},
		{"unsaid", "0.0.1-security", ``, false},
		{"longer description", "0.0.1-security", `,"description":"not a security holding package"`, false},
		{"description of no text", "0.0.1-security", `,"description":["security holding package"]`, false},
		{"other repository", "0.0.1-security", `,"repository":{"url":"https://example.com/npm/cli"}`, false},
		{"repository of nothing", "0.0.1-security", `,"repository":null`, false},
		{"repository in another member", "0.0.1-security", `,"repository":{"type":"npm/security-holder","url":null}`, false},
		{"repository twice", "0.0.1-security", `,"repository":{"url":"npm/security-holder","url":"a/b"}`, false},
		{"said elsewhere", "0.0.1-security", `,"readme":"security holding package"`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var versions []string
			for _, v := range strings.Fields(tt.versions) {
				versions = append(versions, `"`+v+`":{"name":"a","version":"`+v+`"}`)
			}
			p := mustScan(t, []byte(`{"name":"a","versions":{`+strings.Join(versions, ",")+`}`+tt.members+`}`), "a")
			if got := p.SecurityHolder(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestPublisher(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, members string
		want          PublisherInfo
	}{
		{"unstated", ``, PublisherInfo{}},
		{"stated", `,"_npmUser":{"name":"alice","email":"a@example.com"}`, PublisherInfo{Name: "alice"}},
		{"escaped", `,"_npmUser":{"n\u0061me":"\u0061lice"}`, PublisherInfo{Name: "alice"}},
		{"trusted", `,"_npmUser":{"name":"GitHub Actions","trustedPublisher":{"id":"github"}}`, PublisherInfo{Name: "GitHub Actions", Trusted: true}},
		{"trusted by no object", `,"_npmUser":{"name":"alice","trustedPublisher":true}`, PublisherInfo{Name: "alice"}},
		{"text", `,"_npmUser":"alice <a@example.com>"`, PublisherInfo{}},
		{"null", `,"_npmUser":null`, PublisherInfo{}},
		{"name that is none", `,"_npmUser":{"name":7}`, PublisherInfo{}},
		{"twice", `,"_npmUser":{"name":"alice","name":"mallory","trustedPublisher":{}}`, PublisherInfo{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, v := listed(t, tt.members)
			if got := p.Publisher(v); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	doc := `{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0","_npmUser":{},"_npmUser":{}}}}`
	if _, err := Scan([]byte(doc), mustName(t, "a"), Limits{}); !errors.Is(err, ErrBadUpstream) {
		t.Errorf("got error %v of two publishers", err)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	one := `{"keyid":"SHA256:x","sig":"eA=="}`
	many := strings.TrimSuffix(strings.Repeat(one+",", maxSignatures+1), ",")
	tests := []struct {
		name, signatures string
		want             []RegistrySignature
		bad              bool
	}{
		{name: "none", signatures: `[]`},
		{name: "null", signatures: `null`},
		{name: "one", signatures: `[` + one + `]`, want: []RegistrySignature{{"SHA256:x", "eA=="}}},
		{name: "two", signatures: `[` + one + `,{"sig":"eQ==","keyid":"y","more":1}]`, want: []RegistrySignature{{"SHA256:x", "eA=="}, {"y", "eQ=="}}},
		{name: "no key", signatures: `[{"sig":"eA=="}]`, bad: true},
		{name: "no signature", signatures: `[{"keyid":"x","sig":null}]`, bad: true},
		{name: "key twice", signatures: `[{"keyid":"x","keyid":"y","sig":"eA=="}]`, bad: true},
		{name: "text", signatures: `["x"]`, bad: true},
		{name: "object", signatures: one, bad: true},
		{name: "too many", signatures: `[` + many + `]`, bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, v := listed(t, `,"dist":{"signatures":`+tt.signatures+`}`)
			got, err := p.Signatures(v)
			if tt.bad {
				if !errors.Is(err, ErrBadUpstream) || got != nil {
					t.Errorf("got %v and error %v", got, err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tt.want) || v.Signed != (len(tt.want) > 0) {
				t.Errorf("got %v, Signed %v and error %v, want %v", got, v.Signed, err, tt.want)
			}
		})
	}
	p, v := listed(t, "")
	if got, err := p.Signatures(v); err != nil || got != nil {
		t.Errorf("got %v and error %v without dist", got, err)
	}
}

func TestAttested(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, dist string
		want       bool
	}{
		{"absent", `{}`, false},
		{"null", `{"attestations":null}`, false},
		{"empty", `{"attestations":{ }}`, false},
		{"list", `{"attestations":[{}]}`, false},
		{"present", `{"attestations":{"url":"https://registry.example.com/-/npm/v1/attestations/a@1.0.0"}}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, v := listed(t, `,"dist":`+tt.dist); v.Attested != tt.want {
				t.Errorf("got %v, want %v", v.Attested, tt.want)
			}
		})
	}
}

// TestDeclared reads the manifest of each version of a document, and not that
// of another.
func TestDeclared(t *testing.T) {
	t.Parallel()
	p := mustScan(t, []byte(`{"name":"a","versions":{
		"1.0.0": {"name":"a","version":"1.0.0","dependencies":{"b":"1"}} ,
		"2.0.0":{"name":"a","version":"2.0.0","hasInstallScript":true,"license":"MIT"}}}`), "a")
	for i, want := range []ManifestFacts{
		{Dependencies: []DependencySpec{{"b", "1"}}},
		{HasInstallScript: true, License: []byte(`"MIT"`)},
	} {
		got, err := p.Declared(&p.Versions[i])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("version %d: got %+v and error %v, want %+v", i, got, err, want)
		}
	}
}

// BenchmarkDeclared is what reading the manifests of all versions of the
// largest document costs; objects is per version.
func BenchmarkDeclared(b *testing.B) {
	p := mustScan(b, benchDoc(slices.Max(benchSizes)<<20), "bench")
	var size int
	for i := range p.Versions {
		size += len(p.Manifest(&p.Versions[i]))
	}
	b.SetBytes(int64(size))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		for i := range p.Versions {
			if _, err := p.Declared(&p.Versions[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	runtime.ReadMemStats(&after)
	versions := float64(b.N) * float64(len(p.Versions))
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/versions, "objects/version")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/versions, "B/version")
}
