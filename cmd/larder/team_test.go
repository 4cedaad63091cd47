package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestReadmeTeam types the commands of README.md that take a team from nothing
// to a package that is published and installed.
func TestReadmeTeam(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"npm", "sh", "curl", "sed", "larder"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on this machine", tool)
		}
	}
	_, rest, _ := strings.Cut(textBelow(readme(t), "## Private packages"), "```sh\n")
	block, _, ok := strings.Cut(rest, "```")
	commands := strings.Split(strings.ReplaceAll(strings.TrimSpace(block), "\\\n", ""), "\n")
	if !ok || len(commands) != 5 {
		t.Fatalf("README.md has %d commands for a team, want 5: %q", len(commands), commands)
	}
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"), upstreamtest.Simple("react", "19.0.0"))
	home, data, lib, app := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	s := begin(t, []string{"--data", data, "--listen", "127.0.0.1:0", "--upstream", up.URL()})
	write(t, filepath.Join(home, ".npmrc"), "registry="+s.url+"\naudit=false\nfund=false\nupdate-notifier=false\n")
	write(t, filepath.Join(lib, "package.json"), `{"name":"@acme/lib","version":"1.0.0","main":"index.js","dependencies":{"leaf":"1.0.0"}}`)
	write(t, filepath.Join(lib, "index.js"), "module.exports = 'from the team'\n")
	write(t, filepath.Join(app, "package.json"), `{"name":"app","version":"1.0.0","private":true}`)
	asked := 0
	for i, line := range commands {
		dir := home
		switch {
		case strings.HasPrefix(line, "npm publish"):
			dir = lib
		case strings.HasPrefix(line, "npm install"):
			dir = app
			asked = up.CountOf(upstreamtest.KindPackument, "@acme/lib")
		}
		line = strings.ReplaceAll(line, "127.0.0.1:4873", strings.Trim(strings.TrimPrefix(s.url, "http:"), "/"))
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LARDER_DATA=" + data}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("command %d, %s: %v\n%s\nlarder: %s", i+1, line, err, out, s.log)
		}
	}
	text, err := os.ReadFile(filepath.Join(app, "node_modules", "@acme", "lib", "index.js"))
	if err != nil || !strings.Contains(string(text), "from the team") {
		t.Errorf("installed %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(app, "node_modules", "leaf", "package.json")); err != nil {
		t.Errorf("its dependency was not installed: %v", err)
	}
	if n := up.CountOf(upstreamtest.KindPackument, "@acme/lib"); asked == 0 || n != asked {
		t.Errorf("upstream was asked for the private name %d times before its publish and %d times in all", asked, n)
	}
	checkTeam(t, s, data)
}

// checkTeam looks at what the commands left.
func checkTeam(t *testing.T, s *server, data string) {
	t.Helper()
	var out strings.Builder
	if code := run(t.Context(), []string{"fsck", "--data", data}, nil, &out, &out); code != exitOK ||
		!regexp.MustCompile(`checked 2 projects, 1 names, 1 packages, 1 files and 1 blobs .*: all is well`).MatchString(out.String()) {
		t.Errorf("fsck ended with %d: %s", code, &out)
	}
	response, err := newClient(t).Get(s.url + "@acme/lib")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 401 {
		t.Errorf("the anonymous get %s for a private package, want 401", response.Status)
	}
	typeAdministration(t, s, data)
	if code := s.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.log)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
