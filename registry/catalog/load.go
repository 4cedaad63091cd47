package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// loadPage is how many records are read in one View, so that none is long.
const loadPage = 5000

// load reads all packages into a new table. What is written meanwhile is noted
// page by page, because the store keeps changes for a while only. The caller has
// the turn.
func (x *Index) load(ctx context.Context) error {
	began := time.Now()
	t, applied, err := x.build(ctx)
	if err != nil {
		err = fmt.Errorf("load index of packages: %w", err)
		x.settle(nil, 0, err)
		return err
	}
	x.settle(t, applied, nil)
	x.opt.Logger.Info("packages indexed", "packages", t.live(), "ms", time.Since(began).Milliseconds())
	return nil
}

func (x *Index) build(ctx context.Context) (t *table, applied uint64, err error) {
	if applied, err = x.store.Sequence(ctx); err != nil {
		return nil, 0, err
	}
	t = newTable(x.few, x.chunk)
	if err := x.readProjects(ctx, t); err != nil {
		return nil, 0, err
	}
	meanwhile := newNoted()
	for after, more := int64(0), true; more; {
		if after, more, err = x.readPackages(ctx, t, after); err != nil {
			return nil, 0, err
		}
		if applied, err = x.noteNew(ctx, meanwhile, applied); err != nil {
			return nil, 0, err
		}
	}
	t.arrange()
	news, err := x.news(ctx, meanwhile)
	if err == nil {
		err = news.write(t)
	}
	return t, applied, err
}

// readPackages adds a page of packages and returns where it ended and whether
// there are more.
func (x *Index) readPackages(ctx context.Context, t *table, after int64) (last int64, more bool, err error) {
	var page []record.Package
	err = x.store.View(ctx, func(tx record.Tx) error {
		page, err = tx.Catalog().Packages(record.PackageQuery{After: after, Limit: loadPage})
		return err
	})
	last = after
	for _, p := range page {
		t.append(p)
		last = p.ID
	}
	return last, len(page) == loadPage, err
}

func (x *Index) readProjects(ctx context.Context, t *table) error {
	after := int64(0)
	for {
		var page []record.Project
		err := x.store.View(ctx, func(tx record.Tx) (err error) {
			page, err = tx.Spaces().Projects(0, after, loadPage)
			return err
		})
		for _, p := range page {
			t.setPath(p.ID, p.Path)
			after = p.ID
		}
		if err != nil || len(page) < loadPage {
			return err
		}
	}
}

// noteNew notes the changes after a number and returns the number of the last.
func (x *Index) noteNew(ctx context.Context, n noted, after uint64) (uint64, error) {
	for {
		changes, err := x.store.Changes(ctx, after, followPage)
		if err != nil {
			return after, err
		}
		n.note(changes)
		if len(changes) > 0 {
			after = changes[len(changes)-1].Seq
		}
		if len(changes) < followPage {
			return after, nil
		}
	}
}
