package accounts

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// agrees checks that a tree holds what a service that remembers nothing reads
// one by one.
func (o *office) agrees(what string, s *Service) {
	o.tb.Helper()
	t, err := s.Tree(o.tb.Context())
	o.must(err)
	plain := o.another()
	want, err := plain.Tree(o.tb.Context())
	o.must(err)
	if len(t.Projects()) != len(want.Projects()) || len(t.Groups()) != len(want.Groups()) {
		o.tb.Errorf("%s: %d projects and %d groups, want %d and %d", what, len(t.Projects()), len(t.Groups()), len(want.Projects()), len(want.Groups()))
	}
	for i, got := range t.Projects() {
		one, err := plain.ProjectByID(o.tb.Context(), got.ID)
		if err != nil || !reflect.DeepEqual(got, one) || i > 0 && got.ID <= t.Projects()[i-1].ID {
			o.tb.Errorf("%s: project %+v, want %+v, %v", what, got, one, err)
		}
	}
	for i, got := range t.Groups() {
		one, err := plain.GroupByID(o.tb.Context(), got.ID)
		if err != nil || !sameSlice(got.Ancestors, one.Ancestors) || got.FullPath != one.FullPath || got.Forward != one.Forward ||
			!sameGroup(got.Group, one.Group) || i > 0 && got.ID <= t.Groups()[i-1].ID {
			o.tb.Errorf("%s: group %+v, want %+v, %v", what, got, one, err)
		}
	}
}

func sameSlice(a, b []int64) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func numbersOf[T any](list []*T, number func(*T) int64) []int64 {
	out := []int64{}
	for _, v := range list {
		out = append(out, number(v))
	}
	return out
}

// TestTree writes on one node and looks at once there, and on another as soon as
// it was told.
func TestTree(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	node := o.another()
	follower := record.NewFollower(o.store, node)
	o.must(follower.CatchUp(t.Context()))
	on, name := true, "shelf"
	var a, b record.Group
	var p record.Project
	private := record.PrivateVisibility
	steps := []struct {
		name   string
		change func() error
	}{
		{"nothing", func() error { return nil }},
		{"a group", func() (err error) {
			a, err = o.CreateGroup(t.Context(), operator, NewGroup{Path: "a", Visibility: record.PublicVisibility})
			return err
		}},
		{"a project", func() (err error) {
			p, err = o.CreateProject(t.Context(), operator, NewProject{Path: "a/p", Visibility: record.PublicVisibility})
			return err
		}},
		{"a subgroup with a project", func() (err error) {
			if b, err = o.CreateGroup(t.Context(), operator, NewGroup{Path: "a/b"}); err != nil {
				return err
			}
			_, err = o.CreateProject(t.Context(), operator, NewProject{Path: "a/b/q"})
			return err
		}},
		{"a project hidden", func() error {
			_, err := o.UpdateProject(t.Context(), operator, p.ID, ProjectChange{Visibility: &private})
			return err
		}},
		{"a group renamed", func() error {
			_, err := o.UpdateGroup(t.Context(), operator, a.ID, GroupChange{Path: &name})
			return err
		}},
		{"forwarding of a group", func() error {
			_, err := o.UpdateGroup(t.Context(), operator, b.ID, GroupChange{Forwarding: &record.Forwarding{Enabled: &on}})
			return err
		}},
		{"forwarding of the instance", func() error { return o.SetForwarding(t.Context(), operator, false) }},
		{"a project removed", func() error { return o.RemoveProject(t.Context(), operator, p.ID) }},
		{"a refused write", func() error {
			if err := o.RemoveGroup(t.Context(), operator, b.ID); err == nil {
				return errors.New("removed a group that holds a project")
			}
			return nil
		}},
	}
	for _, step := range steps {
		o.must(step.change())
		o.agrees(step.name, o.Service)
		o.must(follower.CatchUp(t.Context()))
		o.agrees(step.name+" on another node", node)
	}
	before, err := node.Tree(t.Context())
	o.must(err)
	node.Changed(record.Change{Kind: record.SpaceChanged, Key: "project/2"})
	if again, err := node.Tree(t.Context()); err != nil || again != before {
		t.Errorf("a tree in which nothing changed was made anew: %v", err)
	}
	node.Changed(record.Change{Kind: record.SpaceChanged, Key: "a key of the future"})
	o.agrees("an unknown key", node)
}

// TestTreeKnowsOfUntoldGroups: a node writes below a group of another node that
// it was not told of, and one that lost its group meanwhile.
func TestTreeKnowsOfUntoldGroups(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	node := o.another()
	first := o.group("first", record.PrivateVisibility)
	pr := o.project("first/p", record.PrivateVisibility, "")
	o.agrees("at first", node)
	o.group("acme", record.PrivateVisibility)
	_, err := node.CreateProject(t.Context(), operator, NewProject{Path: "acme/p"})
	o.must(err)
	o.agrees("a project in an untold group", node)
	o.must(o.RemoveProject(t.Context(), operator, pr.ID))
	o.must(node.RemoveGroup(t.Context(), operator, first.ID))
	o.agrees("a group whose project went untold", node)
}

