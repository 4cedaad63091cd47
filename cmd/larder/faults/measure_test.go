package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const mebibyte = 1 << 20

// usage is what a process holds while nothing happens.
type usage struct {
	// open lists the sockets and files that are open, without the folders of
	// the records, which open and close files as they like.
	open       []string
	goroutines int
	temporary  int
	memory     int64 // RssAnon: larder maps its tables
}

func (u usage) String() string {
	return fmt.Sprintf("%d descriptors, %d goroutines, %d temporary files, %d MiB",
		len(u.open), u.goroutines, u.temporary, u.memory/mebibyte)
}

// usage looks at larder over a connection that is the only one after leave.
func (l *larder) usage(t *testing.T) usage {
	t.Helper()
	return usage{
		goroutines: l.goroutines(t), temporary: l.temporaries(),
		open: l.descriptors(t), memory: l.memory(t),
	}
}

// looks is how often goroutines are counted for one figure.
const looks = 8

// goroutines counts those of larder. The exposition is gathered by some of its
// own, so that each look finds a few more than there are; the least counts.
func (l *larder) goroutines(t *testing.T) int {
	t.Helper()
	least := int(l.metric(t, "go_goroutines"))
	for range looks - 1 {
		least = min(least, int(l.metric(t, "go_goroutines")))
	}
	return least
}

// settleEvery spares larder the work of being looked at.
const settleEvery = 250 * time.Millisecond

// settled waits until larder holds no more than it did before. slack is the
// memory that the runtime may keep for its next work.
func (l *larder) settled(t *testing.T, before usage, slack int64) {
	t.Helper()
	l.clients.leave()
	var now usage
	eventually(t, 4*patience, func() error {
		time.Sleep(settleEvery)
		now = l.usage(t)
		if len(now.open) > len(before.open) || now.goroutines > before.goroutines || now.temporary > 0 ||
			now.memory > before.memory+slack {
			return fmt.Errorf("%s; before: %s; open now: %s", now, before, strings.Join(now.open, " "))
		}
		return nil
	})
	t.Logf("before: %s; after: %s", before, now)
}

// descriptors lists what larder has open.
func (l *larder) descriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(l.proc("fd"))
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(l.proc("fd"), e.Name()))
		records := strings.HasPrefix(target, filepath.Join(l.data, "cache", "records")) ||
			strings.HasPrefix(target, filepath.Join(l.data, "registry"))
		if err == nil && !records {
			open = append(open, target)
		}
	}
	slices.Sort(open)
	return open
}

// memory is the anonymous memory of larder in bytes.
func (l *larder) memory(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(l.proc("status"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Fatalf("no RssAnon in %q", text)
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// metric reads one series from the exposition; one that does not exist yet is 0.
func (l *larder) metric(t *testing.T, series string) float64 {
	t.Helper()
	a := l.get("/-/metrics")
	if a.err != nil || a.status != http.StatusOK {
		t.Fatalf("metrics: %v", a)
	}
	for lines := bufio.NewScanner(bytes.NewReader(a.body)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), series+" "); ok {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return number
		}
	}
	return 0
}

// peak samples the memory of larder until it is stopped.
type peak struct {
	top  int64
	stop chan struct{}
	done sync.WaitGroup
}

// sampleEvery is short against the life of what is looked for.
const sampleEvery = 5 * time.Millisecond

func (l *larder) watchMemory(t *testing.T) *peak {
	t.Helper()
	p := &peak{stop: make(chan struct{})}
	p.done.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			p.top = max(p.top, l.memory(t))
			select {
			case <-tick.C:
			case <-p.stop:
				return
			}
		}
	})
	return p
}

// highest ends the watching and tells the largest sample.
func (p *peak) highest() int64 {
	close(p.stop)
	p.done.Wait()
	return p.top
}
