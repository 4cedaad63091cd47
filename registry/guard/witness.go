package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// flushEvery is how long an event waits to be written at most.
	flushEvery = time.Second
	// lastFlush bounds the last writing.
	lastFlush = 5 * time.Second
	// flushBatch bounds one transaction.
	flushBatch = 1000
	// servedRoom and decisionRoom bound what waits.
	servedRoom   = 64 << 10
	decisionRoom = 8 << 10
)

// ServedEvent tells that somebody got the tarball of a version.
type ServedEvent struct {
	Name    npm.Name
	Version string
	// Principal is who got it, as the audit log has it, Address from where.
	Principal, Address string
	At                 time.Time
}

// servedKey is what downloads are counted by.
type servedKey struct{ name, version, principal, address string }

// ownServed makes a key whose texts nobody else changes.
func ownServed(k servedKey, r servedRow) (servedKey, servedRow) {
	return servedKey{strings.Clone(k.name), strings.Clone(k.version), strings.Clone(k.principal), strings.Clone(k.address)}, r
}

// servedRow counts downloads.
type servedRow struct {
	first, last time.Time
	count       int64
}

func (r servedRow) merge(n servedRow) servedRow {
	r.count += n.count
	if n.first.Before(r.first) {
		r.first = n.first
	}
	if n.last.After(r.last) {
		r.last = n.last
	}
	return r
}

// record makes the record of a key and its row.
func (r servedRow) record(k servedKey) record.Served {
	return record.Served{Name: k.name, Version: k.version, Principal: k.principal, Address: k.address,
		First: r.first, Last: r.last, Count: r.count}
}

func (r servedRow) order(o servedRow) int { return r.first.Compare(o.first) }

// decisionRow is a decision that may have been taken several times.
type decisionRow record.Decision

func (r decisionRow) merge(n decisionRow) decisionRow {
	r.Count += n.Count
	return r
}

func (r decisionRow) order(o decisionRow) int { return r.At.Compare(o.At) }

// ownDecision makes a key and row whose texts nobody else changes.
func ownDecision(d record.Decision, r decisionRow) (record.Decision, decisionRow) {
	for _, text := range []*string{&d.Principal, &d.Address, &d.Name, &d.Version, &d.Guard, &d.Code,
		&d.Action, &d.Mode, &d.Reason, &d.Route, &d.RequestID} {
		*text = strings.Clone(*text)
	}
	own := decisionRow(d)
	own.At, own.Count = r.At, r.Count
	return d, own
}

// witness collects who got what and what was refused, to be written behind the
// requests.
type witness struct {
	store   record.Store
	metrics Recorder
	log     *slog.Logger

	served    *tally[servedKey, servedRow]
	decisions *tally[record.Decision, decisionRow]
	crowded   chan struct{}
	// flushing is held while events are written, so that they stay in order.
	flushing sync.Mutex
}

func newWitness(store record.Store, metrics Recorder, log *slog.Logger) *witness {
	crowded := make(chan struct{}, 1)
	return &witness{store: store, metrics: metrics, log: log, crowded: crowded,
		served:    newTally[servedKey, servedRow](servedRoom, ownServed, crowded),
		decisions: newTally[record.Decision, decisionRow](decisionRoom, ownDecision, crowded)}
}

// Served notes who got a version. It does not wait for anything.
func (s *Service) Served(e ServedEvent) {
	at := e.At.UTC()
	s.witness.served.add(servedKey{e.Name.String(), e.Version, e.Principal, e.Address}, servedRow{at, at, 1})
}

// Decided notes a refusal, or that something was let through only by a warning or
// a waiver. Equal ones of one request are one with a count. It does not wait for
// anything.
func (s *Service) Decided(d record.Decision) {
	d.ID, d.Hash, d.At, d.Count = 0, "", d.At.UTC(), max(d.Count, 1)
	row := decisionRow(d)
	d.At, d.Count = time.Time{}, 0
	s.witness.decisions.add(d, row)
}

// flush writes what was collected. What cannot be written waits on.
func (w *witness) flush(ctx context.Context) error {
	w.flushing.Lock()
	defer w.flushing.Unlock()
	served, dropped := w.served.take()
	decided, more := w.decisions.take()
	dropped += more + dropInvalid(served, func(k servedKey, r servedRow) error { return r.record(k).Validate() }) +
		dropInvalid(decided, func(_ record.Decision, r decisionRow) error { return record.Decision(r).Validate() })
	if dropped > 0 {
		w.metrics.ServedDropped(dropped)
		w.log.Warn("some downloads or refusals are not kept", "count", dropped)
	}
	err := writeRows(served, w.served, servedRow.order, func(keys []servedKey) error {
		return w.store.Update(ctx, func(tx record.Tx) error { return addServed(tx.Guards(), keys, served) })
	})
	err2 := writeRows(decided, w.decisions, decisionRow.order, func(keys []record.Decision) error {
		return w.store.Update(ctx, func(tx record.Tx) error { return appendDecisions(tx.Guards(), keys, decided) })
	})
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("write who got what: %w", err)
	}
	return nil
}

// dropInvalid removes rows that no store would keep, as one of them would keep
// out all that is written with it, and returns their number.
func dropInvalid[K comparable, V any](rows map[K]V, valid func(K, V) error) int {
	before := len(rows)
	maps.DeleteFunc(rows, func(k K, v V) bool { return valid(k, v) != nil })
	return before - len(rows)
}

// writeRows writes rows in their order, piece by piece. Once that fails it gives
// back what is left.
func writeRows[K comparable, V merger[V]](rows map[K]V, back *tally[K, V], order func(a, b V) int, write func([]K) error) error {
	keys := slices.SortedFunc(maps.Keys(rows), func(a, b K) int { return order(rows[a], rows[b]) })
	for len(keys) > 0 {
		n := min(len(keys), flushBatch)
		if err := write(keys[:n]); err != nil {
			for _, key := range keys {
				back.add(key, rows[key])
			}
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func addServed(guards record.Servings, keys []servedKey, rows map[servedKey]servedRow) error {
	for _, key := range keys {
		if err := guards.AddServed(rows[key].record(key)); err != nil {
			return err
		}
	}
	return nil
}

func appendDecisions(guards record.Decisions, keys []record.Decision, rows map[record.Decision]decisionRow) error {
	for _, key := range keys {
		if _, err := guards.AppendDecision(record.Decision(rows[key])); err != nil {
			return err
		}
	}
	return nil
}
