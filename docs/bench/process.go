package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/larderhq/larder/docs/bench/machine"
)

// startWait is how long a server may take to answer first.
const startWait = 30 * time.Second

// ticks is what the kernel counts a process's time in: USER_HZ, which is 100
// on every Linux that Go runs on.
const ticks = 100

// server is a running registry.
type server struct {
	name string
	url  string
	cmd  *exec.Cmd
	done chan struct{}
	log  bytes.Buffer
}

// launch starts a server in a process group of its own and waits until its
// address answers.
func launch(ctx context.Context, name, address string, cmd *exec.Cmd) (*server, error) {
	s := &server{name: name, url: "http://" + address, cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = cmd.Wait() // ended by stop, or noticed by whoever asks it
		close(s.done)
	}()
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for !answers(ctx, s.url) {
		select {
		case <-s.done:
			return nil, fmt.Errorf("start %s: it ended:\n%s", name, &s.log)
		case <-ctx.Done():
			s.stop()
			return nil, fmt.Errorf("start %s: no answer in %s:\n%s", name, startWait, &s.log)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return s, nil
}

func answers(ctx context.Context, url string) bool {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/-/ping", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // the status is not looked at either
	return true
}

// stop ends the whole process group.
func (s *server) stop() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM) // it may be gone
	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		<-s.done
	}
}

// family lists the processes of the server.
func (s *server) family() []int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	var all []int
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if fields := statOf(pid); err == nil && len(fields) > 2 && fields[2] == strconv.Itoa(s.cmd.Process.Pid) {
			all = append(all, pid)
		}
	}
	return all
}

// statOf reads the fields of /proc/PID/stat that follow the name.
func statOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// cpu is the processor time of the server so far.
func (s *server) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range s.family() {
		fields := statOf(pid)
		const user, system = 11, 12
		if len(fields) <= system {
			continue
		}
		for _, text := range []string{fields[user], fields[system]} {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				sum += time.Duration(n) * time.Second / ticks
			}
		}
	}
	return sum
}

// memory is RssAnon of the server in bytes.
func (s *server) memory() int64 {
	var sum int64
	for _, pid := range s.family() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			var kilobytes int64
			if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kilobytes); err == nil {
				sum += kilobytes << 10
			}
		}
	}
	return sum
}

// freeAddress finds a port that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := listener.Addr().String()
	return address, listener.Close()
}

// machine describes what was measured on, and what.
func (b *bench) machine(ctx context.Context) string {
	command := "go run ./docs/bench"
	if b.guards {
		command += " -guards"
	}
	parts := []string{
		fmt.Sprintf("Measured %s with `%s`", time.Now().UTC().Format(time.DateOnly), command),
		machine.Line(ctx),
		"npm " + machine.Said(ctx, "npm", "--version") + " on node " + machine.Said(ctx, "node", "--version"),
	}
	parts = append(parts, b.programs.versions(ctx)...)
	return strings.Join(parts, "; ") + ". Clients, upstream and servers shared the cores."
}
