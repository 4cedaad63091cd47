package e2e

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/cmd/larder/trial"
)

// liveApp is the package.json of an application of ordinary tools, with exact
// versions so that two installs can be compared.
//
//go:embed testdata/live-app.json
var liveApp string

// liveWait is how long one install of it may take.
const liveWait = 6 * time.Minute

// TestLiveApplication installs an application of more than 400 packages from
// the registry that npm on this machine is configured with: directly, then
// through larder cold, warm, and after a restart with upstream cut off. It
// runs with LARDER_LIVE=1, and skips where that registry does not answer npm.
func TestLiveApplication(t *testing.T) {
	t.Parallel()
	if os.Getenv("LARDER_LIVE") != "1" {
		t.Skip("the registry that npm is configured with is asked with LARDER_LIVE=1")
	}
	m := newMachine(t)
	m.mustAnswer(t)
	direct := m.direct(t)
	if n := len(direct.hashes); n < 400 {
		t.Fatalf("the application has only %d packages", n)
	}

	t.Logf("the application has %d packages", len(direct.hashes))

	line := newForwarder(t)
	l := m.start(t, line, "LARDER_CACHE_TTL=1h", "LARDER_CACHE_NEGATIVE_TTL=1h")
	t.Logf("idle: %s", l.memory(t))
	m.through(t, "cold", l).equal(t, direct)
	if line.opened.Load() == 0 {
		t.Fatal("larder did not use the line that is going to be cut")
	}

	before := l.counters(t)
	m.through(t, "warm", l).equal(t, direct)
	onlyHits(t, before, l.counters(t))
	m.locked(t, direct, "--registry="+l.url).equal(t, m.locked(t, direct))
	if n := total(l.counters(t), "larder_guard_decisions_total{action=\"deny\""); n != 0 {
		t.Errorf("%v requests of an ordinary application were refused", n)
	}
	l.stop(t)

	// A second after the restart every document has expired, and nobody is
	// there to ask.
	line.cut()
	l = m.start(t, line, "LARDER_CACHE_TTL=1s")
	m.through(t, "cut off", l).equal(t, direct)
	if n := total(l.counters(t), answered); n != 0 {
		t.Errorf("cut off: %v upstream requests went well", n)
	}
	l.stop(t)
}

const (
	attempts = "larder_upstream_attempts_total{"
	answered = attempts + `result="ok"`
)

// onlyHits checks that an install between two readings of the counters had
// all tarballs from the cache and asked upstream nothing.
func onlyHits(t *testing.T, before, after map[string]float64) {
	t.Helper()
	if total(before, answered) == 0 {
		t.Error("the counters of a cold install know no answer from upstream")
	}
	if n := total(after, attempts) - total(before, attempts); n != 0 {
		t.Errorf("%v upstream requests", n)
	}
	const tarballs = `larder_cache_results_total{result=%q,route="tarball"}`
	hits := fmt.Sprintf(tarballs, "hit")
	if n := after[hits] - before[hits]; n < 400 {
		t.Errorf("only %v tarballs came from the cache", n)
	}
	for _, result := range []string{"miss", "joined", "revalidated", "stale", "stale_error"} {
		name := fmt.Sprintf(tarballs, result)
		if n := after[name] - before[name]; n != 0 {
			t.Errorf("%v tarballs were a %s", n, result)
		}
	}
}

// machine is what npm on this machine is set to, and where one larder keeps
// its data.
type machine struct {
	npm        string
	userConfig string
	data       string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{npm: npmOnPath(t).program[0], data: filepath.Join(t.TempDir(), "data")}
	out, err := exec.Command(m.npm, "config", "get", "userconfig").Output()
	if err != nil {
		t.Fatalf("ask npm for its configuration: %v", err)
	}
	m.userConfig = strings.TrimSpace(string(out))
	return m
}

// environment is that of this machine with another home and an empty cache;
// npm's own configuration stays in force.
func (m *machine) environment(root string) []string {
	home := filepath.Join(root, "home")
	return append(os.Environ(),
		"HOME="+home, "TMPDIR="+filepath.Join(root, "tmp"), "XDG_CACHE_HOME="+filepath.Join(home, "cache"),
		"npm_config_userconfig="+m.userConfig, "npm_config_cache="+filepath.Join(home, "npm"))
}

// mustAnswer skips the test where the registry does not answer npm itself:
// what cannot be installed directly tells nothing about larder.
func (m *machine) mustAnswer(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	root := workspace(t)
	cmd := exec.CommandContext(ctx, m.npm, "view", "react", "version", "--fetch-retries=1", "--fetch-timeout=20000")
	cmd.Dir, cmd.Env = filepath.Join(root, "project"), m.environment(root)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("the registry that npm is configured with does not answer npm: %v\n%s", err, out)
	}
}

// direct installs without larder.
func (m *machine) direct(t *testing.T) application {
	t.Helper()
	root := workspace(t)
	return m.install(t, "direct", root, m.environment(root))
}

// locked installs what the lockfile of another install says, which is not all of
// it: npm leaves optional peers out then. With a registry nothing else is within
// reach.
func (m *machine) locked(t *testing.T, of application, registry ...string) application {
	t.Helper()
	root := workspace(t)
	write(t, filepath.Join(root, "project"), map[string]string{"package-lock.json": of.lock})
	env := m.environment(root)
	if len(registry) > 0 {
		env = npmOnPath(t).environment(root)
	}
	return m.run(t, "by the lockfile", root, env, append([]string{"ci"}, registry...)...)
}

