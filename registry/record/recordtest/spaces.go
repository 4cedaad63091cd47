package recordtest

import (
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func groupID(g record.Group) int64     { return g.ID }
func projectID(p record.Project) int64 { return p.ID }

func putGroup(g record.Group) func(record.Tx) error {
	return func(tx record.Tx) error { _, err := tx.Spaces().PutGroup(g); return err }
}

func putProject(p record.Project) func(record.Tx) error {
	return func(tx record.Tx) error { _, err := tx.Spaces().PutProject(p); return err }
}

func spaces(t *testing.T, s record.Store) {
	yes := true
	top := group(0, "Acme")
	top.Description, top.Forwarding = "all of it", record.Forwarding{Enabled: &yes, Locked: true}
	top.ID, top.FullPath = put(t, s, func(tx record.Tx) (record.Group, error) { return tx.Spaces().PutGroup(top) }).ID, "Acme"
	same(t, s, top, func(tx record.Tx) (record.Group, error) { return tx.Spaces().Group(top.ID) })
	web := newGroup(t, s, top.ID, "web")
	app := project(web.ID, "app.js")
	app.CreatorID, app.Registry = 5, record.RegistryEveryone
	app.ID, app.FullPath = put(t, s, func(tx record.Tx) (record.Project, error) { return tx.Spaces().PutProject(app) }).ID, "Acme/web/app.js"
	same(t, s, app, func(tx record.Tx) (record.Project, error) { return tx.Spaces().Project(app.ID) })
	if web.FullPath != "Acme/web" {
		t.Errorf("FullPath = %q", web.FullPath)
	}
	api, other := newGroup(t, s, top.ID, "api"), newGroup(t, s, 0, "other")
	lib := newProject(t, s, top.ID, "lib")
	zoo := newProject(t, s, web.ID, "a-zoo")
	for parent, want := range map[int64][]int64{0: {top.ID, other.ID}, top.ID: {web.ID, api.ID}, web.ID: {}, 99: {}} {
		ids(t, s, groupID, want, func(tx record.Tx) ([]record.Group, error) { return tx.Spaces().Groups(parent, 0, 9) })
	}
	for in, want := range map[int64][]int64{0: {app.ID, lib.ID, zoo.ID}, top.ID: {lib.ID}, web.ID: {app.ID, zoo.ID}, 99: {}} {
		ids(t, s, projectID, want, func(tx record.Tx) ([]record.Project, error) { return tx.Spaces().Projects(in, 0, 9) })
	}
	ids(t, s, projectID, []int64{lib.ID}, func(tx record.Tx) ([]record.Project, error) { return tx.Spaces().Projects(0, app.ID, 1) })
	ids(t, s, groupID, []int64{api.ID}, func(tx record.Tx) ([]record.Group, error) { return tx.Spaces().Groups(top.ID, web.ID, 1) })
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveGroup(other.ID) })
	absent(t, s, func(tx record.Tx) (record.Group, error) { return tx.Spaces().Group(other.ID) })
	absent(t, s, func(tx record.Tx) (record.Group, error) { return tx.Spaces().GroupByPath("other") })
}

func siblings(t *testing.T, s record.Store) {
	a, b := newGroup(t, s, 0, "a"), newGroup(t, s, 0, "b")
	sub, app := newGroup(t, s, a.ID, "sub"), newProject(t, s, a.ID, "app")
	moved, renamed := newProject(t, s, b.ID, "app"), newGroup(t, s, a.ID, "x")
	moved.GroupID, renamed.Path = a.ID, "APP"
	refused(t, s, map[string]refusal{
		"a group at a group's path":     {npm.ErrConflict, putGroup(group(0, "A"))},
		"a project at a project's path": {npm.ErrConflict, putProject(project(a.ID, "App"))},
		"a project at a group's path":   {npm.ErrConflict, putProject(project(a.ID, "Sub"))},
		"a group at a project's path":   {npm.ErrConflict, putGroup(group(a.ID, "app"))},
		"a project moved to another's":  {npm.ErrConflict, putProject(moved)},
		"a group renamed to a taken":    {npm.ErrConflict, putGroup(renamed)},
		"a path that is a number":       {npm.ErrInvalid, putGroup(group(0, "12"))},
		"a project without a group":     {npm.ErrInvalid, putProject(project(0, "top"))},
		"a group in an unknown one":     {npm.ErrNotFound, putGroup(group(99, "x"))},
		"a project in an unknown one":   {npm.ErrNotFound, putProject(project(99, "x"))},
	})
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveGroup(sub.ID) })
	newProject(t, s, a.ID, "sub")
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveProject(app.ID) })
	newGroup(t, s, a.ID, "app")
}

