package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

const (
	// feedRecords is how much is loaded while requests are answered.
	feedRecords = 200_000
	// feedConns is how many connections ask meanwhile: few, as what is measured
	// is how long one waits, not how many wait for each other.
	feedConns = 2
	// feedWait is how long loading may take at most.
	feedWait = 2 * time.Minute
	// feedRest is how long is measured before.
	feedRest = 5 * time.Second
)

// writeFeed writes so many records of malware, and one more about a package.
func writeFeed(path string, records int, last string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	details := strings.Repeat("The package runs code on install that sends what it finds away. ", 8)
	for i := range records + 1 {
		name := fmt.Sprintf("package-%d-of-the-feed", i)
		if i == records {
			name = last
		}
		fmt.Fprintf(w, `{"id":"MAL-2026-%d","modified":"2026-11-01T00:00:00Z","summary":"Bad.","details":%q,`+
			`"affected":[{"package":{"ecosystem":"npm","name":%q},"versions":["1.0.0","1.0.1"]}]}`+"\n", i+1, details, name)
	}
	return errors.Join(w.Flush(), f.Close())
}

// feedLoad is what requests and memory were before a load, during and after it.
type feedLoad struct {
	rest, during        wave
	took                time.Duration
	before, most, after int64
}

// loadFeed has a larder with all guards load a large feed while it is asked for a
// hot document.
func (b *bench) loadFeed(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp(b.dir, "feed-")
	if err != nil {
		return "", err
	}
	feed, large, config := filepath.Join(dir, "feed.jsonl"), filepath.Join(dir, "large"), filepath.Join(dir, "larder.yaml")
	err = errors.Join(writeFeed(feed, 0, "some-package"), writeFeed(large, feedRecords, youngPackage),
		os.WriteFile(config, fmt.Appendf(nil, "feeds: [{path: %q}]\n", feed), 0o600))
	if err != nil {
		return "", err
	}
	s, err := b.startLarder(ctx, "LARDER_POLICY_LEVEL=strict", "LARDER_CONFIG="+config)
	if err != nil {
		return "", err
	}
	defer s.stop()
	address := strings.TrimPrefix(s.url, "http://")
	condemned := upstreamtest.TarballPath(youngPackage, "1.0.0")
	if _, err := until(ctx, address, newRequest(address, condemned, 200), func() {}); err != nil {
		return "", fmt.Errorf("before the feed: %w", err)
	}
	ask := newRequest(address, "/"+cleanPackage, 200, "Accept: "+acceptAbbreviated, "Accept-Encoding: gzip")
	l := feedLoad{rest: blast(ctx, address, ask, feedConns, feedRest), before: s.memory()}
	if err := os.Rename(large, feed); err != nil {
		return "", err
	}
	if err := l.measure(ctx, s, ask, newRequest(address, condemned, 403)); err != nil {
		return "", err
	}
	return l.String(), nil
}

// measure tells larder to load and asks it until what was loaded shows.
func (l *feedLoad) measure(ctx context.Context, s *server, ask, loaded request) error {
	address := strings.TrimPrefix(s.url, "http://")
	loading, done := context.WithCancel(ctx)
	result := make(chan wave, 1)
	go func() { result <- blast(loading, address, ask, feedConns, feedWait) }()
	err := s.cmd.Process.Signal(syscall.SIGHUP)
	if err == nil {
		l.took, err = until(ctx, address, loaded, func() { l.most = max(l.most, s.memory()) })
	}
	done()
	l.during = <-result
	time.Sleep(feedRest) // what was loaded with is given back
	l.after = s.memory()
	if l.during.failed > 0 || l.rest.failed > 0 {
		err = errors.Join(err, l.rest.why, l.during.why)
	}
	return err
}

// until asks again and again until the answer is the one that is waited for, and
// returns how long that took.
func until(ctx context.Context, address string, ask request, meanwhile func()) (time.Duration, error) {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		meanwhile()
		_, err := once(ctx, address, ask)
		if took := time.Since(began); err == nil || took > feedWait || ctx.Err() != nil {
			return took, err
		}
	}
}

// String is the result as Markdown.
func (l *feedLoad) String() string {
	last := func(w wave) string {
		return milliseconds(percentile(w.delays, .50)) + " · " + milliseconds(percentile(w.delays, .99)) + " · " + milliseconds(percentile(w.delays, 1))
	}
	return fmt.Sprintf("A feed of %d records is in force %.1f s after larder was told to read it. A hot document takes %s ms (p50 · p99 · max) "+
		"over %d connections before, %s ms meanwhile. RssAnon: %d MB before, %d MB at most, %d MB after.\n",
		feedRecords, l.took.Seconds(), last(l.rest), feedConns, last(l.during), l.before>>20, l.most>>20, l.after>>20)
}
