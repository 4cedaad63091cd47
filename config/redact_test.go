package config

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, url, want string }{
		{"nothing to hide", "https://registry.example.com/npm/", "https://registry.example.com/npm/"},
		{"query", "http://h?token=secretpw", "http://h?***"},
		{"query behind a path", "http://h/a?token=secretpw&x=1", "http://h/a?***"},
		{"query with @", "http://h/a?token=secretpw@x", "http://***"},
		{"fragment", "http://h/a#secretpw", "http://h/a#***"},
		{"user and password", "http://user:secretpw@h:80/a", "http://***@h:80/a"},
		{"token as user", "http://secretpw@h/a", "http://***@h/a"},
		{"both", "http://user:secretpw@h/a?secretpw", "http://***@h/a?***"},
		{"@ in the password", "http://user:secretpw@secretpw@h/a", "http://***@h/a"},
		{"/ in the password", "http://user:secretpw/secretpw@h/a", "http://***@h/a"},
		{"? in the password", "http://user:secretpw?x@h/a", "http://***"},
		{"no scheme", "user:secretpw@h/a", "***@h/a"},
		{"no scheme and a query", "h/a?secretpw", "h/a?***"},
		{"a scope in the path", "https://h/@acme/", "https://h/@acme/"},
		{"no URL", "registry.example.com:80", "registry.example.com:80"},
		{"bad escape", "http://user:secretpw@h/%zz", "http://***@h/%zz"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Redact(tt.url)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if strings.Contains(got, "secret") {
				t.Errorf("%q shows a secret", got)
			}
		})
	}
}

// TestSecretsAreNotShown loads and prints URLs that hold some.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	for _, flags := range []Flags{
		{Upstream: "http://h?token=secretpw"},
		{Upstream: "http://user:secretpw@h/"},
		{Upstream: "user:secretpw@h/"},
		{PublicURL: "http://h/?secretpw"},
		{PublicURL: "http://user:secretpw@h/"},
	} {
		flags.Data = t.TempDir()
		l, err := Load(flags, Env{})
		if err == nil || strings.Contains(err.Error(), "secretpw") {
			t.Errorf("%v: got error %v", flags, err)
		}
		var out strings.Builder
		if err := l.Print(&out); err != nil || strings.Contains(out.String(), "secretpw") {
			t.Errorf("%v: printed %s, %v", flags, out.String(), err)
		}
	}
}

// TestSecretsInListsAreNotShown writes a password where only a host belongs.
func TestSecretsInListsAreNotShown(t *testing.T) {
	t.Parallel()
	l, err := Load(Flags{Data: t.TempDir()}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	l.Upstreams[0].TarballHosts = []string{"user:secretpw@files.example.com", "https://user:secretpw@h"}
	var out strings.Builder
	if err := l.Print(&out); err != nil || strings.Contains(out.String(), "secretpw") {
		t.Errorf("printed %s, %v", out.String(), err)
	}
	l.Upstreams[0].TarballHosts = []string{"files.example.com:8443", "http://h"}
	out.Reset()
	if err := l.Print(&out); err != nil || !strings.Contains(out.String(), `[files.example.com:8443, http://h]`) &&
		!strings.Contains(out.String(), `["files.example.com:8443", "http://h"]`) {
		t.Errorf("printed %s, %v", out.String(), err)
	}
}
