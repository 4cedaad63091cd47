// Package recall remembers what was read from a store until the store changes.
// It owns the one rule that makes that safe: what was read before something was
// dropped is not kept after. It does not know what it remembers.
package recall

import (
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Memory remembers at most a number of values, those used last. All methods
// are safe for concurrent use. Values are shared by all who get them, so they
// must not be changed.
//
// Whoever reads from the store calls Begin before the reading and hands what it
// returned to Keep:
//
//	generation := m.Begin()
//	v, err := readFromStore()
//	m.Keep(key, v, generation)
type Memory[K comparable, V any] struct {
	mu         sync.Mutex
	generation uint64
	values     *simplelru.LRU[K, V]
}

// New returns a memory of at most size values.
func New[K comparable, V any](size int) (*Memory[K, V], error) {
	values, err := simplelru.NewLRU[K, V](size, nil)
	if err != nil {
		return nil, fmt.Errorf("make memory of %d values: %w", size, err)
	}
	return &Memory[K, V]{values: values}, nil
}

// Begin returns the present generation, which every Drop and Purge ends.
func (m *Memory[K, V]) Begin() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.generation
}

// Get returns what is remembered of key.
func (m *Memory[K, V]) Get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values.Get(key)
}

// Keep remembers a value that was read in the given generation; one of an
// earlier generation is not kept, because it may be out of date.
func (m *Memory[K, V]) Keep(key K, value V, generation uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation == m.generation {
		m.values.Add(key, value)
	}
}

// Drop forgets key.
func (m *Memory[K, V]) Drop(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	m.values.Remove(key)
}

// Purge forgets everything.
func (m *Memory[K, V]) Purge() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	m.values.Purge()
}
