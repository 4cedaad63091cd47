package names

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// maxSights and maxRemembered bound what is remembered of sights: mostly
	// they take 2 KB.
	maxSights     = 512
	maxRemembered = 32 << 10
	// laterSize is about what a later or removed version takes.
	laterSize = 128
)

// Observation is what a document of upstream shows of a name.
type Observation struct {
	Name     npm.Name
	Upstream string
	// Versions are all that the document lists. The ledger keeps them for a
	// while: they must not be changed.
	Versions []string
	// Signed tells that some version has a signature of the registry.
	Signed bool
	// At is when the document was got; zero means now.
	At time.Time
	// Confirmed is when the document before it was last seen to be the newest;
	// zero where nobody knows. What is new came after that.
	Confirmed time.Time
}

// pendingSights are the sights that wait to be written.
type pendingSights struct {
	mu     sync.Mutex
	states map[string]pendingSight
	// ended counts the names that wait no longer.
	ended uint64
}

type pendingSight struct {
	sight record.Sight
	// writes is how many changes of the sight wait.
	writes int
}

// Observe notes what a document shows, and returns all that was seen of the
// name. It may return before that is on stable storage, as ClaimPublic does. A
// document that shows nothing new costs no I/O while the name is remembered.
func (l *Ledger) Observe(ctx context.Context, o Observation) (record.Sight, error) {
	if o.At.IsZero() {
		o.At = l.opt.Now()
	}
	name := o.Name.String()
	sight, _, err := l.alterSight(ctx, name, func(s *record.Sight) bool {
		s.Name = name
		if s.LastSeen.Before(o.Confirmed) && !o.Confirmed.After(o.At) && !s.FirstSeen.IsZero() {
			s.LastSeen = o.Confirmed.UTC().Round(0)
		}
		changed := s.Observe(o.Versions, o.Signed, o.At)
		if changed {
			s.Upstream = o.Upstream
		}
		return changed
	})
	if err != nil {
		return record.Sight{}, fmt.Errorf("observe %s: %w", o.Name, err)
	}
	return sight, nil
}

// Vanished notes that upstream no longer has a name. Of one that was never seen
// there is nothing to note.
func (l *Ledger) Vanished(ctx context.Context, name npm.Name, at time.Time) error {
	_, _, err := l.alterSight(ctx, name.String(), func(s *record.Sight) bool { return s.Gone(at) })
	if err != nil {
		return fmt.Errorf("note that %s vanished: %w", name, err)
	}
	return nil
}

// SightOf returns what was seen of a name, and whether anything was.
func (l *Ledger) SightOf(ctx context.Context, name npm.Name) (record.Sight, bool, error) {
	sight, ok, err := l.alterSight(ctx, name.String(), func(*record.Sight) bool { return false })
	if err != nil {
		return record.Sight{}, false, fmt.Errorf("find sight of %s: %w", name, err)
	}
	return sight, ok, nil
}

// Acknowledge accepts that a name came back after upstream had lost it. A name
// that did not fails with npm.ErrConflict.
func (l *Ledger) Acknowledge(tx record.Tx, name npm.Name, by string) error {
	sight, err := tx.Guards().Sight(name.String())
	switch {
	case errors.Is(err, npm.ErrNotFound):
		return &npm.Error{Kind: npm.ErrNotFound, Package: name.String(), Text: "upstream was never seen to have it"}
	case err != nil:
		return fmt.Errorf("acknowledge name: %w", err)
	case sight.BackAt.IsZero():
		return &npm.Error{Kind: npm.ErrConflict, Package: name.String(), Text: "it did not come back after upstream had lost it"}
	case !sight.AcknowledgedAt.IsZero():
		return nil
	}
	sight.AcknowledgedAt, sight.AcknowledgedBy = l.opt.Now(), by
	return tx.Guards().PutSight(sight)
}

