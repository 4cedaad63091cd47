package accounts

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestMoveSpaces(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	open := o.group("open", record.PublicVisibility)
	closed := o.group("closed", record.PrivateVisibility)
	sub := o.group("open/sub", record.PublicVisibility)
	pr := o.project("open/sub/p", record.PublicVisibility, "")
	deep := "deep"
	o.group(deep, record.PublicVisibility)
	for range maxDepth - 2 {
		deep += "/d"
		o.group(deep, record.PublicVisibility)
	}
	bottom, err := o.Group(t.Context(), deep)
	o.must(err)
	move := func(to int64) error {
		_, err := o.UpdateGroup(t.Context(), operator, sub.ID, GroupChange{ParentID: &to})
		return err
	}
	moveProject := func(to int64) error {
		_, err := o.UpdateProject(t.Context(), operator, pr.ID, ProjectChange{GroupID: &to})
		return err
	}
	for _, tt := range []struct {
		name  string
		move  func(int64) error
		to    int64
		kind  error
		field string
		want  string
	}{
		{"group into itself", move, sub.ID, npm.ErrInvalid, "parent_id", "open/sub/p"},
		{"group into one less open", move, closed.ID, npm.ErrInvalid, "visibility_level", "open/sub/p"},
		{"group into nothing", move, 99, npm.ErrNotFound, "", "open/sub/p"},
		{"group to the bottom", move, bottom.ID, nil, "", deep + "/sub/p"},
		{"group to the top", move, 0, nil, "", "sub/p"},
		{"project into one less open", moveProject, closed.ID, npm.ErrInvalid, "visibility_level", "sub/p"},
		{"project into nothing", moveProject, 99, npm.ErrNotFound, "", "sub/p"},
		{"project into another", moveProject, open.ID, nil, "", "open/p"},
	} {
		err := tt.move(tt.to)
		var field *FieldError
		if !errors.Is(err, tt.kind) || errors.As(err, &field) != (tt.field != "") || field != nil && field.Field != tt.field {
			t.Errorf("%s: %v", tt.name, err)
		}
		if now, err := o.ProjectByID(t.Context(), pr.ID); err != nil || now.FullPath != tt.want {
			t.Errorf("%s: then %+v, %v, want %s", tt.name, now, err, tt.want)
		}
		o.agrees(tt.name, o.Service)
	}
	o.group("sub/inner", record.PublicVisibility)
	if err := move(bottom.ID); !errors.Is(err, npm.ErrInvalid) || text(err) != "groups can lie at most 20 deep in each other" {
		t.Errorf("too deep: %v", err)
	}
}

// TestCreatorOwnsGroup: who creates a group owns it at once.
func TestCreatorOwnsGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "")
	_, secret := o.token(NewToken{UserID: u.ID})
	o.signIn(bearer(secret))
	g, err := o.CreateGroup(t.Context(), Actor{Name: "kim", UserID: u.ID}, NewGroup{Path: "acme"})
	o.must(err)
	sub, err := o.CreateGroup(t.Context(), operator, NewGroup{Path: "sub", ParentID: g.ID})
	o.must(err)
	if sub.FullPath != "acme/sub" || sub.Name != "sub" {
		t.Errorf("a group by its parent's number: %+v", sub)
	}
	p, err := o.CreateProject(t.Context(), operator, NewProject{Path: "p", GroupID: sub.ID})
	o.must(err)
	pr, err := o.ProjectByID(t.Context(), p.ID)
	o.must(err)
	if level := o.ProjectAccess(o.signIn(bearer(secret)), pr).Level; level != record.Owner || p.FullPath != "acme/sub/p" {
		t.Errorf("role %v in %s", level, p.FullPath)
	}
	for _, n := range []NewProject{{Path: "a/b", GroupID: sub.ID}, {Path: "x", GroupID: 99}, {GroupID: sub.ID}} {
		if _, err := o.CreateProject(t.Context(), operator, n); !errors.Is(err, npm.ErrInvalid) && !errors.Is(err, npm.ErrNotFound) {
			t.Errorf("%+v: %v", n, err)
		}
	}
}
