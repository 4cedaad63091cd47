package guard

import "sync"

// merger is a row that takes in another of the same key.
type merger[V any] interface{ merge(newer V) V }

// tally collects rows by key until they are taken, within a bound.
type tally[K comparable, V merger[V]] struct {
	mu      sync.Mutex
	rows    map[K]V
	room    int
	dropped int
	// own makes a key and row whose texts nobody else changes.
	own func(K, V) (K, V)
	// crowded gets a value when half of the room is taken.
	crowded chan<- struct{}
}

func newTally[K comparable, V merger[V]](room int, own func(K, V) (K, V), crowded chan<- struct{}) *tally[K, V] {
	return &tally[K, V]{rows: map[K]V{}, room: room, own: own, crowded: crowded}
}

// add takes in a row. Where there is no room it is dropped and counted.
func (t *tally[K, V]) add(key K, row V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, known := t.rows[key]
	switch {
	case known:
		t.rows[key] = old.merge(row)
		return
	case len(t.rows) >= t.room:
		t.dropped++
		return
	}
	key, row = t.own(key, row)
	t.rows[key] = row
	if len(t.rows) >= t.room/2 {
		select {
		case t.crowded <- struct{}{}:
		default:
		}
	}
}

// take returns all rows, and how many were dropped since the last time.
func (t *tally[K, V]) take() (rows map[K]V, dropped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows, dropped = t.rows, t.dropped
	t.rows, t.dropped = map[K]V{}, 0
	return rows, dropped
}
