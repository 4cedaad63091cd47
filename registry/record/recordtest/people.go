package recordtest

import (
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func memberID(m record.Member) int64     { return m.UserID }
func ruleID(r record.Rule) int64         { return r.ID }
func pipelineID(p record.Pipeline) int64 { return p.ID }

func members(t *testing.T, s record.Store) {
	ann, bob := newUser(t, s, "ann"), newUser(t, s, "bob")
	p := aProject(t, s, "acme")
	g := record.Source{Kind: record.GroupSource, ID: p.GroupID} // the same number as the project's
	write := func(m record.Member) func(record.Tx) error {
		return func(tx record.Tx) error { return tx.Spaces().PutMember(m) }
	}
	all := []record.Member{
		{Source: fromProject(p), UserID: bob.ID, Level: record.Guest, CreatedAt: at()},
		{Source: g, UserID: ann.ID, Level: record.Owner, CreatedAt: at(), ExpiresAt: at().Add(time.Hour)},
		{Source: fromProject(p), UserID: ann.ID, Level: record.Developer, CreatedAt: at()},
	}
	for _, m := range all {
		update(t, s, write(m))
	}
	all[2].Level = record.Maintainer
	update(t, s, write(all[2]))
	for _, m := range all {
		same(t, s, m, func(tx record.Tx) (record.Member, error) { return tx.Spaces().Member(m.Source, m.UserID) })
	}
	absent(t, s, func(tx record.Tx) (record.Member, error) { return tx.Spaces().Member(g, bob.ID) })
	absent(t, s, func(tx record.Tx) (record.Member, error) { return tx.Spaces().Member(record.Source{}, bob.ID) })
	list := func(of record.Source, after int64, limit int) func(record.Tx) ([]record.Member, error) {
		return func(tx record.Tx) ([]record.Member, error) { return tx.Spaces().Members(of, after, limit) }
	}
	ids(t, s, memberID, []int64{ann.ID, bob.ID}, list(fromProject(p), 0, 9))
	ids(t, s, memberID, []int64{ann.ID}, list(fromProject(p), 0, 1))
	ids(t, s, memberID, []int64{bob.ID}, list(fromProject(p), ann.ID, 1))
	ids(t, s, memberID, []int64{ann.ID}, list(g, 0, 9))
	same(t, s, []record.Member{all[1], all[2]}, func(tx record.Tx) ([]record.Member, error) { return tx.Spaces().Memberships(ann.ID) })
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveMember(g, ann.ID) })
	same(t, s, []record.Member{all[2]}, func(tx record.Tx) ([]record.Member, error) { return tx.Spaces().Memberships(ann.ID) })
	ids(t, s, memberID, []int64{}, list(g, 0, 9))
	refused(t, s, map[string]refusal{
		"not a role":       {npm.ErrInvalid, write(record.Member{Source: g, UserID: ann.ID, Level: record.Admin})},
		"unknown user":     {npm.ErrNotFound, write(record.Member{Source: g, UserID: 99, Level: record.Guest})},
		"unknown project":  {npm.ErrNotFound, write(record.Member{Source: record.Source{Kind: record.ProjectSource, ID: 99}, UserID: ann.ID, Level: record.Guest})},
		"removing no role": {npm.ErrNotFound, func(tx record.Tx) error { return tx.Spaces().RemoveMember(g, ann.ID) }},
	})
}

func rule(project int64, pattern string) record.Rule {
	return record.Rule{ProjectID: project, Pattern: pattern, Type: record.NPM, Push: record.Maintainer, Delete: record.Admin,
		CreatedAt: at(), UpdatedAt: at()}
}

