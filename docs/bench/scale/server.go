package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// settings are those of the larder that is measured. Its upstream is never asked,
// also not about what is published.
const settings = `listen: 127.0.0.1:0
upstreams: [{name: nowhere, url: "http://127.0.0.1:9/", match: ["**"]}]
names: {private: ["@load/*"]}
`

// server is a larder that runs.
type server struct {
	url   string
	ready time.Duration
	cmd   *exec.Cmd
	log   *os.File
	ended sync.WaitGroup

	mu       sync.Mutex
	now, max int64
}

// launch starts larder and waits for the line that says that it is ready.
func (b *bench) launch(ctx context.Context) (*server, error) {
	config, logFile := filepath.Join(b.dir, "larder.yaml"), filepath.Join(b.dir, "larder.log")
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	s := &server{log: log, cmd: exec.Command(b.larder, "serve", "--data", b.data, "--config", config)}
	s.cmd.Stderr = log
	s.cmd.Env = []string{"HOME=" + b.dir, "PATH=" + os.Getenv("PATH")}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start larder: %w", err), log.Close())
	}
	s.ended.Go(s.watch)
	lines := bufio.NewReader(stdout)
	for s.url == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			text, _ := os.ReadFile(logFile) // only to say more
			return nil, errors.Join(fmt.Errorf("larder did not become ready: %s", text), s.stop())
		}
		if _, rest, ok := strings.Cut(line, "larder is ready at "); ok {
			s.url, _, _ = strings.Cut(rest, " ")
		}
	}
	s.ready = time.Since(began)
	s.ended.Go(func() { _, _ = io.Copy(io.Discard, lines) }) // until it ends
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), s.stop())
	}
	return s, nil
}

// stop ends larder in good order.
func (s *server) stop() error {
	err := s.cmd.Process.Signal(os.Interrupt)
	s.ended.Wait() // the pipe must be read before it is waited for
	return errors.Join(err, s.cmd.Wait(), s.log.Close())
}

// watch looks at the memory ten times a second until larder ends.
func (s *server) watch() {
	for {
		bytes := rssAnon(s.cmd.Process.Pid)
		if bytes == 0 { // it has ended, though nobody has waited for it
			return
		}
		s.mu.Lock()
		s.now, s.max = bytes, max(s.max, bytes)
		s.mu.Unlock()
		time.Sleep(100 * time.Millisecond)
	}
}

// memory is RssAnon in bytes now and at most.
func (s *server) memory() (now, most int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.max
}

// cpu is the processor time that larder has used, in steps of 10 ms: what it used
// for many requests can be compared on a machine that does other work too.
func (s *server) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	const user, system, tick = 11, 12, 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	var sum time.Duration
	for _, i := range []int{user, system} {
		if i < len(fields) {
			n, _ := strconv.Atoi(fields[i]) // the kernel writes numbers
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

// rssAnon is the private memory of a process in bytes, or zero where there is none.
// Mapped files do not count: the system drops them as it likes.
func rssAnon(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}
