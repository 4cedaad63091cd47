package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestFileProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown key with a suggestion", "lisen: :1", []string{`f:1:1: unknown key "lisen": did you mean "listen"?`}},
		{"swapped letters in a section", "cache:\n  tlt: 5m", []string{`f:2:3: unknown key "cache.tlt": did you mean "cache.ttl"?`}},
		{"nothing like it", "log:\n  colour: blue", []string{`f:2:3: unknown key "log.colour": here stand level, format`}},
		{"data", "data: /var/lib/larder", []string{"f:1:1: data cannot be set in the file: use --data or LARDER_DATA"}},
		{"key of an upstream", "upstreams: [{name: default, mach: [x]}]", []string{`f:1:29: unknown key "upstreams[0].mach": did you mean "upstreams[0].match"?`}},
		{"all at once", "cache: {ttl: soon, memory: big}\nlog: {level: loud}\nnope: 1", []string{
			`f:1:14: cache.ttl: "soon" is not a duration: write a number and a unit, like 1500ms, 5m or 7d`,
			`f:1:28: cache.memory: "big" is not a size: write a whole number and a unit, like 256MiB or 500MB`,
			`f:3:1: unknown key "nope": here stand listen, public_url, trusted_proxies, tls, upstreams, names, policy, feeds, audit, integrity, signatures, cache, auth, limits, log, metrics`,
		}},
		{"twice", "listen: :1\nlisten: :2", []string{"f:2:1: listen is written twice: keep one of them"}},
		{"list for a value", "listen: [a]", []string{"f:1:9: listen must be one value, not a list or a section"}},
		{"value for a section", "cache: 5m", []string{"f:1:8: cache must hold keys and values, like \"listen: 127.0.0.1:4873\""}},
		{"value for a list", "upstreams: x", []string{"f:1:12: upstreams must be a list, like [a, b]"}},
		{"section in a list of words", "trusted_proxies: [{a: b}]", []string{`f:1:19: trusted_proxies must be a list of texts; patterns that start with * or @ need quotes: "@acme/*"`}},
		{"no mapping", "just words", []string{`f:1:1: the file must hold keys and values, like "listen: 127.0.0.1:4873"`}},
		{"two documents", "listen: :1\n---\nlisten: :2", []string{"f:3:7: more than one YAML document: keep one"}},
		{"unknown alias", "listen: *nowhere", []string{"f:1:9: *nowhere points at no anchor above it"}},
		{"alias at itself", "tls: &x {<<: *x}", []string{"f:1:14: too many sections, or an alias that points at itself"}},
		{"dotted", "cache.ttl: 5m\ncache: {negative.ttl: 1m}\ntls.nope: 1", []string{
			`f:1:1: unknown key "cache.ttl": write cache: and below it ttl:`,
			`f:2:9: unknown key "cache.negative.ttl": did you mean "cache.negative_ttl"?`,
			`f:3:1: unknown key "tls.nope": here stand listen, public_url, trusted_proxies, tls, upstreams, names, policy, feeds, audit, integrity, signatures, cache, auth, limits, log, metrics`,
		}},
		{"empty entries", `names: {private: [""]}` + "\n" + `trusted_proxies: [""]` + "\n" + `upstreams: [{match: ["", "a"]}]`, []string{
			"f:1:19: names.private: an empty pattern is not allowed",
			"f:2:19: trusted_proxies: an empty entry is not allowed",
			"f:3:22: upstreams[0].match: an empty pattern is not allowed",
		}},
		{"boolean", "cache: {offline: maybe}", []string{`f:1:18: cache.offline: "maybe" is neither: write true or false`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := lines(readYAML(Default(), "f", []byte(tt.text), map[string]string{}))
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestSyntaxProblemIsOneLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"listen: [a", "a: b: c", "\tlisten: x", "listen: 'x", "{", "- a\nb: c"} {
		got := lines(readYAML(Default(), "f", []byte(text), map[string]string{}))
		if len(got) != 1 || !strings.HasPrefix(got[0], "f:") {
			t.Errorf("%q gives %q", text, got)
		}
	}
}

func TestFileValues(t *testing.T) {
	t.Parallel()
	text := `
# nothing below is at its default
listen: "0.0.0.0:80"
trusted_proxies: 10.0.0.1
names:
  private:
    - "@acme/*"
    - &pattern intern-*
cache: &cache
  ttl: 10m
  memory: 1048576
limits:
  drain: 5s
upstreams:
  - &one
    name: default
    url: https://registry.example.com/
    allow_private: true
  - <<: *one
    name: other
    match: [*pattern]
tls:
`
	c := Default()
	origins := map[string]string{}
	if err := readYAML(c, "f", []byte(text), origins); err != nil {
		t.Fatal(err)
	}
	if c.Listen != "0.0.0.0:80" || len(c.TrustedProxies) != 1 || c.Names.Private[1] != "intern-*" ||
		c.Cache.Memory != 1<<20 || c.Cache.NegativeTTL.String() != "1m" || c.Limits.Drain.String() != "5s" {
		t.Errorf("got %+v", c)
	}
	u := c.Upstreams[1]
	if u.Name != "other" || u.URL != "https://registry.example.com/" || !u.AllowPrivate || u.Match[0] != "intern-*" {
		t.Errorf("merged upstream %+v", u)
	}
	if origins["cache.ttl"] != "f:10" || origins["upstreams[1].name"] != "f:20" {
		t.Errorf("origins %v", origins)
	}
}