func rules(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	made := []record.Rule{rule(p.ID, "@acme/*"), rule(other.ID, "*"), rule(p.ID, "*")}
	for i, r := range made {
		made[i].ID = put(t, s, func(tx record.Tx) (record.Rule, error) { return tx.Spaces().PutRule(r) }).ID
	}
	made[2].Push = record.NoAccess
	update(t, s, func(tx record.Tx) error { _, err := tx.Spaces().PutRule(made[2]); return err })
	for _, r := range made {
		same(t, s, r, func(tx record.Tx) (record.Rule, error) { return tx.Spaces().Rule(r.ProjectID, r.ID) })
	}
	absent(t, s, func(tx record.Tx) (record.Rule, error) { return tx.Spaces().Rule(other.ID, made[0].ID) })
	list := func(project int64) func(record.Tx) ([]record.Rule, error) {
		return func(tx record.Tx) ([]record.Rule, error) { return tx.Spaces().Rules(project) }
	}
	ids(t, s, ruleID, []int64{made[0].ID, made[2].ID}, list(p.ID))
	update(t, s, func(tx record.Tx) error { return tx.Spaces().RemoveRule(p.ID, made[0].ID) })
	ids(t, s, ruleID, []int64{made[2].ID}, list(p.ID))
	ids(t, s, ruleID, []int64{made[1].ID}, list(other.ID))
	moved := made[1]
	moved.ProjectID = p.ID
	refused(t, s, map[string]refusal{
		"a rule of another project": {npm.ErrNotFound, func(tx record.Tx) error { _, err := tx.Spaces().PutRule(moved); return err }},
		"of an unknown project":     {npm.ErrNotFound, func(tx record.Tx) error { _, err := tx.Spaces().PutRule(rule(99, "*")); return err }},
		"without a pattern":         {npm.ErrInvalid, func(tx record.Tx) error { _, err := tx.Spaces().PutRule(rule(p.ID, "")); return err }},
		"removing none":             {npm.ErrNotFound, func(tx record.Tx) error { return tx.Spaces().RemoveRule(other.ID, made[0].ID) }},
	})
}

func pipeline(project int64) record.Pipeline {
	return record.Pipeline{ProjectID: project, UserID: 1, Ref: "main", SHA: "0123abcd", Status: "running", Source: "push",
		WebURL: "https://ci.example.com/1", CreatedAt: at(), UpdatedAt: at()}
}

func pipelines(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	write := func(l record.Pipeline) record.Pipeline {
		return put(t, s, func(tx record.Tx) (record.Pipeline, error) { return tx.Spaces().PutPipeline(l) })
	}
	one, else1, two, three := write(pipeline(p.ID)), write(pipeline(other.ID)), write(pipeline(p.ID)), write(pipeline(p.ID))
	if one.IID != 1 || two.IID != 2 || three.IID != 3 || else1.IID != 1 || one.ID == else1.ID {
		t.Errorf("numbers = %d/%d, %d/%d, %d/%d", one.ID, one.IID, else1.ID, else1.IID, two.ID, two.IID)
	}
	two.Status, two.TokenID = "success", 9
	careless := two
	careless.IID = 77
	write(careless)
	same(t, s, two, func(tx record.Tx) (record.Pipeline, error) { return tx.Spaces().Pipeline(two.ID) })
	list := func(project, before int64, limit int) func(record.Tx) ([]record.Pipeline, error) {
		return func(tx record.Tx) ([]record.Pipeline, error) { return tx.Spaces().Pipelines(project, before, limit) }
	}
	ids(t, s, pipelineID, []int64{three.ID, two.ID}, list(p.ID, 0, 2))
	ids(t, s, pipelineID, []int64{one.ID}, list(p.ID, two.ID, 2))
	ids(t, s, pipelineID, []int64{}, list(p.ID, one.ID, 2))
	ids(t, s, pipelineID, []int64{else1.ID}, list(other.ID, 0, 2))
	ids(t, s, pipelineID, []int64{}, list(99, 0, 2))
	moved := one
	moved.ProjectID = other.ID
	refused(t, s, map[string]refusal{
		"moved to another project": {npm.ErrInvalid, func(tx record.Tx) error { _, err := tx.Spaces().PutPipeline(moved); return err }},
		"of an unknown project":    {npm.ErrNotFound, func(tx record.Tx) error { _, err := tx.Spaces().PutPipeline(pipeline(99)); return err }},
	})
}