// through installs with nothing but larder within reach.
func (m *machine) through(t *testing.T, step string, l *larder) application {
	t.Helper()
	root := workspace(t)
	walled := npmOnPath(t).environment(root)
	app := m.install(t, step, root, walled, "--registry="+l.url)
	t.Logf("%s: %s, %.1f processor seconds since the start", step, l.memory(t), l.counters(t)["process_cpu_seconds_total"])
	return app
}

func (m *machine) install(t *testing.T, step, root string, env []string, more ...string) application {
	t.Helper()
	return m.run(t, step, root, env, append([]string{"install"}, more...)...)
}

// run runs npm in a workspace and returns what is installed then.
func (m *machine) run(t *testing.T, step, root string, env []string, command ...string) application {
	t.Helper()
	project := filepath.Join(root, "project")
	ctx, cancel := context.WithTimeout(t.Context(), liveWait)
	defer cancel()
	args := append(command, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd := exec.CommandContext(ctx, m.npm, args...)
	cmd.Dir, cmd.Env = project, env
	began := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("%s: installed in %s", step, time.Since(began).Round(10*time.Millisecond))
	if err != nil {
		t.Fatalf("%s: %v\n%s", step, err, out)
	}
	return readApplication(t, project)
}

// start runs larder as this machine's user would: it finds its upstream in
// npm's configuration, and reaches it over the line.
func (m *machine) start(t *testing.T, line *forwarder, settings ...string) *larder {
	t.Helper()
	write(t, m.data, map[string]string{
		"larder.yaml": fmt.Sprintf("upstreams: [{name: default, proxy: %q}]\n", line.URL),
	})
	path, err := trial.Binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "serve", "--listen", "127.0.0.1:0", "--data", m.data)
	root := workspace(t)
	cmd.Dir, cmd.Env = filepath.Join(root, "project"), append(m.environment(root), settings...)
	return launch(t, cmd)
}

// launch runs a larder whose environment is not that of the other tests.
func launch(t *testing.T, cmd *exec.Cmd) *larder {
	t.Helper()
	l := &larder{cmd: cmd, done: make(chan struct{}), log: &trial.Transcript{}}
	cmd.Stderr = l.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start larder: %v", err)
	}
	address := make(chan string, 1)
	go func() {
		l.watch(stdout, "", address)
		_ = cmd.Wait() // how it ended is in the command's state
		close(l.done)
	}()
	t.Cleanup(func() { l.end(t) })
	select {
	case l.url = <-address:
	case <-l.done:
		t.Fatalf("larder ended instead of getting ready:\n%s", l.log)
	case <-time.After(readyWait):
		t.Fatalf("larder is not ready after %s:\n%s", readyWait, l.log)
	}
	return l
}

// workspace is a folder with an application in it that is not installed.
func workspace(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "project"), map[string]string{"package.json": liveApp})
	write(t, filepath.Join(root, "home"), nil)
	write(t, filepath.Join(root, "tmp"), nil)
	return root
}

// application is what an install left behind.
type application struct {
	tree   tree
	hashes map[string]string // version and integrity by path
	lock   string
}

func readApplication(t *testing.T, project string) application {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(project, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatalf("package-lock.json: %v", err)
	}
	app := application{tree: hashTree(t, project), hashes: map[string]string{}, lock: string(text)}
	for path, p := range lock.Packages {
		if path != "" {
			app.hashes[path] = p.Version + " " + p.Integrity
		}
	}
	return app
}

// equal checks that two installs chose the same bytes and unpacked the same.
func (a application) equal(t *testing.T, want application) {
	t.Helper()
	all := maps.Clone(a.hashes)
	maps.Copy(all, want.hashes)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if a.hashes[path] != want.hashes[path] {
			t.Errorf("lockfile: %s: %q, a direct install has %q", path, a.hashes[path], want.hashes[path])
		}
	}
	a.tree.equal(t, want.tree)
}

// counters reads larder's metrics.
func (l *larder) counters(t *testing.T) map[string]float64 {
	t.Helper()
	resp, err := http.Get(l.url + "/-/metrics")
	if err != nil {
		t.Fatalf("metrics: %v", err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		t.Fatalf("metrics: %v", err)
	}
	_ = resp.Body.Close() // it was read to its end
	found := map[string]float64{}
	for line := range strings.Lines(text.String()) {
		var value float64
		at := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		if strings.HasPrefix(line, "#") || at < 0 {
			continue
		}
		if _, err := fmt.Sscan(line[at:], &value); err == nil {
			found[line[:at]] = value
		}
	}
	if len(found) == 0 {
		t.Fatalf("metrics: %s\n%s", resp.Status, &text)
	}
	return found
}

// total adds up the counters whose name and labels begin so.
func total(counters map[string]float64, prefix string) float64 {
	var sum float64
	for name, value := range counters {
		if strings.HasPrefix(name, prefix) {
			sum += value
		}
	}
	return sum
}

// memory says what larder holds in memory of its own, where the system tells.
func (l *larder) memory(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.cmd.Process.Pid))
	if err != nil {
		return "memory unknown on this system"
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "RssAnon:") {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return "memory unknown on this system"
}
