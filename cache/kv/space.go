package kv

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/space"
)

// minFree is what must be free on the file system before anything is written.
// Badger writes through mapped sparse files: where a page cannot be allocated,
// the kernel does not return an error but kills the process. The figure covers
// the log files of several databases and the tables that a flush makes.
const minFree = 64 << 20

// minOpen is what must be free to open a database at all: badger maps a new log
// and may flush an old one then. With less than minFree the database opens and
// is read.
const minOpen = 16 << 20

// spaceInterval bounds how often the file system is asked.
const spaceInterval = 250 * time.Millisecond

// room remembers whether the file system of dir has room.
type room struct {
	dir   string
	free  func(dir string) (uint64, bool)
	asked atomic.Int64
	full  atomic.Bool
}

func newRoom(dir string) *room { return &room{dir: dir, free: space.Free} }

// check fails with ErrFull when there is too little room to write safely.
func (s *room) check() error {
	now := time.Now().UnixNano()
	if last := s.asked.Load(); now-last > int64(spaceInterval) && s.asked.CompareAndSwap(last, now) {
		free, known := s.free(s.dir)
		s.full.Store(known && free < minFree)
	}
	if s.full.Load() {
		return fmt.Errorf("%w: less than %d MiB are free", ErrFull, minFree>>20)
	}
	return nil
}

// checkOpen fails when there is too little room to open a database. The folder
// is what the user calls the place.
func (s *room) checkOpen(folder string) error {
	if free, known := s.free(s.dir); known && free < minOpen {
		return &OpenError{Kind: ErrFull, Text: fmt.Sprintf(
			"data folder %s has less than %d MiB left on its file system; make room or choose another --data",
			folder, minOpen>>20)}
	}
	return nil
}
