package guard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

const (
	// maxClaimed bounds the changed claims that are remembered; where there are
	// more, all are read.
	maxClaimed = 10_000
	// claimsPage is how many claims are asked for together.
	claimsPage = 5000
)

// asksLookalikes tells whether the guard that looks for names that resemble
// private ones (G08) is asked about any name.
func asksLookalikes(c policy.Config) bool {
	on := c.Level != policy.NoLevel
	for _, r := range c.Modes {
		if g, ok := policy.ParseGuard(r.Guard); ok && g == policy.G08 && (r.Match == "" || r.Match == "**") {
			on = r.Mode != policy.Off.String()
		}
	}
	for _, r := range c.Modes {
		if g, ok := policy.ParseGuard(r.Guard); ok && g == policy.G08 && r.Mode != policy.Off.String() {
			on = true
		}
	}
	return on
}

// similar collects the private names. Most changed claims are those of public
// names, so only what changed is read.
type similar struct {
	// mu guards what was changed.
	mu      sync.Mutex
	changed map[string]struct{}
	all     bool

	// turn is held while names are read.
	turn    sync.Mutex
	private map[string]npm.Name
}

func newSimilar() *similar { return &similar{changed: map[string]struct{}{}, all: true} }

// note notes that a claim was written.
func (l *similar) note(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.changed) >= maxClaimed {
		l.all = true
	}
	if !l.all {
		l.changed[name] = struct{}{}
	}
}

// noteAll notes that any claim may have been written.
func (l *similar) noteAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = true
}

func (l *similar) take() (changed []string, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed, all = slices.Collect(maps.Keys(l.changed)), l.all
	l.changed, l.all = map[string]struct{}{}, false
	return changed, all
}

// update reads what was changed and returns the private names, and whether they
// are others than before.
func (l *similar) update(ctx context.Context, ledger *names.Ledger) (private []npm.Name, news bool, err error) {
	l.turn.Lock()
	defer l.turn.Unlock()
	changed, all := l.take()
	next := maps.Clone(l.private)
	if all || next == nil {
		next, err = readPrivate(ctx, ledger)
	} else {
		err = readChanged(ctx, ledger, changed, next)
	}
	if err != nil {
		l.noteAll()
		return nil, false, fmt.Errorf("read private names: %w", err)
	}
	news = l.private == nil || !maps.Equal(l.private, next)
	l.private = next
	return slices.Collect(maps.Values(next)), news, nil
}

func readPrivate(ctx context.Context, ledger *names.Ledger) (map[string]npm.Name, error) {
	origin := record.Private
	q := names.Query{Origin: &origin, Limit: claimsPage}
	all := map[string]npm.Name{}
	for _, name := range ledger.DeclaredNames() {
		all[name.String()] = name
	}
	for {
		page, next, err := ledger.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if name, err := npm.ParseName(c.Name); err == nil {
				all[c.Name] = name
			}
		}
		if next == "" {
			return all, nil
		}
		q.After = next
	}
}

// readChanged brings the private names up to date with the claims of some names.
func readChanged(ctx context.Context, ledger *names.Ledger, changed []string, private map[string]npm.Name) error {
	for _, text := range changed {
		name, err := npm.ParseName(text)
		if err != nil || ledger.Declared(name) {
			continue
		}
		claim, err := ledger.ClaimOf(ctx, name)
		switch {
		case errors.Is(err, npm.ErrNotFound):
			delete(private, text)
		case err != nil:
			return err
		case claim.Origin == record.Private:
			private[text] = name
		default:
			delete(private, text)
		}
	}
	return nil
}

// refreshLookalikes brings the private names that G08 compares with up to date.
func (s *Service) refreshLookalikes(ctx context.Context) error {
	s.turn.Lock()
	asked := asksLookalikes(s.conf.Policy)
	s.turn.Unlock()
	if !asked {
		return nil
	}
	private, news, err := s.looks.update(ctx, s.deps.Ledger)
	if err != nil || !news {
		return err
	}
	made := policy.NewLookalikes(private)
	s.turn.Lock()
	defer s.turn.Unlock()
	s.private = made
	s.apply()
	return nil
}
