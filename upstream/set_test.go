package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

func patterns(t *testing.T, list ...string) []npm.Pattern {
	t.Helper()
	var out []npm.Pattern
	for _, s := range list {
		p, err := npm.ParsePattern(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func TestRoute(t *testing.T) {
	t.Parallel()
	set, err := New([]Options{
		{Name: "scopes", URL: "https://scopes.example.com", Match: patterns(t, "@*/*")},
		{Name: "acme", URL: "https://acme.example.com", Match: patterns(t, "@acme/*", "intern-*")},
		{Name: "one", URL: "https://one.example.com", Match: patterns(t, "@acme/one")},
		{Name: "rest", URL: "https://registry.example.com"},
	}, Shared{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for asked, want := range map[string]string{
		"react": "rest", "intern-tool": "acme", "@acme/one": "one", "@ACME/One": "one", "@acme/two": "acme", "@types/node": "scopes",
	} {
		if r, ok := set.Route(name(t, asked)); !ok || r.Name() != want {
			t.Errorf("Route(%s) = %v, %v, want %s", asked, r, ok, want)
		}
	}
	if got := set.Default().Name(); got != "rest" {
		t.Errorf("Default is %s, want rest", got)
	}
	if got := len(set.registries); got != 4 {
		t.Errorf("All has %d, want 4", got)
	}
}

func TestRouteOfNoUpstream(t *testing.T) {
	t.Parallel()
	set, err := New([]Options{{Name: "acme", URL: "https://acme.example.com", Match: patterns(t, "@acme/*")}}, Shared{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if r, ok := set.Route(name(t, "react")); ok {
		t.Errorf("react goes to %s, want nowhere", r.Name())
	}
	if got := set.Default().Name(); got != "acme" {
		t.Errorf("Default is %s, want acme", got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const url = "https://registry.example.com"
	tests := []struct {
		name    string
		options []Options
		want    []string
	}{
		{"nothing", nil, []string{"no upstream"}},
		{"no name", []Options{{URL: url}}, []string{"name"}},
		{"odd name", []Options{{Name: "a b", URL: url}}, []string{"name"}},
		{"same name", []Options{{Name: "a", URL: url}, {Name: "a", URL: url}}, []string{"taken"}},
		{"no URL", []Options{{Name: "a"}}, []string{"upstream a: url"}},
		{"credentials in URL", []Options{{Name: "a", URL: "https://u:secret@registry.example.com"}}, []string{"credentials"}},
		{"query in URL", []Options{{Name: "a", URL: url + "?x=secret"}}, []string{"query"}},
		{"token with break", []Options{{Name: "a", URL: url, Token: "secret\r\nX: y"}}, []string{"token"}},
		{"token of two words", []Options{{Name: "a", URL: url, Token: "Digest secret"}}, []string{"token"}},
		{"tarball host", []Options{{Name: "a", URL: url, TarballHosts: []string{"*"}}}, []string{"tarball_hosts"}},
		{"proxy scheme", []Options{{Name: "a", URL: url, Proxy: "ftp://u:secret@proxy.example.com"}}, []string{"proxy"}},
		{"proxy without host", []Options{{Name: "a", URL: url, Proxy: "secret"}}, []string{"proxy"}},
		{"CA file", []Options{{Name: "a", URL: url, CAFile: "testdata/absent.pem"}}, []string{"ca_file"}},
		{"CA file without certificate", []Options{{Name: "a", URL: url, CAFile: "set_test.go"}}, []string{"ca_file"}},
		{"certificate without key", []Options{{Name: "a", URL: url, ClientCert: "cert.pem"}}, []string{"client_key"}},
		{"certificate absent", []Options{{Name: "a", URL: url, ClientCert: "no.pem", ClientKey: "no.pem"}}, []string{"client_cert"}},
		{
			"ambiguous", []Options{
				{Name: "a", URL: url, Match: patterns(t, "@acme/*")},
				{Name: "b", URL: url, Match: patterns(t, "**", "@ACME/*")},
			}, []string{"upstreams a (@acme/*) and b (@acme/*)"},
		},
		{"two for all", []Options{{Name: "a", URL: url}, {Name: "b", URL: url}}, []string{"a (**) and b (**)"}},
		{"all at once", []Options{{Name: "a"}, {Name: "b", URL: url, Token: "\x00"}}, []string{"upstream a", "upstream b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(tt.options, Shared{})
			if !errors.Is(err, npm.ErrInvalid) {
				t.Fatalf("error %v, want one of kind ErrInvalid", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q tells a secret", err)
			}
		})
	}
	if _, err := New([]Options{{Name: "a", URL: url}}, Shared{InstanceID: "a b"}); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("an instance id with a blank gives %v", err)
	}
}

func TestOptionsPrintNoSecret(t *testing.T) {
	t.Parallel()
	o := Options{
		Name: "up", URL: "https://u:secret@registry.example.com", Token: "secret", Proxy: "http://u:secret@proxy.example.com",
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("made", "options", o)
	texts := []string{log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		texts = append(texts, fmt.Sprintf(verb, o), fmt.Sprintf(verb, &o), fmt.Sprintf(verb, []Options{o}))
	}
	for _, text := range texts {
		if strings.Contains(text, "secret") || strings.Contains(text, "736563726574") {
			t.Errorf("secret in %q", text)
		}
	}
	if !strings.Contains(texts[0], "***") || !strings.Contains(texts[0], "up") {
		t.Errorf("log line says too little: %s", texts[0])
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	of := func(url, token string) string {
		r, _ := open(t, url, func(s *setup) { s.Token = token })
		return r.Namespace()
	}
	first := of("https://registry.example.com/npm/", "t1")
	if again := of("https://REGISTRY.example.com:443/npm", "Bearer t1"); again != first {
		t.Errorf("another spelling has namespace %s, want %s", again, first)
	}
	seen := map[string]string{first: "first"}
	for what, got := range map[string]string{
		"other path":  of("https://registry.example.com/other", "t1"),
		"other token": of("https://registry.example.com/npm", "t2"),
		"no token":    of("https://registry.example.com/npm", ""),
		"other host":  of("https://mirror.example.com/npm", "t1"),
	} {
		if before, ok := seen[got]; ok {
			t.Errorf("%s shares its namespace with %s", what, before)
		}
		seen[got] = what
	}
}
