// Package names decides whose a package name is, and remembers what the bytes
// of each version were when first seen and when versions came. It owns claims,
// pins and sights, and it refuses to know how they are stored, served or
// fetched.
package names

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/larderhq/larder/cache/recall"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// The bounds keep what is remembered of claims and pins under about 5 MB. That
// something is absent is never remembered.
const (
	maxOrigins = 16 << 10
	maxPins    = 4 << 10
)

// pinKey is what pins are remembered by.
type pinKey struct{ name, version string }

// ErrClosed means that the ledger was closed.
var ErrClosed = errors.New("name ledger closed")

// Options adjust a ledger.
type Options struct {
	// Private are the names that are declared to be local.
	Private []npm.Pattern
	// Dual are the names that rules let live here and upstream.
	Dual []npm.Name
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// Logger gets what nobody waits for any more; nil drops it.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Ledger is the name ledger. All methods are safe for concurrent use.
type Ledger struct {
	store   record.Store
	opt     Options
	origins *recall.Memory[string, record.Origin]
	pins    *recall.Memory[pinKey, record.Pin]
	sights  *recall.Memory[string, record.Sight]
	pending pendingSights
	commit  *committer
}

// New returns a ledger over store. Close must be called before the store is
// closed.
func New(store record.Store, opt Options) (*Ledger, error) {
	opt = opt.withDefaults()
	origins, err := recall.New[string, record.Origin](maxOrigins)
	if err != nil {
		return nil, err
	}
	pins, err := recall.New[pinKey, record.Pin](maxPins)
	if err != nil {
		return nil, err
	}
	sights, err := recall.New[string, record.Sight](maxSights)
	if err != nil {
		return nil, err
	}
	return &Ledger{store: store, opt: opt, origins: origins, pins: pins, sights: sights,
		pending: pendingSights{states: map[string]pendingSight{}}, commit: newCommitter(store)}, nil
}

// Close writes what is queued and stops the ledger.
func (l *Ledger) Close() { l.commit.close() }

// Changed implements record.Listener.
func (l *Ledger) Changed(c record.Change) {
	switch c.Kind {
	case record.ClaimChanged:
		l.origins.Drop(c.Key)
	case record.PinChanged:
		l.pins.Drop(pinKey{c.Key, c.Version})
	case record.SightChanged:
		l.sights.Drop(c.Key)
	}
}

// Reset implements record.Listener.
func (l *Ledger) Reset() {
	l.origins.Purge()
	l.pins.Purge()
	l.sights.Purge()
}

// Declared tells whether a name is declared private, in any spelling.
func (l *Ledger) Declared(name npm.Name) bool {
	for _, p := range l.opt.Private {
		if p.Match(name) {
			return true
		}
	}
	return false
}

// DeclaredNames returns the names that are declared private one by one.
func (l *Ledger) DeclaredNames() []npm.Name {
	var out []npm.Name
	for _, p := range l.opt.Private {
		stem, exact := p.Stem()
		if name, err := npm.ParseName(stem); exact && err == nil {
			out = append(out, name)
		}
	}
	return out
}

// Origin tells whose a name is. A declared name is private without any I/O. On
// an error it returns Private too, so that nobody who overlooks the error asks
// upstream for a name that may be private.
func (l *Ledger) Origin(ctx context.Context, name npm.Name) (record.Origin, error) {
	if l.Declared(name) {
		return record.Private, nil
	}
	if l.Dual(name) {
		return record.Dual, nil
	}
	if o, ok := l.origins.Get(name.String()); ok {
		return o, nil
	}
	generation := l.origins.Begin()
	origin, err := l.readOrigin(ctx, name)
	if err != nil {
		return record.Private, fmt.Errorf("find origin of %s: %w", name, err)
	}
	if origin != record.Unclaimed {
		l.origins.Keep(name.String(), origin, generation)
	}
	return origin, nil
}

func (l *Ledger) readOrigin(ctx context.Context, name npm.Name) (record.Origin, error) {
	if name.IsZero() {
		return record.Private, fmt.Errorf("empty name: %w", npm.ErrInvalid)
	}
	origin := record.Unclaimed
	err := l.store.View(ctx, func(tx record.Tx) error {
		claim, err := tx.Names().Claim(name.String())
		if err == nil && claim.Origin != record.Unclaimed {
			origin = claim.Origin
			return nil
		}
		if err != nil && !errors.Is(err, npm.ErrNotFound) {
			return err
		}
		return foldedPrivate(tx, name, &origin)
	})
	return origin, err
}

// foldedPrivate makes another spelling of a private name private as well.
func foldedPrivate(tx record.Tx, name npm.Name, origin *record.Origin) error {
	if name.Fold() == name.String() {
		return nil
	}
	claim, err := tx.Names().Claim(name.Fold())
	if errors.Is(err, npm.ErrNotFound) {
		return nil
	}
	if err == nil && claim.Origin == record.Private {
		*origin = record.Private
	}
	return err
}

// ClaimPublic records that upstream was seen to have a name. It may return
// before that is on stable storage, because upstream would be seen again. What
// is claimed already costs no I/O; a private name fails with npm.ErrForbidden.
func (l *Ledger) ClaimPublic(ctx context.Context, name npm.Name, upstream string) error {
	generation := l.origins.Begin()
	origin, err := l.Origin(ctx, name)
	switch {
	case err != nil:
		return fmt.Errorf("claim name: %w", err)
	case origin == record.Private:
		return fmt.Errorf("claim %s as public, which is private: %w", name, npm.ErrForbidden)
	case origin != record.Unclaimed:
		return nil
	}
	now := l.opt.Now()
	claim := record.Claim{Name: name.String(), Origin: record.Public, By: record.ByUpstream,
		Upstream: upstream, ClaimedAt: now, FirstUpstreamSeen: now}
	if err := claim.Validate(); err != nil {
		return err
	}
	return l.commit.add(&request{
		apply: func(tx record.Tx) error { return l.putFirstClaim(tx, claim) },
		after: func(err error) {
			if err != nil {
				l.origins.Drop(claim.Name)
				l.opt.Logger.Warn("name claim not kept", "error", err)
			}
		},
	}, func() { l.origins.Keep(claim.Name, record.Public, generation) })
}

// putFirstClaim writes a claim unless there is one.
func (l *Ledger) putFirstClaim(tx record.Tx, claim record.Claim) error {
	old, err := tx.Names().Claim(claim.Name)
	if err == nil && old.Origin == record.Unclaimed {
		claim.Tombstone, claim.Release = old.Tombstone, old.Release // they stay known
		return tx.Names().PutClaim(claim)
	}
	if errors.Is(err, npm.ErrNotFound) {
		return tx.Names().PutClaim(claim)
	}
	// Somebody else was first; what they decided is read when next needed.
	l.origins.Drop(claim.Name)
	return err
}