func TestTreeLists(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, path := range []string{"a", "b", "a/c", "a/c/d"} {
		o.group(path, record.PrivateVisibility)
	}
	for _, path := range []string{"a/c/d/p", "a/q", "b/r", "a/c/s"} {
		o.project(path, record.PrivateVisibility, "")
	}
	tree, err := o.Tree(t.Context())
	o.must(err)
	for _, tt := range []struct {
		name             string
		group            int64
		deep             bool
		projects, groups []int64
	}{
		{"directly", 1, false, []int64{2}, []int64{3}},
		{"deep", 1, true, []int64{1, 2, 4}, []int64{3, 4}},
		{"a leaf", 4, true, []int64{1}, []int64{}},
		{"unknown", 99, true, []int64{}, []int64{}},
		{"the top", 0, false, []int64{}, []int64{1, 2}},
		{"all", 0, true, []int64{1, 2, 3, 4}, []int64{1, 2, 3, 4}},
	} {
		projects := numbersOf(tree.Below(tt.group, tt.deep), projectNumber)
		groups := numbersOf(tree.Subgroups(tt.group, tt.deep), groupNumber)
		if !sameSlice(projects, tt.projects) || !sameSlice(groups, tt.groups) {
			t.Errorf("%s: projects %v, groups %v, want %v, %v", tt.name, projects, groups, tt.projects, tt.groups)
		}
	}
	if g, ok := tree.Group(3); !ok || g.FullPath != "a/c" {
		t.Errorf("group 3: %+v, %v", g, ok)
	}
	if p, ok := tree.Project(4); !ok || p.FullPath != "a/c/s" {
		t.Errorf("project 4: %+v, %v", p, ok)
	}
	if _, ok := tree.Project(5); ok {
		t.Error("a project that is not there was found")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	o.Reset()
	if _, err := o.Tree(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("without time: %v", err)
	}
	o.agrees("after a failure", o.Service)
}

// TestTreeReadsYourWrites has writers that each look for what they wrote.
func TestTreeReadsYourWrites(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.group("acme", record.PrivateVisibility)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 8 {
				p, err := o.CreateProject(t.Context(), operator, NewProject{Path: fmt.Sprintf("acme/p%d-%d", w, i)})
				if err != nil {
					t.Error(err)
					return
				}
				tree, err := o.Tree(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if _, ok := tree.Project(p.ID); !ok {
					t.Errorf("project %d is not in the tree", p.ID)
				}
			}
		})
	}
	wg.Wait()
	o.agrees("in the end", o.Service)
}

func TestReadable(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	g := o.group("acme", record.PublicVisibility)
	o.project("acme/public", record.PublicVisibility, "")
	own := o.project("acme/private", record.PrivateVisibility, "")
	o.project("acme/open", record.PrivateVisibility, record.RegistryEveryone)
	o.project("acme/off", record.PublicVisibility, record.RegistryDisabled)
	o.project("acme/internal", record.InternalVisibility, "")
	u, boss, member := o.user("kim", ""), o.user("boss", ""), o.user("mel", "")
	o.must(o.SetAdmin(t.Context(), operator, boss.ID, true))
	o.member(groupOf(g.ID), member, record.Guest)
	sign := func(u record.User, scopes ...string) *Principal {
		_, secret := o.token(NewToken{UserID: u.ID, Scopes: scopes})
		return o.signIn(bearer(secret))
	}
	_, deploy := o.deploy(projectOf(own.ID), ScopeReadRegistry)
	tree, err := o.Tree(t.Context())
	o.must(err)
	for _, tt := range []struct {
		name string
		p    *Principal
		want []int64
	}{
		{"anonymous", Nobody(), []int64{1, 3}},
		{"stranger", sign(u), []int64{1, 3, 5}},
		{"member", sign(member), []int64{1, 2, 3, 5}},
		{"administrator", sign(boss), []int64{1, 2, 3, 5}},
		{"deploy token", o.signIn(bearer(deploy)), []int64{1, 2, 3}},
		{"console", Console(), []int64{1, 2, 3, 5}},
	} {
		if got := o.Readable(tt.p, tree.Projects()); !sameSlice(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		var each []int64
		for _, pr := range tree.Projects() {
			if pr.Registry != record.RegistryDisabled && o.ProjectAccess(tt.p, pr).Read {
				each = append(each, pr.ID)
			}
		}
		if !sameSlice(each, tt.want) {
			t.Errorf("%s, one by one: %v, want %v", tt.name, each, tt.want)
		}
	}
}
