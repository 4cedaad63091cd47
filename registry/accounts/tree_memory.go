package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// maxAgain is how many groups and projects are read again one by one; where
// more were written, everything is read.
const maxAgain = 1000

// trees keeps the tree until something in it is written, and then what is to be
// read again.
type trees struct {
	// ready is the tree while nothing in it is outdated.
	ready atomic.Pointer[Tree]
	// turn lets one reader at a time make a tree.
	turn chan struct{}

	mu   sync.Mutex
	last *Tree
	outdated
}

// outdated tells what of a tree is to be read again.
type outdated struct {
	// all is everything, setting what the instance chose.
	all, setting bool
	again        map[record.Source]bool
}

func newTrees() *trees {
	return &trees{turn: make(chan struct{}, 1), outdated: outdated{all: true}}
}

// Tree returns all groups and projects. It knows what this service has written,
// and what others wrote as soon as it was told.
func (s *Service) Tree(ctx context.Context) (*Tree, error) {
	if t := s.trees.ready.Load(); t != nil {
		return t, nil
	}
	select {
	case s.trees.turn <- struct{}{}:
		defer func() { <-s.trees.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("read groups and projects: %w", ctx.Err())
	}
	if t := s.trees.ready.Load(); t != nil {
		return t, nil
	}
	last, what := s.trees.take()
	var t *Tree
	err := s.view(ctx, "read groups and projects", func(tx record.Tx) (err error) {
		t, err = s.regrow(tx, last, what)
		return err
	})
	s.trees.keep(t, what, err)
	return t, err
}

// regrow makes the tree of the last one. Where that does not fit what is read,
// because others wrote meanwhile and nobody has told yet, it reads everything.
func (s *Service) regrow(tx record.Tx, last *Tree, what outdated) (*Tree, error) {
	if last == nil || what.all {
		return s.plant(tx)
	}
	t, err := s.replant(tx, last, what.again)
	if errors.Is(err, record.ErrCorrupt) || errors.Is(err, npm.ErrNotFound) {
		return s.plant(tx)
	}
	return t, err
}

// take returns the last tree and what of it is outdated, which is then taken
// for read: what is written from here on is outdated again.
func (t *trees) take() (*Tree, outdated) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what := t.outdated
	t.outdated = outdated{}
	return t.last, what
}

// keep keeps a tree, or after an error what is still to be read.
func (t *trees) keep(tree *Tree, what outdated, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.all = t.all || what.all
		t.setting = t.setting || what.setting
		for src := range what.again {
			t.add(src)
		}
		return
	}
	t.last = tree
	if !t.all && !t.setting && len(t.again) == 0 {
		t.ready.Store(tree)
	}
}

// forget has a group or project read again; the zero source names none.
func (t *trees) forget(src record.Source) {
	if src.ID == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(src)
	t.ready.Store(nil)
}

func (t *trees) add(src record.Source) {
	if t.again == nil {
		t.again = map[record.Source]bool{}
	}
	t.again[src] = true
	if len(t.again) > maxAgain {
		t.all, t.again = true, nil
	}
}

// forgetSetting has the choice of the instance read again.
func (t *trees) forgetSetting() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.setting = true
	t.ready.Store(nil)
}

// forgetAll has everything read again.
func (t *trees) forgetAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outdated = outdated{all: true}
	t.ready.Store(nil)
}
