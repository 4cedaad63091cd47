package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAsNpmDoes compares what larder reads with what the npm on PATH says, for
// the same home, project and environment.
func TestAsNpmDoes(t *testing.T) {
	t.Parallel()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("there is no npm on PATH to compare with")
	}
	tests := []struct {
		name, user, project, global string
		env                         Env
	}{
		{name: "nothing but npm's default"},
		{name: "user", user: "registry=https://user.example.com/npm/\n"},
		{name: "project over user", user: "registry=https://user.example.com/", project: "registry = https://project.example.com/ ; why"},
		{name: "global", global: "registry=\"https://global.example.com/\""},
		{name: "environment", user: "registry=https://user.example.com/", env: Env{"NPM_CONFIG_REGISTRY": "https://env.example.com/"}},
		{name: "variables", user: "registry=https://${PLACE}.example.com/${NOTHING?}", env: Env{"PLACE": "here"}},
		{name: "prefix", user: "prefix=${PREFIX}/elsewhere", global: "registry=https://global.example.com/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env, dir := npmHome(t, tt.user, tt.project, tt.global)
			env["PATH"] = os.Getenv("PATH")
			for k, v := range tt.env {
				env[k] = v
			}
			got, where, err := ReadNpm(env, dir).Registry(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want := npmSays(t, npm, env, dir); strings.TrimRight(got, "/") != strings.TrimRight(want, "/") {
				t.Errorf("larder finds %s in %s, npm says %s", got, where, want)
			}
		})
	}
}

func npmSays(t *testing.T, npm string, env Env, dir string) string {
	t.Helper()
	cmd := exec.Command(npm, "config", "get", "registry", "--cache", filepath.Join(t.TempDir(), "cache"))
	cmd.Dir = dir
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ask npm: %v", err)
	}
	return strings.TrimSpace(string(out))
}
