package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// The group at the top holds everything, in two groups of half each. All projects
// are private; one user reads the first half, another one project of it, and
// neither has a password.
const (
	wholeGroup = "everything"
	halfGroup  = "east"
	otherGroup = "west"
	halfUser   = "half"
	oneUser    = "one"
	// maxDepth is how many groups are in each other at most.
	maxDepth = 5
	// batch is about how many packages are written in one transaction.
	batch = 400
	// progress is how many packages are made between two lines.
	progress = 100_000
)

// size is how much is made.
type size struct {
	packages, projects, groups int
	files                      bool
}

// made is what the caller must know of what was made.
type made struct {
	names      int
	oneProject string
}

// filler makes records. The same sizes make the same ones.
type filler struct {
	size
	rand     *rand.Rand
	groups   []record.Group
	depths   []int
	projects []record.Project
	now      time.Time
	names    int
}

// fill writes groups, projects and packages to a store. It must be the only one
// who writes.
func fill(ctx context.Context, store record.Store, s size, progressTo io.Writer) (made, error) {
	f := &filler{size: s, rand: rand.New(rand.NewPCG(1, 1_000_000)), now: time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := store.Update(ctx, f.makeGroups); err != nil {
		return made{}, fmt.Errorf("make groups: %w", err)
	}
	if err := f.makeProjects(ctx, store); err != nil {
		return made{}, fmt.Errorf("make projects: %w", err)
	}
	if err := store.Update(ctx, f.makeUsers); err != nil {
		return made{}, fmt.Errorf("make users: %w", err)
	}
	if err := f.makePackages(ctx, store, progressTo); err != nil {
		return made{}, fmt.Errorf("make packages: %w", err)
	}
	return made{names: f.names, oneProject: f.projects[0].FullPath}, nil
}

// makeGroups makes a tree of two halves, to which groups are dealt in turn.
func (f *filler) makeGroups(tx record.Tx) error {
	f.groups, f.depths = nil, nil
	for i := range f.size.groups {
		g := record.Group{Path: fmt.Sprintf("group-%d", i), Name: fmt.Sprintf("Group %d", i), Visibility: record.PrivateVisibility,
			CreatedAt: f.now, UpdatedAt: f.now}
		if top := []string{wholeGroup, halfGroup, otherGroup}; i < len(top) {
			g.Path = top[i]
		}
		depth := 1
		if i > 0 {
			above := f.above(i)
			g.ParentID, depth = f.groups[above].ID, f.depths[above]+1
		}
		g, err := tx.Spaces().PutGroup(g)
		if err != nil {
			return err
		}
		f.groups, f.depths = append(f.groups, g), append(f.depths, depth)
	}
	return nil
}

// above returns which group a group is in: a third are right below the top of
// their half.
func (f *filler) above(i int) int {
	if i < 3 {
		return 0
	}
	top := 1 + (i-1)%2
	above := top
	if n := (i - 1) / 2; n > 1 && i%3 > 0 {
		above = 2*(n/3) + top
	}
	if f.depths[above] >= maxDepth {
		return top
	}
	return above
}

// makeProjects deals projects out to the groups below the top. Their own paths repeat, as
// paths like "frontend" do.
func (f *filler) makeProjects(ctx context.Context, store record.Store) error {
	for len(f.projects) < f.size.projects {
		var added []record.Project
		err := store.Update(ctx, func(tx record.Tx) error {
			added = nil
			for i := len(f.projects); i < min(len(f.projects)+batch, f.size.projects); i++ {
				below := f.groups[1:]
				p, err := tx.Spaces().PutProject(record.Project{GroupID: below[i%len(below)].ID, Name: fmt.Sprintf("Project %d", i),
					Path: fmt.Sprintf("%s-%d", words[i%len(words)], i/len(below)), Visibility: record.PrivateVisibility,
					Registry: record.RegistryEnabled, CreatedAt: f.now, UpdatedAt: f.now})
				if err != nil {
					return err
				}
				added = append(added, p)
			}
			return nil
		})
		if err != nil {
			return err
		}
		f.projects = append(f.projects, added...)
	}
	return nil
}

// makeUsers makes who reads half and who reads one.
func (f *filler) makeUsers(tx record.Tx) error {
	for _, reader := range []struct {
		username string
		of       record.Source
	}{
		{halfUser, record.Source{Kind: record.GroupSource, ID: f.groups[1].ID}},
		{oneUser, record.Source{Kind: record.ProjectSource, ID: f.projects[0].ID}},
	} {
		u, err := tx.Accounts().PutUser(record.User{Username: reader.username, Name: reader.username, CreatedAt: f.now, UpdatedAt: f.now})
		if err != nil {
			return err
		}
		err = tx.Spaces().PutMember(record.Member{Source: reader.of, UserID: u.ID, Level: record.Reporter, CreatedAt: f.now})
		if err != nil {
			return err
		}
	}
	return nil
}

// makePackages writes names one after the other until there are enough packages.
func (f *filler) makePackages(ctx context.Context, store record.Store, progressTo io.Writer) error {
	for written, next := 0, progress; written < f.packages; {
		var names []name
		for n := 0; n < min(batch, f.packages-written); n += len(names[len(names)-1].versions) {
			names = append(names, f.newName(f.packages-written-n))
		}
		err := store.Update(ctx, func(tx record.Tx) error {
			for _, n := range names {
				if err := n.write(tx, f.files); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, n := range names {
			written += len(n.versions)
		}
		if written >= next {
			fmt.Fprintf(progressTo, "%d packages\n", written)
			next += progress
		}
	}
	return nil
}
