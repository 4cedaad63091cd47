package names

import (
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/larderhq/larder/registry/record"
)

// The bounds keep what is remembered under about 5 MB.
const (
	maxOrigins = 16 << 10
	maxPins    = 4 << 10
)

type pinKey struct{ name, version string }

// memory remembers claims and pins that were read from the store. It never
// remembers that something is absent. What was read before something was
// dropped is not kept after: begin is called before reading, and the
// generation it returns is outdated by every drop.
type memory struct {
	mu         sync.Mutex
	generation uint64
	origins    *simplelru.LRU[string, record.Origin]
	pins       *simplelru.LRU[pinKey, record.Pin]
}

func newMemory() (*memory, error) {
	origins, err := simplelru.NewLRU[string, record.Origin](maxOrigins, nil)
	if err != nil {
		return nil, fmt.Errorf("make memory of claims: %w", err)
	}
	pins, err := simplelru.NewLRU[pinKey, record.Pin](maxPins, nil)
	if err != nil {
		return nil, fmt.Errorf("make memory of pins: %w", err)
	}
	return &memory{origins: origins, pins: pins}, nil
}

func (m *memory) begin() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.generation
}

func (m *memory) origin(name string) (record.Origin, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.origins.Get(name)
}

func (m *memory) keepOrigin(name string, o record.Origin, generation uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation == m.generation {
		m.origins.Add(name, o)
	}
}

func (m *memory) dropOrigin(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	m.origins.Remove(name)
}

func (m *memory) pin(name, version string) (record.Pin, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pins.Get(pinKey{name, version})
}

func (m *memory) keepPin(p record.Pin, generation uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation == m.generation {
		m.pins.Add(pinKey{p.Name, p.Version}, p)
	}
}

func (m *memory) dropPin(name, version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	m.pins.Remove(pinKey{name, version})
}

func (m *memory) purge() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	m.origins.Purge()
	m.pins.Purge()
}
