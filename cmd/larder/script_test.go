package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"larder": main})
}

// TestScripts runs the program as a user does, one script per story. PATH
// holds larder alone and HOME is empty, so that no npm of this machine takes
// part; scripts that need one bring their own.
func TestScripts(t *testing.T) {
	t.Parallel()
	open := upstreamtest.New(t)
	open.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0"), upstreamtest.Simple("@acme/public", "1.0.0"))
	closed := upstreamtest.New(t, upstreamtest.Token("s3cret"), upstreamtest.Prefix("/npm/team"))
	closed.Add(upstreamtest.Simple("leaf", "1.0.0"))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"start":      startLarder,
			"end":        endLarder,
			"fetch":      fetch,
			"publish":    publish,
			"mode":       mode,
			"damage":     damage,
			"absent":     absent,
			"match":      match,
			"appendfile": appendFile,
		},
		Setup: func(e *testscript.Env) error {
			bin, _, _ := strings.Cut(e.Getenv("PATH"), string(os.PathListSeparator))
			home := filepath.Join(e.WorkDir, "home")
			for name, value := range map[string]string{
				"PATH": bin, "BIN": bin, "HOME": home, "UPSTREAM": open.URL(), "CLOSED": closed.URL(),
				"CLOSED_HOST": strings.TrimPrefix(closed.URL(), "http:"),
				// Else every command sleeps a second when it ends, for late races.
				"GORACE": "atexit_sleep_ms=0",
			} {
				e.Setenv(name, value)
			}
			e.Values[processesKey{}] = processes{}
			return os.MkdirAll(home, 0o700)
		},
	})
}

// exits runs a command that must end with an exit code: exits 78 larder check.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed := (*exec.ExitError)(nil)
		if !errors.As(err, &failed) {
			ts.Fatalf("run: %v", err)
		}
		code = failed.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// process is a larder that a script started.
type process struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

// startLarder runs larder until end or the script's end and waits for its
// ready line. "start NAME args..." sets $NAME to the URL, $NAME_ADDRESS and
// $NAME_PORT to parts of it, and $NAME_LINE to the line.
func startLarder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: start name [args...]")
	}
	name := args[0]
	p := &process{cmd: exec.Command(filepath.Join(ts.Getenv("BIN"), "larder"), args[1:]...)}
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Stderr = &p.stderr
	for _, key := range []string{"PATH", "HOME", "WORK", "PREFIX", "GORACE", "npm_config_registry", "LARDER_DATA", "LARDER_CACHE_TTL", "LARDER_ROOT_TOKEN"} {
		p.cmd.Env = append(p.cmd.Env, key+"="+ts.Getenv(key))
	}
	out, err := p.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ts.Defer(func() { _ = p.cmd.Process.Kill() }) // it may have ended
	first, line, err := readyLine(out)
	if err != nil {
		_ = p.cmd.Wait()
		ts.Fatalf("larder did not become ready: %s", p.stderr.String())
	}
	_, rest, _ := strings.Cut(line, " ready at ")
	url, _, _ := strings.Cut(rest, " ")
	ts.Setenv(name, url)
	ts.Setenv(name+"_LINE", strings.TrimSpace(line))
	ts.Setenv(name+"_FIRST", strings.TrimSpace(first))
	address := strings.Trim(strings.TrimPrefix(url, "http:"), "/")
	ts.Setenv(name+"_ADDRESS", address)
	ts.Setenv(name+"_PORT", address[strings.LastIndexByte(address, ':')+1:])
	started(ts)[name] = p
}

// processes holds what the scripts started, by script and name.
type processes map[string]*process

func started(ts *testscript.TestScript) processes {
	if all, ok := ts.Value(processesKey{}).(processes); ok {
		return all
	}
	ts.Fatalf("no processes in this script's environment")
	return nil
}

type processesKey struct{}

// endLarder ends a larder as a service manager does and expects a clean exit,
// or another code. "end NAME" leaves the log in the file NAME.log. It cannot be
// called stop, which is a command of testscript that ends the script.
func endLarder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: end name [code]")
	}
	want := 0
	if len(args) == 2 {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	p := started(ts)[args[0]]
	if p == nil {
		ts.Fatalf("no larder called %s", args[0])
	}
	ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	timer := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	err := p.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), p.stderr.Bytes(), 0o600))
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) || p.cmd.ProcessState.ExitCode() != want {
		ts.Fatalf("larder ended with %v: %s", err, p.stderr.String())
	}
}
