package proxy

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/larderhq/larder/registry/npm"
)

// livesShards is how many groups names fall into. A purge of one name makes
// larder read the records of the others in its group again, no more.
const livesShards = 4096

// lives count how often names were purged. All that is remembered of a name
// carries the number that it had when the remembering began, so nothing of an
// earlier life is found in a later one, whatever was under way meanwhile.
type lives struct {
	seed   maphash.Seed
	shards [livesShards]life
}

// life is the number of a group of names.
type life struct {
	// mu is held while records of the names are written and removed.
	mu  sync.Mutex
	now atomic.Uint64
}

func newLives() *lives { return &lives{seed: maphash.MakeSeed()} }

func (l *lives) of(name npm.Name) *life {
	return &l.shards[maphash.String(l.seed, name.String())%livesShards]
}

// now is the number of a name.
func (l *lives) now(name npm.Name) uint64 { return l.of(name).now.Load() }

// keep writes a record of a name unless it was purged since its life began: then
// the record would bring back what was to go, and write is not called.
func (l *lives) keep(name npm.Name, since uint64, write func() error) error {
	of := l.of(name)
	of.mu.Lock()
	defer of.mu.Unlock()
	if of.now.Load() != since {
		return nil
	}
	return write()
}

// end removes the records of a name and begins its next life. Where removing
// fails, what is left counts as of the next life.
func (l *lives) end(name npm.Name, remove func() error) error {
	of := l.of(name)
	of.mu.Lock()
	defer of.mu.Unlock()
	defer of.now.Add(1)
	return remove()
}

// keep writes a record of the entry's name, see lives.keep.
func (e *entry) keep(write func() error) error { return e.lives.keep(e.key.name, e.key.life, write) }

// purged tells whether the entry's name was purged since it was made.
func (e *entry) purged() bool { return e.lives.now(e.key.name) != e.key.life }
