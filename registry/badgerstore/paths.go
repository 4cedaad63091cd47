package badgerstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// maxDepth is how deep groups may be nested, as in GitLab.
	maxDepth = 20
	// maxMoves bounds how many moves a look-up follows.
	maxMoves = 16
)

// place is where a group or project is.
type place struct {
	record.Source
	parent int64
	path   string
	full   string
}

func childKey(parent int64, path string) []byte {
	return textKey(numberKey(tableChild, parent), lower(path))
}

func belowKey(parent int64, s record.Source) []byte {
	return sourceKey(numberKey(tableBelow, parent), s)
}

func earlierKey(kind record.SourceKind, full string) []byte {
	return textKey([]byte{tableEarlier}, string(kind), lower(full))
}

// lower folds the letters that paths may have. Others stay, so that no foreign
// letter is taken for one of them.
func lower(path string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, path)
}

// below returns the full path of what is or comes into the group parent, which
// must not be self nor anything in it.
func (s spaces) below(parent, self int64, path string) (string, error) {
	for depth := 0; parent != 0; depth++ {
		if parent == self {
			return "", fmt.Errorf("group %d inside itself: %w", self, npm.ErrInvalid)
		}
		if depth > 10*maxDepth {
			return "", fmt.Errorf("groups nested without an end: %w", record.ErrCorrupt)
		}
		g, err := s.group(parent)
		if err != nil {
			return "", err
		}
		parent, path = g.ParentID, g.Path+"/"+path
	}
	return path, nil
}

// locate finds what is at a full path now.
func (s spaces) locate(full string) (record.Source, error) {
	at := record.Source{Kind: record.GroupSource}
	for path := range strings.SplitSeq(full, "/") {
		if at.Kind != record.GroupSource {
			return record.Source{}, missing("path", full)
		}
		parent := at.ID
		ok, err := row(s.tx.kv, childKey(parent, path), &at)
		if err != nil {
			return record.Source{}, fmt.Errorf("find path %q: %w", full, err)
		}
		if !ok {
			return record.Source{}, missing("path", full)
		}
	}
	return at, nil
}

// find returns the number of the group or project at a full path, or of the
// one that was there last when nothing is now.
func (s spaces) find(kind record.SourceKind, full string) (int64, error) {
	path := full
	for range maxMoves {
		at, err := s.locate(path)
		if err == nil && at.Kind == kind {
			return at.ID, nil
		}
		if err == nil {
			break
		}
		if !errors.Is(err, npm.ErrNotFound) {
			return 0, err
		}
		var ok bool
		if path, ok, err = s.moved(kind, path); err != nil {
			return 0, err
		}
		if !ok {
			break
		}
	}
	return 0, missing(string(kind), full)
}

// moved returns where a group or project is that was at a full path, or would
// be because a group above it has moved.
func (s spaces) moved(kind record.SourceKind, full string) (string, bool, error) {
	rest := ""
	for head := full; head != ""; kind = record.GroupSource {
		now, err := s.movedTo(kind, head)
		if err == nil && lower(now) != lower(head) {
			return now + rest, true, nil
		}
		if err != nil && !errors.Is(err, npm.ErrNotFound) {
			return "", false, err
		}
		cut := strings.LastIndexByte(head, '/')
		if cut < 0 {
			break
		}
		head, rest = head[:cut], full[cut:]
	}
	return "", false, nil
}

func (s spaces) movedTo(kind record.SourceKind, full string) (string, error) {
	id, ok, err := s.tx.number(earlierKey(kind, full))
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", missing(string(kind), full)
	case kind == record.GroupSource:
		g, err := s.Group(id)
		return g.FullPath, err
	}
	p, err := s.Project(id)
	return p.FullPath, err
}

// vacant fails with npm.ErrConflict where something else has the place.
func (s spaces) vacant(p place) error {
	var at record.Source
	ok, err := row(s.tx.kv, childKey(p.parent, p.path), &at)
	if err != nil {
		return fmt.Errorf("find path %q: %w", p.full, err)
	}
	if ok && at != p.Source {
		return fmt.Errorf("path %q is taken: %w", p.full, npm.ErrConflict)
	}
	return nil
}

// settle moves a group or project from a place to another; a new one comes
// from the zero place. The place that it leaves leads to it until something
// else takes that.
func (s spaces) settle(old, now place) error {
	if old.parent == now.parent && lower(old.path) == lower(now.path) && old.ID != 0 {
		return nil
	}
	err := s.forget(now.full)
	if err == nil && old.ID != 0 {
		err = errors.Join(s.leave(old), save(s.tx, earlierKey(old.Kind, old.full), old.ID, "earlier path"))
	}
	if err != nil {
		return err
	}
	return errors.Join(save(s.tx, childKey(now.parent, now.path), now.Source, "path"), s.tx.mark(belowKey(now.parent, now.Source)))
}

// leave removes the index entries of a place.
func (s spaces) leave(p place) error {
	return s.tx.remove(childKey(p.parent, p.path), belowKey(p.parent, p.Source))
}

// forget drops the earlier paths at a full path and below it: who takes a path
// takes all that it led to.
func (s spaces) forget(full string) error {
	for _, kind := range []record.SourceKind{record.GroupSource, record.ProjectSource} {
		keys, err := s.tx.keys(append(earlierKey(kind, full), '/'))
		if err != nil {
			return err
		}
		if err := s.tx.remove(append(keys, earlierKey(kind, full))...); err != nil {
			return err
		}
	}
	return nil
}

// exists fails with npm.ErrNotFound unless there is such a group or project.
func (s spaces) exists(at record.Source) (err error) {
	switch at.Kind {
	case record.GroupSource:
		_, err = s.group(at.ID)
	case record.ProjectSource:
		_, err = s.project(at.ID)
	default:
		err = missing("source", at)
	}
	return err
}
