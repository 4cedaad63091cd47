package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseNpmrc(t *testing.T) {
	t.Parallel()
	env := Env{"TOKEN": "s3cret", "EMPTY": ""}
	tests := []struct {
		name, text string
		want       npmrc
	}{
		{"plain", "registry=https://registry.example.com/\n", npmrc{"registry": "https://registry.example.com/"}},
		{"spaces and windows line ends", " registry = https://r.example.com/ \r\n a = b\r\n", npmrc{"registry": "https://r.example.com/", "a": "b"}},
		{"byte order mark", "\ufeffa=b", npmrc{"a": "b"}},
		{"comments", "# one\n ; two\na=b ; three\nc=d#e\n", npmrc{"a": "b", "c": "d"}},
		{"escaped comment signs", `a=b\;c\#d\\e\f`, npmrc{"a": `b;c#d\e\f`}},
		{"double quotes", `a="b ; c\n"`, npmrc{"a": "b ; c\n"}},
		{"single quotes", `a='b # c'`, npmrc{"a": "b # c"}},
		{"broken quotes stay", `a="b\q"`, npmrc{"a": `"b\q"`}},
		{"no value is true", "offline", npmrc{"offline": "true"}},
		{"value with equals signs", "//r.example.com/:_auth=YTpi==", npmrc{"//r.example.com/:_auth": "YTpi=="}},
		{"sections are skipped", "a=b\n[x]\nc=d", npmrc{"a": "b"}},
		{"variable", "//r.example.com/:_authToken=${TOKEN}", npmrc{"//r.example.com/:_authToken": "s3cret"}},
		{"variable in a key", "//${TOKEN}/:x=1", npmrc{"//s3cret/:x": "1"}},
		{"unset variable stays", "a=${NOPE}", npmrc{"a": "${NOPE}"}},
		{"optional unset variable", "a=x${NOPE?}y", npmrc{"a": "xy"}},
		{"set but empty", "a=x${EMPTY}y", npmrc{"a": "xy"}},
		{"escaped variable", `a="\\${TOKEN}"`, npmrc{"a": "${TOKEN}"}},
		{"last one wins", "a=1\na=2", npmrc{"a": "2"}},
		{"nothing before the sign", "=x", npmrc{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := parseNpmrc(tt.text, env); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzNpmrc feeds any bytes; reading must not panic, and a value that holds
// neither line ends nor quoting survives being written back.
func FuzzNpmrc(f *testing.F) {
	for _, s := range []string{"", "a=b", `a="\u0000"`, "//h/:_authToken=${A}", `a=\`, "[x", "a='", "${A}=${A?}", "\ufeff[a]", "\ufeff\ufeff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for key, value := range parseNpmrc(text, Env{"A": "a value"}) {
			if strings.ContainsAny(value, "\r\n\\\"'${}") || strings.ContainsAny(key, "\r\n\\\"'${}=;#[]") || strings.TrimSpace(key) != key || key == "" {
				continue
			}
			// A key may begin with a byte order mark, of which a file loses one.
			line := "\ufeff" + key + "=" + strings.NewReplacer(";", `\;`, "#", `\#`).Replace(value)
			if strings.TrimSpace(value) == value && parseNpmrc(line, nil)[key] != value {
				t.Fatalf("%q written as %q reads as %q", value, line, parseNpmrc(line, nil))
			}
		}
	})
}

// npmHome makes a home, a project and a prefix, each with its .npmrc if given.
func npmHome(t *testing.T, user, project, global string) (Env, string) {
	t.Helper()
	root := t.TempDir()
	for file, text := range map[string]string{
		"home/.npmrc": user, "project/.npmrc": project, "prefix/etc/npmrc": global, "project/package.json": "{}",
	} {
		file = filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	below := filepath.Join(root, "project", "src", "deep")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	return Env{"HOME": filepath.Join(root, "home"), "PREFIX": filepath.Join(root, "prefix")}, below
}

func TestNpmRegistry(t *testing.T) {
	t.Parallel()
	const user, project, global = "registry=https://user.example.com/", "registry=https://project.example.com/", "registry=https://global.example.com/"
	tests := []struct {
		name                  string
		user, project, global string
		env                   Env
		want, where           string
	}{
		{name: "environment first", user: user, project: project, env: Env{"npm_config_registry": "https://env.example.com"}, want: "https://env.example.com", where: "environment"},
		{name: "environment in capitals", user: user, env: Env{"NPM_CONFIG_REGISTRY": "https://env.example.com"}, want: "https://env.example.com", where: "environment"},
		{name: "lower case is npm's own", env: Env{"NPM_CONFIG_REGISTRY": "https://b.example.com", "npm_config_registry": "https://a.example.com"}, want: "https://a.example.com", where: "environment"},
		{name: "project over user", user: user, project: project, global: global, want: "https://project.example.com/", where: "project/.npmrc"},
		{name: "user over global", user: user, global: global, want: "https://user.example.com/", where: "home/.npmrc"},
		{name: "global", global: global, want: "https://global.example.com/", where: "prefix/etc/npmrc"},
		{name: "scoped registries are not the registry", user: "@acme:registry=https://acme.example.com/", global: global, want: "https://global.example.com/", where: "prefix/etc/npmrc"},
		{name: "user file moved by the project", project: "userconfig=${HOME}/other", global: global, want: "https://global.example.com/", where: "prefix/etc/npmrc"},
		{name: "prefix moved by the user", user: "prefix=/nowhere", global: global, env: Env{"PATH": ""}, want: "", where: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env, dir := npmHome(t, tt.user, tt.project, tt.global)
			for k, v := range tt.env {
				env[k] = v
			}
			got, where, err := ReadNpm(env, dir).Registry(t.Context())
			if tt.want == "" {
				if !errors.Is(err, ErrNoRegistry) {
					t.Errorf("got %q, %v; want ErrNoRegistry", got, err)
				}
				return
			}
			if err != nil || got != tt.want || !strings.Contains(where, tt.where) {
				t.Errorf("got %q from %q, %v; want %q from %q", got, where, err, tt.want, tt.where)
			}
		})
	}
}

// TestAskNpm runs programs called npm; TestAsNpmDoes asks the real one.
func TestAskNpm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want, problem string
	}{
		{"answer", "https://default.example.com/", ""},
		{"failure", "", "npm config get registry"},
		{"undefined", "", `"undefined" is not a URL`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env, dir := npmHome(t, "", "", "")
			bin, err := filepath.Abs(filepath.Join("testdata", "npm", tt.name))
			if err != nil {
				t.Fatal(err)
			}
			env["PATH"] = bin
			got, where, err := ReadNpm(env, dir).Registry(t.Context())
			if tt.problem != "" {
				if !errors.Is(err, ErrNoRegistry) || !strings.Contains(err.Error(), tt.problem) {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err != nil || got != tt.want || where != "npm config get registry" {
				t.Errorf("got %q from %q, %v", got, where, err)
			}
		})
	}
}

func TestNpmCredentials(t *testing.T) {
	t.Parallel()
	const rc = `
//registry.example.com/:_authToken=root
//registry.example.com/npm/team/:_authToken=team
//registry.example.com/npm/basic/:username=user
//registry.example.com/npm/basic/:_password=cGFzcw==
//registry.example.com/npm/bad/:username=user
//registry.example.com/npm/bad/:_password=***
//other.example.com:8443/:_auth=dXNlcjpwYXNz
//slashless.example.com/npm:_authToken=slashless
_authToken=not-bound-to-any-registry
`
	env, dir := npmHome(t, rc, "", "")
	env["npm_config_//env.example.com/:_authToken"] = "from-env"
	n := ReadNpm(env, dir)
	tests := []struct {
		url, token, basic string
	}{
		{url: "https://registry.example.com/", token: "root"},
		{url: "https://registry.example.com", token: "root"},
		{url: "https://registry.example.com:443/", token: "root"},
		{url: "http://registry.example.com/", token: "root"},
		{url: "https://REGISTRY.example.com/x", token: "root"},
		{url: "https://registry.example.com/npm/team/", token: "team"},
		{url: "https://registry.example.com/npm/team", token: "team"},
		{url: "https://registry.example.com/npm/teams/", token: "root"},
		{url: "https://registry.example.com/npm/basic/", basic: "dXNlcjpwYXNz"},
		{url: "https://registry.example.com/npm/bad/", token: "root"},
		{url: "https://registry.example.com:444/"},
		{url: "https://other.example.com:8443/deep/er", basic: "dXNlcjpwYXNz"},
		{url: "https://other.example.com/"},
		{url: "https://slashless.example.com/npm/", token: "slashless"},
		{url: "https://env.example.com/", token: "from-env"},
		{url: "https://evil.example.com/registry.example.com/"},
		{url: "not a url"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			t.Parallel()
			c := n.Credentials(tt.url)
			if c.Token.Reveal() != tt.token || c.Basic.Reveal() != tt.basic {
				t.Errorf("got token %q, basic %q; want %q, %q", c.Token.Reveal(), c.Basic.Reveal(), tt.token, tt.basic)
			}
			if c.IsZero() == (c.Where != "") {
				t.Errorf("found in %q", c.Where)
			}
		})
	}
}
