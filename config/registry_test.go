package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRegistryKeys(t *testing.T) {
	t.Parallel()
	want := Names{Publish: Table{"@acme": "acme/packages", "@web": "acme/web/npm"},
		Dual: []Dual{{Name: "left-pad", Versions: "*-acme.*"}}}
	tests := []struct {
		name, file string
		env        Env
		origin     string
	}{
		{"block", `
names:
  publish:
    "@acme": acme/packages
    "@web": acme/web/npm
  dual:
    - name: left-pad
      versions: "*-acme.*"
`, nil, ":4"},
		{"flow", `names: {publish: {"@acme": acme/packages, "@web": acme/web/npm}, dual: [{name: left-pad, versions: "*-acme.*"}]}`, nil, ":1"},
		{"environment over file", `names: {publish: {"@other": a/b}, dual: [{name: left-pad, versions: "*-acme.*"}]}`,
			Env{"LARDER_NAMES_PUBLISH": "@acme=acme/packages, @web = acme/web/npm"}, "environment LARDER_NAMES_PUBLISH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := Load(Flags{Data: t.TempDir(), Config: write(t, "larder.yaml", tt.file)}, tt.env)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(l.Names, want) {
				t.Errorf("names %+v, want %+v", l.Names, want)
			}
			if got := l.Origins["names.publish"]; !strings.HasSuffix(got, tt.origin) {
				t.Errorf("names.publish from %q, want …%q", got, tt.origin)
			}
		})
	}
}

func TestRegistryDefaultsAndEnvironment(t *testing.T) {
	t.Parallel()
	env := Env{"LARDER_AUTH_ANONYMOUS": "none", "LARDER_AUTH_SIGN_UP": "yes", "LARDER_AUTH_TOKEN_TTL": "1h",
		"LARDER_AUTH_TOKEN_MAX_TTL": "30d", "LARDER_LIMITS_FAILED_LOGINS": "5/s"}
	tests := []struct {
		name   string
		env    Env
		auth   Auth
		logins Rate
	}{
		{"defaults", nil, Auth{Anonymous: "upstream", TokenTTL: Duration(90 * day), TokenMaxTTL: Duration(365 * day)},
			Rate{10, time.Minute}},
		{"environment", env, Auth{Anonymous: "none", SignUp: true, TokenTTL: Duration(time.Hour), TokenMaxTTL: Duration(30 * day)},
			Rate{5, time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := Load(Flags{Data: t.TempDir()}, tt.env)
			if err != nil {
				t.Fatal(err)
			}
			if l.Auth != tt.auth || l.Limits.FailedLogins != tt.logins {
				t.Errorf("got %+v and %s, want %+v and %s", l.Auth, l.Limits.FailedLogins, tt.auth, tt.logins)
			}
		})
	}
}