// alterSight changes what is known of a name and has that written some time
// soon. Change may run more than once, on other states. It returns the sight as
// it is then, and whether there is one.
func (l *Ledger) alterSight(ctx context.Context, name string, change func(*record.Sight) bool) (record.Sight, bool, error) {
	sight, err := l.lockSight(ctx, name)
	if err != nil {
		return record.Sight{}, false, err
	}
	defer l.pending.mu.Unlock()
	p := l.pending.states[name]
	if !change(&sight) {
		return sight, !sight.FirstSeen.IsZero(), nil
	}
	if err := sight.Validate(); err != nil {
		return record.Sight{}, false, err
	}
	if err := l.commit.add(l.sightWrite(name, change, sizeOf(sight)), nil); err != nil {
		return record.Sight{}, false, err
	}
	l.pending.states[name] = pendingSight{sight: sight, writes: p.writes + 1}
	return sight, true, nil
}

// lockSight locks what waits, and returns what is known of a name by then: what
// was read before is worth nothing once something was written meanwhile.
func (l *Ledger) lockSight(ctx context.Context, name string) (record.Sight, error) {
	for {
		l.pending.mu.Lock()
		ended := l.pending.ended
		l.pending.mu.Unlock()
		sight, err := l.readSight(ctx, name)
		if err != nil {
			return record.Sight{}, err
		}
		l.pending.mu.Lock()
		p, waits := l.pending.states[name]
		if waits {
			return p.sight, nil
		}
		if l.pending.ended == ended {
			return sight, nil
		}
		l.pending.mu.Unlock()
	}
}

// readSight returns the remembered or stored sight of a name; without one it is
// zero.
func (l *Ledger) readSight(ctx context.Context, name string) (sight record.Sight, err error) {
	if sight, ok := l.sights.Get(name); ok {
		return sight, nil
	}
	generation := l.sights.Begin()
	err = l.store.View(ctx, func(tx record.Tx) error {
		sight, err = tx.Guards().Sight(name)
		return err
	})
	if errors.Is(err, npm.ErrNotFound) {
		return record.Sight{}, nil
	}
	if err == nil {
		l.keepSight(sight, generation)
	}
	return sight, err
}

// sightWrite applies a change to what is stored by then, so that none of those
// who observe at the same time is lost.
func (l *Ledger) sightWrite(name string, change func(*record.Sight) bool, size int) *request {
	var sight record.Sight
	var generation uint64
	var refused error
	return &request{
		size: size,
		apply: func(tx record.Tx) (err error) {
			generation, refused = l.sights.Begin(), nil
			sight, err = tx.Guards().Sight(name)
			if err != nil && !errors.Is(err, npm.ErrNotFound) {
				return err
			}
			if !change(&sight) {
				return nil
			}
			err = tx.Guards().PutSight(sight)
			if errors.Is(err, npm.ErrInvalid) || errors.Is(err, npm.ErrTooLarge) {
				refused, err = err, nil // nothing of it was written, and others share the transaction
			}
			return err
		},
		after: func(err error) {
			if err = errors.Join(err, refused); err == nil {
				l.keepSight(sight, generation)
			} else {
				l.sights.Drop(name)
				l.opt.Logger.Warn("sight of a name not kept", "error", err)
			}
			l.written(name)
		},
	}
}

// written tells that one change of a sight waits no longer.
func (l *Ledger) written(name string) {
	l.pending.mu.Lock()
	defer l.pending.mu.Unlock()
	p := l.pending.states[name]
	if p.writes--; p.writes > 0 {
		l.pending.states[name] = p
		return
	}
	delete(l.pending.states, name)
	l.pending.ended++
}

func (l *Ledger) keepSight(s record.Sight, generation uint64) {
	if !s.FirstSeen.IsZero() && sizeOf(s) <= maxRemembered {
		l.sights.Keep(s.Name, s, generation)
	}
}

// sizeOf returns about how many bytes a sight takes.
func sizeOf(s record.Sight) int {
	return laterSize*(4+len(s.Later)+len(s.Removed)) + len(s.Known)*4/3
}