func TestEmptyFile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# only a comment\n", "---\n"} {
		c := Default()
		if err := readYAML(c, "f", []byte(text), map[string]string{}); err != nil || !reflect.DeepEqual(c, Default()) {
			t.Errorf("%q: %v, %+v", text, err, c)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"addresses", "listen: 4873\npublic_url: larder.example.com\ntrusted_proxies: [10.0.0.0/40]", []string{
			`listen (f.yaml:1): "4873" is not an address: write host:port, like 127.0.0.1:4873`,
			`public_url (f.yaml:2): "larder.example.com" is not a URL: write it in full, like https://registry.example.com/`,
			`trusted_proxies (f.yaml:3): "10.0.0.0/40" is not an address or network, like 10.0.0.0/8`,
		}},
		{"port", "listen: 127.0.0.1:99999", []string{`listen (f.yaml:1): port "99999" is not a number from 0 to 65535: write host:port, like 127.0.0.1:4873`}},
		{"half a certificate", "tls: {cert: c.pem}", []string{"tls: cert is set and key is not: set both or neither"}},
		{"sizes", "cache: {memory: 5}\nlimits: {drain: 0s}", []string{"limits.drain (f.yaml:2): must be above 0", "cache.memory (f.yaml:1): 5 is too small: give 1MiB or more"}},
		{"words", "log: {level: loud, format: xml}", []string{
			`log.level (f.yaml:1): "loud" is not one of debug, info, warn, error`, `log.format (f.yaml:1): "xml" is not one of auto, text, json`}},
		{"no upstream", "upstreams: []", []string{"upstreams: the list is empty; leave the key out to use what npm uses, or list one"}},
		{"upstreams", `upstreams: [{name: a}, {name: a, url: "ftp://x/", match: ["a b"], proxy: "x", tarball_hosts: ["https://y/z", "http://ok:8080"]}]`, []string{
			`upstreams[0] (a): url: give the registry's URL; only the upstream named "default" may leave it to npm`,
			`upstreams[0] (a): match: say which names go here, like ["@acme/*"] or ["**"]`,
			`upstreams[1] (a): url (f.yaml:1): "ftp://x/" is not a URL: write it in full, like https://registry.example.com/ (a token goes into token_env or token_file)`,
			`upstreams[1] (a): proxy (f.yaml:1): "x" is not a proxy URL, like http://proxy.example.com:3128`,
			`upstreams[1] (a): match (f.yaml:1): "a b" is not a pattern: write one like @acme/*, intern-* or a name`,
			`upstreams[1] (a): tarball_hosts (f.yaml:1): "https://y/z" is not a host: write it like files.example.com`,
			`upstreams[1] (a): another upstream has this name too: rename one`,
		}},
		{"password in a URL", `upstreams: [{name: default, url: "https://u:hunter2@registry.example.com/"}]`, []string{
			"upstreams[0] (default): url (f.yaml:1): must not hold a user name or password (a token goes into token_env or token_file)"}},
		{"misspelled variable", "", []string{"LARDER_LISTN: unknown variable: did you mean LARDER_LISTEN?"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := Env{}
			if tt.text == "" {
				env["LARDER_LISTN"] = "x"
			}
			file := write(t, "f.yaml", tt.text)
			_, err := Load(Flags{Data: t.TempDir(), Config: file}, env)
			got := lines(err)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], file, "f.yaml")
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestCertificateFiles(t *testing.T) {
	t.Parallel()
	notPEM := write(t, "ca.pem", "hello")
	text := "tls: {cert: " + notPEM + ", key: " + notPEM + "}\nupstreams: [{name: default, ca_file: " + notPEM + "}]"
	_, err := Load(Flags{Data: t.TempDir(), Config: write(t, "f.yaml", text)}, Env{})
	got := lines(err)
	if len(got) != 2 || !strings.HasPrefix(got[0], "tls: cert and key cannot be used:") || !strings.HasSuffix(got[1], "holds no PEM certificate") {
		t.Errorf("got %q", got)
	}
}

// FuzzConfig feeds a file of any bytes: no panic, every problem one line, and
// what is accepted prints as a file that means the same, but for secrets.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		"", "listen: :1", "cache: {ttl: 5m}", "a: &x {<<: *x}", "upstreams:\n- name: a\n  match: [\"@a/*\"]\n",
		"tls: &x {<<: *x}", "? a\n: b", "- - - -", "!!map {a: b}", "listen: |\n  a\n  b", "\xff\xfe", "names: {private: [*a, &a b]}",
		"policy: {cooldown: {default: 1h, fast_lane: off, windows: [{match: \"@a/*\", default: 0}]}, guards: {G11: off}}",
		"policy: {block: [{match: a, expires: 2027-01-31}], burst: {versions: 3}, grandfather: no}\nfeeds: [{path: a, key: \"b\\nc\"}]",
		"integrity: {reread: 0.25%}\nlimits: {rate: 600/s, conns_per_address: 9}\nmetrics: {listen: -:9}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &Loaded{Config: *Default(), Origins: map[string]string{}}
		if err := readYAML(&l.Config, "f", text, l.Origins); err != nil {
			for _, line := range lines(err) {
				if !strings.HasPrefix(line, "f:") {
					t.Fatalf("problem without a place: %q", line)
				}
			}
			return
		}
		var out strings.Builder
		if err := l.Print(&out); err != nil {
			t.Fatal(err)
		}
		l.PublicURL = Redact(l.PublicURL)
		for i := range l.Upstreams {
			u := &l.Upstreams[i]
			u.URL, u.Proxy = Redact(u.URL), Redact(u.Proxy)
		}
		again := Default()
		again.Data = l.Data
		if err := readYAML(again, "f", []byte(out.String()), map[string]string{}); err != nil {
			t.Fatalf("printed file is refused: %v\n%s", err, out.String())
		}
		if normal(*again) != normal(l.Config) {
			t.Fatalf("reads back as %+v\nwant %+v\n%s", *again, l.Config, out.String())
		}
	})
}
