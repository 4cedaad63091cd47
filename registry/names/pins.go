package names

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Pin keeps p unless that version has a pin, and returns the pin that stands,
// which the caller compares with what it has. It returns only once that pin is
// on stable storage. Where ctx ends first, the pin may still be kept.
func (l *Ledger) Pin(ctx context.Context, p record.Pin) (record.Pin, error) {
	if p.FirstSeen.IsZero() {
		p.FirstSeen = l.opt.Now()
	}
	p.FirstSeen = p.FirstSeen.UTC().Round(0)
	if err := p.Validate(); err != nil {
		return record.Pin{}, err
	}
	if kept, ok := l.pins.Get(pinKey{p.Name, p.Version}); ok {
		return kept, nil
	}
	generation := l.pins.Begin()
	stands := p
	r := &request{done: make(chan error, 1), apply: func(tx record.Tx) error {
		kept, err := tx.Names().Pin(p.Name, p.Version)
		if errors.Is(err, npm.ErrNotFound) {
			stands = p
			return tx.Names().PutPin(p)
		}
		stands = kept
		return err
	}}
	if err := l.commit.add(r, nil); err != nil {
		return record.Pin{}, err
	}
	select {
	case err := <-r.done:
		if err != nil {
			return record.Pin{}, fmt.Errorf("pin %s@%s: %w", p.Name, p.Version, err)
		}
	case <-ctx.Done():
		return record.Pin{}, fmt.Errorf("pin %s@%s: %w", p.Name, p.Version, ctx.Err())
	}
	l.pins.Keep(pinKey{p.Name, p.Version}, stands, generation)
	return stands, nil
}

// PinOf returns the pin of a version, and whether there is one.
func (l *Ledger) PinOf(ctx context.Context, name npm.Name, version string) (record.Pin, bool, error) {
	if kept, ok := l.pins.Get(pinKey{name.String(), version}); ok {
		return kept, true, nil
	}
	generation := l.pins.Begin()
	var pin record.Pin
	err := l.store.View(ctx, func(tx record.Tx) (err error) {
		pin, err = tx.Names().Pin(name.String(), version)
		return err
	})
	if errors.Is(err, npm.ErrNotFound) {
		return record.Pin{}, false, nil
	}
	if err != nil {
		return record.Pin{}, false, fmt.Errorf("find pin: %w", err)
	}
	l.pins.Keep(pinKey{name.String(), version}, pin, generation)
	return pin, true, nil
}

// Pins returns the pins of a name, ordered by version as text.
func (l *Ledger) Pins(ctx context.Context, name npm.Name) ([]record.Pin, error) {
	var pins []record.Pin
	err := l.store.View(ctx, func(tx record.Tx) (err error) {
		pins, err = tx.Names().Pins(name.String())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list pins: %w", err)
	}
	return pins, nil
}
