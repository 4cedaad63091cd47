package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// downloadFlush is how long a download waits to be written at least.
	downloadFlush = 5 * time.Second
	// downloadEvery is how often the downloads of one package are written at
	// most, while there is room to wait.
	downloadEvery = time.Hour
	// downloadBatch bounds one transaction.
	downloadBatch = 500
	// downloadShards keep requests for different packages out of each other's
	// way.
	downloadShards = 64
	// downloadRoom bounds the packages of one shard that wait; what is over it
	// is not counted. Where half of it is taken, nobody waits for downloadEvery.
	downloadRoom = 1 << 10
)

// downloads counts downloads, to be written behind the requests. Until then
// lists add what waits here to what is written.
type downloads struct {
	// flushing is held while marks are written, so that none is written twice.
	flushing sync.Mutex
	shards   [downloadShards]struct {
		mu    sync.Mutex
		marks map[int64]mark
	}
}

// mark is what was downloaded of a package since it was written.
type mark struct {
	count int64
	// at is the last download, in Unix nanoseconds.
	at int64
	// due is when it may be written, urgent that it must be now.
	due    int64
	urgent bool
}

func newDownloads() *downloads {
	d := &downloads{}
	for i := range d.shards {
		d.shards[i].marks = map[int64]mark{}
	}
	return d
}

// note notes a download.
func (d *downloads) note(id int64, now time.Time) {
	shard := &d.shards[uint64(id)%downloadShards] //nolint:gosec // any spread will do
	shard.mu.Lock()
	m, waits := shard.marks[id]
	if waits || len(shard.marks) < downloadRoom {
		m.count++
		m.at = max(m.at, now.UnixNano())
		shard.marks[id] = m
	}
	shard.mu.Unlock()
}

// of returns what waits for a package.
func (d *downloads) of(id int64) mark {
	shard := &d.shards[uint64(id)%downloadShards] //nolint:gosec // any spread will do
	shard.mu.Lock()
	defer shard.mu.Unlock()
	return shard.marks[id]
}

// due returns what may be written now, or all that waits.
func (d *downloads) due(now time.Time, all bool) map[int64]mark {
	out := map[int64]mark{}
	for i := range d.shards {
		shard := &d.shards[i]
		shard.mu.Lock()
		crowded := len(shard.marks) > downloadRoom/2
		for id, m := range shard.marks {
			m.urgent = all || crowded
			if m.urgent || m.due <= now.UnixNano() {
				out[id] = m
			}
		}
		shard.mu.Unlock()
	}
	return out
}

// wrote takes off what was written of a mark. Where nothing was, because the
// package was written to a moment ago, it waits until due.
func (d *downloads) wrote(id int64, written mark) {
	shard := &d.shards[uint64(id)%downloadShards] //nolint:gosec // any spread will do
	shard.mu.Lock()
	defer shard.mu.Unlock()
	m := shard.marks[id]
	m.count -= written.count
	m.due = written.due
	if m.count <= 0 {
		delete(shard.marks, id)
		return
	}
	shard.marks[id] = m
}

// Downloaded counts a download of a file of a package. It does not wait for
// anything.
func (s *Service) Downloaded(id int64) { s.downloads.note(id, s.opts.Now()) }

// withDownloads adds to a package the downloads that are not written yet.
func (s *Service) withDownloads(p record.Package) record.Package {
	m := s.downloads.of(p.ID)
	m.addTo(&p)
	return p
}

func (m mark) addTo(p *record.Package) {
	if m.count == 0 {
		return
	}
	p.Downloads += m.count
	if at := time.Unix(0, m.at).UTC(); at.After(p.LastDownloadedAt) {
		p.LastDownloadedAt = at
	}
}

// writeDownloads writes downloads behind the requests until ctx ends, and then
// what is left.
func (s *Service) writeDownloads(ctx context.Context) {
	ticker := time.NewTicker(downloadFlush)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), downloadFlush)
			defer cancel()
			if err := s.FlushDownloads(last, true); err != nil {
				s.log.Warn("the last downloads were not written", "err", err)
			}
			return
		}
		err := s.FlushDownloads(ctx, false)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.Warn("downloads were not written", "err", err)
		}
		failing = err != nil
	}
}

// FlushDownloads writes the downloads that are due, or all that wait. What cannot
// be written waits on.
func (s *Service) FlushDownloads(ctx context.Context, all bool) error {
	s.downloads.flushing.Lock()
	defer s.downloads.flushing.Unlock()
	marks := s.downloads.due(s.opts.Now(), all)
	ids := slices.Sorted(maps.Keys(marks))
	for batch := range slices.Chunk(ids, downloadBatch) {
		ready, err := s.readyDownloads(ctx, batch, marks)
		if err == nil && len(ready) > 0 {
			err = s.deps.Store.Update(ctx, func(tx record.Tx) error { return writeMarks(tx, ready, marks) })
		}
		if err != nil {
			return fmt.Errorf("write downloads: %w", err)
		}
		for _, id := range ready {
			s.downloads.wrote(id, marks[id])
		}
	}
	return nil
}

// readyDownloads returns the packages that were not written to for long enough.
// The others wait on.
func (s *Service) readyDownloads(ctx context.Context, ids []int64, marks map[int64]mark) ([]int64, error) {
	var ready []int64
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		ready = nil
		for _, id := range ids {
			p, err := tx.Catalog().Package(id)
			if err != nil && !errors.Is(err, npm.ErrNotFound) {
				return err
			}
			next := p.LastDownloadedAt.Add(downloadEvery)
			if !marks[id].urgent && next.After(s.opts.Now()) {
				s.downloads.wrote(id, mark{due: next.UnixNano()})
				continue
			}
			ready = append(ready, id)
		}
		return nil
	})
	return ready, err
}

// writeMarks reads each package again, so that whatever happened to it meanwhile
// stays.
func writeMarks(tx record.Tx, ids []int64, marks map[int64]mark) error {
	return eachOf(tx.Catalog(), ids, func(p record.Package) error {
		marks[p.ID].addTo(&p)
		_, err := tx.Catalog().PutPackage(p)
		return err
	})
}
