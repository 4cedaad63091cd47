package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCredentialsStayWithTheirURL overrides the URL of an upstream whose file
// entry has a credential.
func TestCredentialsStayWithTheirURL(t *testing.T) {
	t.Parallel()
	const withToken = "upstreams:\n  - name: default\n    url: https://npm.example.com/\n    token_env: TOKEN\n"
	cases := map[string]struct {
		file, flag string
		env        Env
		refused    bool
	}{
		"another URL by flag":        {file: withToken, flag: "https://other.example.com/", refused: true},
		"another URL by environment": {file: withToken, env: Env{envUpstream: "https://other.example.com/"}, refused: true},
		"the same URL":               {file: withToken, flag: "https://npm.example.com"},
		"nothing overridden":         {file: withToken},
		"no URL in the file":         {file: strings.Replace(withToken, "    url: https://npm.example.com/\n", "", 1), flag: "https://other.example.com/"},
		"no credential":              {file: strings.Replace(withToken, "    token_env: TOKEN\n", "", 1), flag: "https://other.example.com/"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "larder.yaml")
			if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			env := Env{"TOKEN": "secret"}
			for k, v := range c.env {
				env[k] = v
			}
			_, err := Load(Flags{Config: path, Upstream: c.flag}, env)
			if refused := err != nil && strings.Contains(err.Error(), "credential"); refused != c.refused {
				t.Errorf("got %v, want refused: %v", err, c.refused)
			}
		})
	}
}
