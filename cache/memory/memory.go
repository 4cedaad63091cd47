// Package memory keeps the most recently used values within a number of bytes.
// It owns the accounting; it does not know what the values are or when they
// are out of date.
package memory

import (
	"fmt"
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/larderhq/larder/registry/npm"
)

// refuseFraction is the part of the budget that one item may take unless
// NewLargest says otherwise: one document must not empty the cache.
const refuseFraction = 8

// Cache is a least-recently-used cache bounded in bytes. Its methods may be
// called by many goroutines at once. Values are shared by all who get them, so
// they must not be changed.
type Cache[K comparable, V any] struct {
	budget  int64
	largest int64
	cost    func(K, V) int64

	mu    sync.Mutex
	lru   *simplelru.LRU[K, item[V]]
	stats Stats
}

// item keeps the cost that its value had when it came.
type item[V any] struct {
	value V
	cost  int64
}

// Stats are a cache's counters since it was made, and what it holds.
type Stats struct {
	// Hits and Misses count calls of Get.
	Hits, Misses uint64
	// Evictions counts items that went to make room.
	Evictions uint64
	// Refused counts items that were too large to be kept.
	Refused uint64
	// Len is the number of items held, Bytes the sum of their costs.
	Len, Bytes int64
}

// New returns a cache that holds up to budget bytes and refuses items above an
// eighth of that. A budget of zero holds nothing, which turns the cache off; a
// negative one is an error. cost tells how many bytes an item takes, its key and
// structs included; it is called once for each Add, must not be negative, and
// must not call the cache.
func New[K comparable, V any](budget int64, cost func(K, V) int64) (*Cache[K, V], error) {
	return NewLargest(budget, budget/refuseFraction, cost)
}

// NewLargest is New with an own limit, in bytes, above which an item is
// refused.
func NewLargest[K comparable, V any](budget, largest int64, cost func(K, V) int64) (*Cache[K, V], error) {
	if budget < 0 || largest < 0 {
		return nil, fmt.Errorf("make cache of %d bytes, items up to %d: %w", budget, largest, npm.ErrInvalid)
	}
	// The list is bounded by bytes alone, so its own bound is out of reach.
	lru, err := simplelru.NewLRU[K, item[V]](math.MaxInt, nil)
	if err != nil {
		return nil, fmt.Errorf("make cache: %w", err)
	}
	return &Cache[K, V]{budget: budget, largest: min(largest, budget), cost: cost, lru: lru}, nil
}

// Get returns the value of key and makes it the most recently used.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it, ok := c.lru.Get(key)
	if ok {
		c.stats.Hits++
	} else {
		c.stats.Misses++
	}
	return it.value, ok
}

// Add keeps value under key in place of what was there, evicts what has not
// been used for longest until all fits, and tells whether the value was kept. A
// refused value still drops the one it was to replace.
func (c *Cache[K, V]) Add(key K, value V) bool {
	cost := c.cost(key, value)
	if cost < 0 {
		panic("BUG: negative cost of a cached item")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
	if c.budget == 0 || cost > c.largest {
		c.stats.Refused++
		return false
	}
	c.lru.Add(key, item[V]{value, cost})
	c.stats.Bytes += cost
	for c.stats.Bytes > c.budget {
		_, oldest, _ := c.lru.RemoveOldest()
		c.stats.Bytes -= oldest.cost
		c.stats.Evictions++
	}
	return true
}

// Remove drops the item and tells whether it was there.
func (c *Cache[K, V]) Remove(key K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remove(key)
}

// RemoveFunc drops every item that matches and returns their number. It looks
// at all items while others wait, so match must be quick and not call the
// cache.
func (c *Cache[K, V]) RemoveFunc(match func(K, V) bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	removed := 0
	for _, key := range c.lru.Keys() {
		if it, ok := c.lru.Peek(key); ok && match(key, it.value) {
			c.remove(key)
			removed++
		}
	}
	return removed
}

// Purge drops everything.
func (c *Cache[K, V]) Purge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Purge()
	c.stats.Bytes = 0
}

// Len is the number of items held.
func (c *Cache[K, V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Len()
}

// Bytes is the sum of the costs of the items held.
func (c *Cache[K, V]) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats.Bytes
}

// Stats returns the counters.
func (c *Cache[K, V]) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	stats := c.stats
	stats.Len = int64(c.lru.Len())
	return stats
}

// remove drops the item. The caller holds the lock.
func (c *Cache[K, V]) remove(key K) bool {
	it, ok := c.lru.Peek(key)
	if !ok {
		return false
	}
	c.lru.Remove(key)
	c.stats.Bytes -= it.cost
	return true
}
