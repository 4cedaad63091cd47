package registry

import (
	"context"
	"fmt"
	"strconv"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// holders are the projects that hold a name, with the revisions of what they
// hold. It is immutable.
type holders []held

type held struct {
	project int64
	rev     uint64
}

// holdersOf returns every project that holds a name. Projects come from
// accounts' memory, revisions from this one.
func (s *Service) holdersOf(ctx context.Context, name npm.Name) ([]holder, error) {
	list, ok := s.holdings.Get(name.String())
	if !ok {
		var err error
		if list, err = s.readHolders(ctx, name); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	out := make([]holder, 0, len(list))
	for _, h := range list {
		pr, err := s.deps.Accounts.ProjectByID(ctx, h.project)
		if err != nil {
			return nil, fmt.Errorf("find project %d, which holds %s: %w", h.project, name, err)
		}
		out = append(out, holder{project: pr, rev: h.rev})
	}
	return out, nil
}

func (s *Service) readHolders(ctx context.Context, name npm.Name) (holders, error) {
	generation := s.holdings.Begin()
	var list holders
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		list = nil
		found, err := tx.Catalog().HoldingsOf(name.String())
		for _, h := range found {
			list = append(list, held{project: h.ProjectID, rev: h.Rev})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find who holds %s: %w", name, err)
	}
	s.holdings.Keep(name.String(), list, generation)
	return list, nil
}

// view names exactly what a location's documents are made of: the holdings and
// their revisions. Equal views are equal documents, whoever asks.
func (l Location) view() string {
	var room [64]byte
	b := room[:0]
	for _, h := range l.holders {
		b = strconv.AppendInt(b, h.project.ID, 36)
		b = append(b, ':')
		b = strconv.AppendUint(b, h.rev, 36)
		b = append(b, ' ')
	}
	return string(b)
}
