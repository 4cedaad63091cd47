package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// installing lets one test at a time install a tool.
var installing sync.Mutex

// tool is the path of a file below node_modules of an npm package, which is
// installed into the cache folder of these tests unless it is there already.
func tool(t *testing.T, spec, file string) string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	dir := filepath.Join(cacheFolder(t), strings.NewReplacer("/", "+", "@", "_").Replace(spec))
	path := filepath.Join(dir, "node_modules", filepath.FromSlash(file))
	// Written last, so that an install that was cut short is done again.
	done := filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		return path
	}
	t.Logf("installing %s into %s", spec, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"package.json": toolManifest(t, spec)})
	// The clients come from wherever npm on this machine gets its packages.
	cmd := exec.Command("npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("install %s: %v\n%s", spec, err, out)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("install %s: %v", spec, err)
	}
	write(t, dir, map[string]string{"complete": spec + "\n"})
	return path
}

// toolManifest depends on one package and lets the scripts run that put the
// program of this platform in place.
func toolManifest(t *testing.T, spec string) string {
	t.Helper()
	at := strings.LastIndexByte(spec, '@')
	name, version := spec[:at], spec[at+1:]
	text, err := json.Marshal(map[string]any{
		"private":      true,
		"dependencies": map[string]string{name: version},
		"allowScripts": map[string]bool{name: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func cacheFolder(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("LARDER_E2E_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatalf("no cache folder, set LARDER_E2E_CACHE: %v", err)
	}
	return filepath.Join(dir, "larder-e2e")
}

// write puts files into a folder, which is made if needed.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
