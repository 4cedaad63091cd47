package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/cmd/larder/trial"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// installWait is how long one install may take.
const installWait = 3 * time.Minute

// installed is the outcome of an install.
type installed struct {
	tree tree
	lock string
}

// installIn runs a client in a fresh project with a fresh home, so that no
// cache of an earlier run can help. With a lockfile the install is frozen.
func (c client) installIn(t *testing.T, registry, lock string) installed {
	t.Helper()
	out, err := c.tryInstall(t, registry, lock)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// leavingOut is the client for an application without these packages.
func (c client) leavingOut(names ...string) client {
	c.without = append(slices.Clone(c.without), names...)
	return c
}

func (c client) tryInstall(t *testing.T, registry, lock string) (installed, error) {
	t.Helper()
	root := t.TempDir()
	project := filepath.Join(root, "project")
	files := c.config(registry)
	files["package.json"] = string(upstreamtest.App(c.without...))
	args := c.install
	if lock != "" {
		files[c.lock], args = lock, c.frozen
	}
	makeRoom(t, root)
	write(t, project, files)
	ctx, cancel := context.WithTimeout(t.Context(), installWait)
	defer cancel()
	began := time.Now()
	text, err := c.command(ctx, root, args...).CombinedOutput()
	t.Logf("%s %s: %s", c.name, args[0], time.Since(began).Round(10*time.Millisecond))
	if err != nil {
		return installed{}, &installError{client: c.name, output: string(text), cause: err}
	}
	after, err := os.ReadFile(filepath.Join(project, c.lock))
	if err != nil {
		t.Fatal(err)
	}
	return installed{tree: hashTree(t, project), lock: string(after)}, nil
}

// makeRoom makes the folders that a client gets below root: its project, its
// home and its temporary files.
func makeRoom(t *testing.T, root string) {
	t.Helper()
	for _, name := range []string{"project", "home", "tmp"} {
		write(t, filepath.Join(root, name), nil)
	}
}

// command is the client with arguments, in the project below root.
func (c client) command(ctx context.Context, root string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.program[0], append(c.program[1:len(c.program):len(c.program)], args...)...)
	if c.node != "" && c.program[0] == "node" {
		cmd.Path = filepath.Join(c.node, "node")
	}
	cmd.Dir, cmd.Env = filepath.Join(root, "project"), c.environment(root)
	return cmd
}

// environment shares nothing with this machine or other tests but the programs
// and how node compiled them, and sends every request that is not for the
// loopback into a wall.
func (c client) environment(root string) []string {
	path := os.Getenv("PATH")
	if c.node != "" {
		path = c.node + string(os.PathListSeparator) + path
	}
	home := filepath.Join(root, "home")
	env := []string{
		// What node made of the client's own sources is no answer of a registry.
		"NODE_COMPILE_CACHE=" + trial.Shared("compiled"),
		"PATH=" + path, "HOME=" + home, "TMPDIR=" + filepath.Join(root, "tmp"), "CI=1",
		"XDG_CACHE_HOME=" + filepath.Join(home, "cache"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"no_proxy=127.0.0.1,localhost", "NO_PROXY=127.0.0.1,localhost",
	}
	for _, name := range []string{"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
		env = append(env, name+"=http://127.0.0.1:9")
	}
	return env
}

// installError is a client that failed, with what it said.
type installError struct {
	client, output string
	cause          error
}

func (e *installError) Error() string {
	return e.client + ": " + e.cause.Error() + "\n" + e.output
}

func (e *installError) Unwrap() error { return e.cause }
