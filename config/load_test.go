package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// write puts a file into a fresh folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// lines returns the problems of an error, one text each.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	l, err := Load(Flags{Data: t.TempDir()}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	want := *Default()
	want.Data = l.Data
	if !reflect.DeepEqual(l.Config, want) {
		t.Errorf("got %+v\nwant %+v", l.Config, want)
	}
	if l.File != "" || len(l.Origins) != 1 {
		t.Errorf("file %q, origins %v: want none but data's", l.File, l.Origins)
	}
}

func TestLoadPrecedence(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	inData := filepath.Join(data, "larder.yaml")
	if err := os.WriteFile(inData, []byte("listen: 127.0.0.1:1\ncache:\n  ttl: 1m\n  offline: yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	named := write(t, "named.yaml", "listen: 127.0.0.1:2\n")
	tests := []struct {
		name         string
		flags        Flags
		env          Env
		want, origin string
	}{
		{"file in the data folder", Flags{Data: data}, nil, "127.0.0.1:1", inData + ":1"},
		{"data folder from the environment", Flags{}, Env{"LARDER_DATA": data}, "127.0.0.1:1", inData + ":1"},
		{"named file instead of it", Flags{Data: data, Config: named}, nil, "127.0.0.1:2", named + ":1"},
		{"file named by the environment", Flags{Data: data}, Env{"LARDER_CONFIG": named}, "127.0.0.1:2", named + ":1"},
		{"environment over file", Flags{Data: data}, Env{"LARDER_LISTEN": ":3"}, ":3", "environment LARDER_LISTEN"},
		{"flag over environment", Flags{Data: data, Listen: ":4"}, Env{"LARDER_LISTEN": ":3"}, ":4", "flag --listen"},
		{"empty variable is not set", Flags{Data: data}, Env{"LARDER_LISTEN": ""}, "127.0.0.1:1", inData + ":1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := Load(tt.flags, tt.env)
			if err != nil {
				t.Fatal(err)
			}
			if l.Listen != tt.want || l.Origins["listen"] != tt.origin {
				t.Errorf("listen %q from %q, want %q from %q", l.Listen, l.Origins["listen"], tt.want, tt.origin)
			}
		})
	}
}

func TestLoadEnvironment(t *testing.T) {
	t.Parallel()
	l, err := Load(Flags{Data: t.TempDir()}, Env{
		"LARDER_NAMES_PRIVATE":   "@acme/*, intern-*",
		"LARDER_CACHE_TTL":       "1h",
		"LARDER_CACHE_OFFLINE":   "1",
		"LARDER_LIMITS_PACKAGE":  "1GiB",
		"LARDER_TRUSTED_PROXIES": "10.0.0.0/8,::1",
		"LARDER_UPSTREAM":        "https://registry.example.com/",
		"LARDER_SERVICE_HOST":    "10.0.0.1",
		"LARDER_E2E":             "1",
		"LARDER_LIVE":            "1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Names.Private; !reflect.DeepEqual(got, []string{"@acme/*", "intern-*"}) {
		t.Errorf("names.private %q", got)
	}
	if l.Cache.TTL.String() != "1h" || !l.Cache.Offline || l.Limits.Package != 1<<30 {
		t.Errorf("cache %+v, limits %+v", l.Cache, l.Limits)
	}
	if u := l.MainUpstream(); u.URL != "https://registry.example.com/" || l.Origins["upstreams[0].url"] != "environment LARDER_UPSTREAM" {
		t.Errorf("upstream %+v from %q", u, l.Origins["upstreams[0].url"])
	}
}

func TestUpstreamFlagAddsDefault(t *testing.T) {
	t.Parallel()
	file := write(t, "larder.yaml", `upstreams: [{name: acme, url: "https://npm.example.com/", match: ["@acme/*"]}]`)
	l, err := Load(Flags{Data: t.TempDir(), Config: file, Upstream: "https://registry.example.com"}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Upstreams) != 2 || l.MainUpstream().Match[0] != "**" || l.Origins["upstreams[1].url"] != "flag --upstream" {
		t.Errorf("upstreams %+v, origins %v", l.Upstreams, l.Origins)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	token := write(t, "token", "from-file\n")
	tests := []struct {
		name, keys, want, problem string
		env                       Env
	}{
		{name: "environment", keys: "token_env: TOK", env: Env{"TOK": "s3cret"}, want: "s3cret"},
		{name: "file", keys: "token_file: " + token, want: "from-file"},
		{name: "variable not set", keys: "token_env: TOK", problem: "upstreams[0] (default): token_env names TOK, which is not set in the environment"},
		{name: "both", keys: "token_env: TOK, token_file: x", env: Env{"TOK": "s"}, problem: "upstreams[0] (default): token_env and token_file are both set: keep one"},
		{name: "no such file", keys: "token_file: /nowhere/token", problem: "upstreams[0] (default): token_file cannot be read: open /nowhere/token: no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "larder.yaml", "upstreams: [{name: default, "+tt.keys+"}]\n")
			l, err := Load(Flags{Data: t.TempDir(), Config: file}, tt.env)
			if got := strings.Join(lines(err), "|"); got != tt.problem {
				t.Fatalf("problem %q, want %q", got, tt.problem)
			}
			if got := l.Upstreams[0].Token.Reveal(); got != tt.want {
				t.Errorf("token %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	u := Upstream{Name: "a", Token: NewSecret("hunter2")}
	encoded, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "token", u.Token, "upstream", u)
	for _, text := range []string{
		fmt.Sprint(u), fmt.Sprintf("%+v", u), fmt.Sprintf("%#v", u), fmt.Sprintf("%s %q", u.Token, u.Token),
		string(encoded), logged.String(),
	} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "***") {
			t.Errorf("printed as %s", text)
		}
	}
	if NewSecret("").String() != "" {
		t.Error("an empty secret prints as if there were one")
	}
}

func TestNamedFileMustExist(t *testing.T) {
	t.Parallel()
	_, err := Load(Flags{Data: t.TempDir(), Config: "/nowhere/larder.yaml"}, Env{})
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "configuration file cannot be read:") {
		t.Errorf("got %v", err)
	}
}

func TestPrintReadsBack(t *testing.T) {
	t.Parallel()
	file := write(t, "larder.yaml", `
names: {private: ["@acme/*", "intern-*", "no"]}
cache: {ttl: 90m}
upstreams:
  - {name: default, tarball_hosts: [files.example.com], proxy: "http://proxy.example.com:3128"}
  - {name: "123", url: "https://npm.example.com/a b", match: ["@acme/*"], token_env: TOK}
`)
	env := Env{"TOK": "hunter2", "LARDER_LOG_LEVEL": "debug"}
	l, err := Load(Flags{Data: t.TempDir(), Config: file, Listen: ":4873"}, env)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := l.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`listen: ":4873"                                      # flag --listen`,
		`  ttl: 1h30m                                         # ` + file + `:3`,
		`  level: debug                                       # environment LARDER_LOG_LEVEL`,
		`  stale_if_error: 7d                                 # default`,
	} {
		if !strings.Contains(out.String(), want+"\n") {
			t.Errorf("missing %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Error("prints the token")
	}
	again, err := Load(Flags{Data: l.Data, Config: write(t, "again.yaml", out.String())}, Env{"TOK": "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(normal(again.Config), normal(l.Config)) {
		t.Errorf("reads back as %+v\nwant %+v", again.Config, l.Config)
	}
}

// normal makes empty lists equal to absent ones.
func normal(c Config) string {
	return strings.ReplaceAll(fmt.Sprintf("%+v", c), "[]", "")
}