func trees(t *testing.T, s record.Store) {
	a := newGroup(t, s, 0, "a")
	b := newGroup(t, s, a.ID, "b")
	c := newGroup(t, s, b.ID, "c")
	self, loop := a, a
	self.ParentID, loop.ParentID = a.ID, c.ID
	deep := c
	refused(t, s, map[string]refusal{
		"in itself":                {npm.ErrInvalid, putGroup(self)},
		"in what is in it":         {npm.ErrInvalid, putGroup(loop)},
		"no such group to remove":  {npm.ErrNotFound, func(tx record.Tx) error { return tx.Spaces().RemoveGroup(99) }},
		"no such project to erase": {npm.ErrNotFound, func(tx record.Tx) error { return tx.Spaces().RemoveProject(99) }},
	})
	for range 17 { // 20 levels are the most
		deep = newGroup(t, s, deep.ID, "d")
	}
	refused(t, s, map[string]refusal{"deeper than 20 levels": {npm.ErrInvalid, putGroup(group(deep.ID, "d"))}})
	newProject(t, s, deep.ID, "p")
}

func held(t *testing.T, s record.Store) {
	a := newGroup(t, s, 0, "a")
	b := newGroup(t, s, a.ID, "b")
	p := newProject(t, s, b.ID, "p")
	k := newPackage(t, s, p.ID, "lib", "1.0.0")
	refused(t, s, map[string]refusal{
		"a group with a group":    {npm.ErrConflict, func(tx record.Tx) error { return tx.Spaces().RemoveGroup(a.ID) }},
		"a group with a project":  {npm.ErrConflict, func(tx record.Tx) error { return tx.Spaces().RemoveGroup(b.ID) }},
		"a project with packages": {npm.ErrConflict, func(tx record.Tx) error { return tx.Spaces().RemoveProject(p.ID) }},
	})
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemovePackage(k.ID) })
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveProject(p.ID) })
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveGroup(b.ID) })
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveGroup(a.ID) })
	ids(t, s, groupID, []int64{}, func(tx record.Tx) ([]record.Group, error) { return tx.Spaces().Groups(0, 0, 9) })
}

func removedProject(t *testing.T, s record.Store) {
	ann, p, kept := newUser(t, s, "ann"), aProject(t, s, "acme"), aProject(t, s, "kept")
	var rules, runs, jobs, deploys []int64
	for i, at := range []record.Project{p, kept} {
		deploy, job := token(record.DeployToken, ann.ID, byte(10+i)), token(record.JobToken, ann.ID, byte(20+i))
		deploy.Source = fromProject(at)
		deploys = append(deploys, newToken(t, s, deploy).ID)
		run := put(t, s, func(tx record.Tx) (record.Pipeline, error) { return tx.Spaces().PutPipeline(pipeline(at.ID)) })
		job.PipelineID = run.ID
		run.TokenID = newToken(t, s, job).ID
		runs, jobs = append(runs, run.ID), append(jobs, run.TokenID)
		update(t, s, func(tx record.Tx) error { _, err := tx.Spaces().PutPipeline(run); return err })
		rules = append(rules, put(t, s, func(tx record.Tx) (record.Rule, error) { return tx.Spaces().PutRule(rule(at.ID, "*")) }).ID)
		update(t, s, func(tx record.Tx) error {
			return tx.Spaces().PutMember(record.Member{Source: fromProject(at), UserID: ann.ID, Level: record.Owner})
		})
		update(t, s, func(tx record.Tx) error {
			return tx.Catalog().PutHolding(record.Holding{ProjectID: at.ID, Name: "lib"})
		})
	}
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveProject(p.ID) })
	view(t, s, func(tx record.Tx) error {
		for i, at := range []record.Project{p, kept} {
			found := 0
			count := func(_ any, err error) {
				if err == nil {
					found++
				}
			}
			count(tx.Accounts().Token(deploys[i]))
			count(tx.Accounts().Token(jobs[i]))
			count(tx.Spaces().Pipeline(runs[i]))
			count(tx.Spaces().Rule(at.ID, rules[i]))
			count(tx.Spaces().Member(fromProject(at), ann.ID))
			count(tx.Catalog().Holding(at.ID, "lib"))
			if want := 6 * i; found != want {
				t.Errorf("%d records of %s are left, want %d", found, at.FullPath, want)
			}
		}
		return nil
	})
	same(t, s, 1, func(tx record.Tx) (int, error) { list, err := tx.Spaces().Memberships(ann.ID); return len(list), err })
	same(t, s, 1, func(tx record.Tx) (int, error) { list, err := tx.Catalog().HoldingsOf("lib"); return len(list), err })
}
