package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// noted are the numbers of packages and projects that changes name.
type noted struct {
	packages, projects map[int64]struct{}
}

func newNoted() noted {
	return noted{packages: map[int64]struct{}{}, projects: map[int64]struct{}{}}
}

// note adds what changes name. Groups do not count, because no list is ordered
// by more than the last part of a project's path.
func (n noted) note(changes []record.Change) {
	for _, c := range changes {
		switch c.Kind {
		case record.PackageChanged:
			if c.Number != 0 {
				n.packages[c.Number] = struct{}{}
			}
		case record.SpaceChanged:
			number, ok := strings.CutPrefix(c.Key, string(record.ProjectSource)+"/")
			if id, err := strconv.ParseInt(number, 10, 64); ok && err == nil {
				n.projects[id] = struct{}{}
			}
		}
	}
}

// news is what the store has of what was noted.
type news struct {
	packages []record.Package
	gone     []int64
	paths    map[int64]string
}

// news reads what was noted. A project is always noted before its packages.
func (x *Index) news(ctx context.Context, n noted) (news, error) {
	var found news
	err := x.store.View(ctx, func(tx record.Tx) error {
		found = news{paths: map[int64]string{}}
		for _, id := range slices.Sorted(maps.Keys(n.packages)) {
			p, err := tx.Catalog().Package(id)
			switch {
			case errors.Is(err, npm.ErrNotFound):
				found.gone = append(found.gone, id)
				continue
			case err != nil:
				return err
			}
			found.packages = append(found.packages, p)
		}
		return found.readPaths(tx, n)
	})
	return found, err
}

func (n *news) readPaths(tx record.Tx, of noted) error {
	for id := range of.projects {
		p, err := tx.Spaces().Project(id)
		switch {
		case errors.Is(err, npm.ErrNotFound): // removed, and so are its packages
		case err != nil:
			return err
		default:
			n.paths[id] = p.Path
		}
	}
	return nil
}

// write writes the news to a table.
func (n *news) write(t *table) error {
	moved := false
	for id, path := range n.paths {
		moved = t.setPath(id, path) || moved
	}
	if moved {
		t.moved()
	}
	for _, id := range n.gone {
		t.remove(id)
	}
	for _, p := range n.packages {
		if err := t.put(p); err != nil {
			return err
		}
	}
	return nil
}
