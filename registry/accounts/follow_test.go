package accounts

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TestFollowsAnotherNode: what one service writes acts on another over the same
// store once it heard of the change, and only then because it remembers.
func TestFollowsAnotherNode(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	node := o.another()
	follower := record.NewFollower(o.store, node)
	top := o.group("acme", record.PrivateVisibility)
	pr := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "correct horse")
	tok, secret := o.token(NewToken{UserID: u.ID})
	password := Credential{Form: Basic, Username: "kim", Secret: "correct horse"}
	o.must(follower.CatchUp(t.Context()))
	state := func() string {
		out := ""
		for _, c := range []Credential{bearer(secret), password} {
			p, err := node.Authenticate(t.Context(), c, home)
			if err != nil {
				out += "refused "
				continue
			}
			seen, err := node.Project(t.Context(), "acme/app")
			o.must(err)
			out += node.ProjectAccess(p, seen).Level.String() + " " + string(seen.Visibility) + " "
		}
		return out
	}
	steps := []struct {
		name   string
		change func() error
		want   string
	}{
		{"nothing", func() error { return nil }, "none private none private "},
		{"member of the group", func() error {
			return o.SetMember(t.Context(), operator, record.Member{Source: groupOf(top.ID), UserID: u.ID, Level: record.Reporter})
		}, "reporter private reporter private "},
		{"group renamed and shown", func() error {
			v := record.PublicVisibility
			_, err := o.UpdateGroup(t.Context(), operator, top.ID, GroupChange{Visibility: &v})
			return err
		}, "reporter private reporter private "},
		{"project shown", func() error {
			v := record.PublicVisibility
			_, err := o.UpdateProject(t.Context(), operator, pr.ID, ProjectChange{Visibility: &v})
			return err
		}, "reporter public reporter public "},
		{"token revoked", func() error { return o.RevokeToken(t.Context(), operator, tok.ID) }, "refused reporter public "},
		{"password changed", func() error { return o.SetPassword(t.Context(), operator, u.ID, nil, "another horse") }, "refused refused "},
	}
	for _, step := range steps {
		before := state()
		o.must(step.change())
		if got := state(); got != before {
			t.Errorf("%s: known before anything was heard: %q, then %q", step.name, before, got)
		}
		o.must(follower.CatchUp(t.Context()))
		if got := state(); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
}

func TestForgetsUnknownKeys(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "")
	_, secret := o.token(NewToken{UserID: u.ID})
	o.signIn(bearer(secret))
	o.Changed(record.Change{Kind: record.UserChanged, Key: "a key of the future"})
	if _, ok := o.tokens.Get(o.digests.token(secret)); ok {
		t.Error("a token is remembered")
	}
	o.Changed(record.Change{Kind: 250, Key: "x"})
}

// TestRemovedSpacesEndDeployTokens: tokens end with what they belong to.
func TestRemovedSpacesEndDeployTokens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	g := o.group("acme", record.PrivateVisibility)
	pr := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "")
	o.member(projectOf(pr.ID), u, record.Owner)
	_, personal := o.token(NewToken{UserID: u.ID})
	_, ofProject := o.deploy(projectOf(pr.ID), ScopeReadRegistry)
	_, ofGroup := o.deploy(groupOf(g.ID), ScopeReadRegistry)
	_, job, err := o.CreatePipeline(t.Context(), o.signIn(bearer(personal)), pr, NewPipeline{Ref: "main", SHA: "abc"})
	o.must(err)
	for _, secret := range []string{ofProject, ofGroup, job} {
		o.signIn(bearer(secret))
	}
	if err := o.RemoveGroup(t.Context(), operator, g.ID); !errors.Is(err, npm.ErrConflict) {
		t.Errorf("a group with a project was removed: %v", err)
	}
	o.signIn(bearer(ofGroup))
	o.must(o.RemoveProject(t.Context(), operator, pr.ID))
	o.must(o.RemoveGroup(t.Context(), operator, g.ID))
	for _, secret := range []string{ofProject, ofGroup, job} {
		if _, err := o.Authenticate(t.Context(), bearer(secret), home); !errors.Is(err, npm.ErrUnauthenticated) {
			t.Errorf("a token outlived its project or group: %v", err)
		}
	}
	if list, err := o.Memberships(t.Context(), u.ID); err != nil || len(list) != 0 {
		t.Errorf("memberships %v, %v", list, err)
	}
}