func TestRegistryProblems(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, want string }{
		{"words", "auth: {anonymous: all}", `auth.anonymous (F:1): "all" is not one of upstream, none`},
		{"rate", "limits: {failed_logins: 10}", `F:1:25: limits.failed_logins: "10" is not a rate: write a number from 1 to 1000000 and a unit, like 10/m, 1/s or 100/h`},
		{"no time", "auth: {token_ttl: 0s}", `auth.token_ttl (F:1): must be above 0`},
		{"order", "auth: {token_ttl: 400d}", `auth.token_ttl (F:1): 400d is longer than auth.token_max_ttl, which is 365d`},
		{"no scope", `names: {publish: {acme: acme/packages}}`, `names.publish (F:1): "acme" is not a scope: write it like "@acme"`},
		{"a name", `names: {publish: {"@acme/lib": acme/packages}}`, `names.publish (F:1): "@acme/lib" is not a scope: write it like "@acme"`},
		{"no project", `names: {publish: {"@acme": acme}}`, `names.publish (F:1): "acme" is not the path of a project: write it like acme/packages`},
		{"empty part", `names: {publish: {"@acme": acme//x}}`, `names.publish (F:1): "acme//x" is not the path of a project: write it like acme/packages`},
		{"no table", `names: {publish: ["@acme"]}`, `F:1:18: names.publish must hold keys and values, like "listen: 127.0.0.1:4873"`},
		{"no text", `names: {publish: {"@acme": [a/b]}}`, `F:1:19: names.publish.@acme must be one text`},
		{"twice", `names: {publish: {"@acme": a/b, "@acme": c/d}}`, `F:1:33: names.publish.@acme is written twice: keep one of them`},
		{"dual without a name", `names: {dual: [{versions: "*"}]}`, `names.dual[0] (F:1): give the name of the package`},
		{"dual pattern", `names: {dual: [{name: "@acme/*", versions: "*"}]}`, `names.dual[0] (F:1): "@acme/*" is not the name of one package`},
		{"dual without versions", `names: {dual: [{name: leaf}]}`, `names.dual[0] (F:1): versions: say which versions of leaf may be published here, like "*-acme.*"`},
		{"dual twice", `names: {dual: [{name: leaf, versions: "*"}, {name: leaf, versions: "1*"}]}`, `names.dual[1] (F:1): leaf is listed twice: keep one entry`},
		{"unknown key", `names: {dual: [{name: leaf, version: "*"}]}`, `F:1:29: unknown key "names.dual[0].version": did you mean "names.dual[0].versions"?` +
			"\n" + `names.dual[0] (F:1): versions: say which versions of leaf may be published here, like "*-acme.*"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "larder.yaml", tt.file)
			_, err := Load(Flags{Data: t.TempDir(), Config: file}, nil)
			if got := strings.ReplaceAll(strings.Join(lines(err), "\n"), file, "F"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestPublishVariableProblems(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"@acme":               `LARDER_NAMES_PUBLISH: "@acme" has no name in front of a =: write a=b,c=d`,
		"=a/b":                `LARDER_NAMES_PUBLISH: "=a/b" has no name in front of a =: write a=b,c=d`,
		"@acme=a/b,@acme=c/d": `LARDER_NAMES_PUBLISH: @acme is written twice: keep one of them`,
	} {
		_, err := Load(Flags{Data: t.TempDir()}, Env{"LARDER_NAMES_PUBLISH": value})
		if got := strings.Join(lines(err), "|"); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestRootToken(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, token, problem string }{
		{"none", "", ""},
		{"long enough", "twenty-characters-20", ""},
		{"too short", "nineteen-characters", "LARDER_ROOT_TOKEN: 19 characters are too few: give 20 or more"},
		{"space", "twenty characters and more", "LARDER_ROOT_TOKEN: must hold no white space and nothing but ASCII"},
		{"end of line", "twenty-characters-and-more\n", "LARDER_ROOT_TOKEN: must hold no white space and nothing but ASCII"},
		{"not ASCII", "zwanzig-zeichen-und-mehr-ä", "LARDER_ROOT_TOKEN: must hold no white space and nothing but ASCII"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := Load(Flags{Data: t.TempDir()}, Env{"LARDER_ROOT_TOKEN": tt.token})
			if got := strings.Join(lines(err), "|"); got != tt.problem {
				t.Fatalf("problem %q, want %q", got, tt.problem)
			}
			if tt.problem == "" && l.RootToken.Reveal() != tt.token {
				t.Errorf("token %q", l.RootToken.Reveal())
			}
			var out strings.Builder
			if err := l.Print(&out); err != nil {
				t.Fatal(err)
			}
			if tt.token != "" && strings.Contains(out.String(), tt.token) {
				t.Error("the token is printed")
			}
		})
	}
}

func TestRegistryKeysPrintReadsBack(t *testing.T) {
	t.Parallel()
	file := write(t, "larder.yaml", `
names: {publish: {"@web": acme/web/npm, "@acme": acme/packages}, dual: [{name: "@acme/x", versions: "*-acme.*"}, {name: leaf, versions: "9.*"}]}
auth: {anonymous: none, token_ttl: 12h}
limits: {failed_logins: 3/h}
`)
	first, err := Load(Flags{Data: t.TempDir(), Config: file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := first.Print(&out); err != nil {
		t.Fatal(err)
	}
	again, err := Load(Flags{Data: first.Data, Config: write(t, "again.yaml", out.String())}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	first.Names.Private = []string{} // printed, it is an empty list
	if !reflect.DeepEqual(again.Names, first.Names) || again.Auth != first.Auth || again.Limits != first.Limits {
		t.Errorf("got %+v\nwant %+v\n%s", again.Config, first.Config, out.String())
	}
	if !strings.Contains(out.String(), "  failed_logins: 3/h") {
		t.Errorf("printed as\n%s", out.String())
	}
}
