package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree is node_modules: mode and content of each file by relative path.
type tree map[string]string

// stateFiles are what clients write for themselves: times and addresses.
var stateFiles = []string{
	".package-lock.json", ".modules.yaml", ".pnpm-workspace-state-v1.json",
	".pnpm/lock.yaml", ".yarn-integrity", ".yarn-state.yml", ".package-map.json",
}

// hashTree reads node_modules of a project. The project's own path, which
// some launchers contain, is taken out.
func hashTree(t *testing.T, project string) tree {
	t.Helper()
	root, out := filepath.Join(project, "node_modules"), tree{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || slices.Contains(stateFiles, filepath.ToSlash(name)) {
			return err
		}
		out[filepath.ToSlash(name)], err = fingerprint(path, project, entry)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func fingerprint(path, project string, entry fs.DirEntry) (string, error) {
	info, err := entry.Info()
	if err != nil {
		return "", err
	}
	switch {
	case entry.IsDir():
		return info.Mode().String(), nil
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		return "-> " + strings.ReplaceAll(target, project, "PROJECT"), err
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(bytes.ReplaceAll(body, []byte(project), []byte("PROJECT")))
	return info.Mode().String() + " " + hex.EncodeToString(sum[:]), nil
}

// equal reports the differences between the tree and the wanted one.
func (have tree) equal(t *testing.T, want tree) {
	t.Helper()
	const limit = 20
	var lines []string
	all := maps.Clone(have)
	maps.Copy(all, want)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if have[path] != want[path] {
			lines = append(lines, fmt.Sprintf("%s: %q, want %q", path, have[path], want[path]))
		}
	}
	if n := len(lines); n > 0 {
		t.Errorf("node_modules differs in %d places:\n%s", n, strings.Join(lines[:min(n, limit)], "\n"))
	}
	if len(have) < 200 {
		t.Errorf("node_modules has only %d entries", len(have))
	}
}
