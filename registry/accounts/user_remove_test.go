package accounts

import (
	"errors"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestDismissUser(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		setUp func(o *office, kim, lee record.User, top, sub record.Group)
		want  error
	}{
		{"member of nothing", func(*office, record.User, record.User, record.Group, record.Group) {}, nil},
		{"only owner", func(o *office, kim, _ record.User, top, _ record.Group) {
			o.member(groupOf(top.ID), kim, record.Owner)
		}, npm.ErrConflict},
		{"owner beside a maintainer", func(o *office, kim, lee record.User, top, _ record.Group) {
			o.member(groupOf(top.ID), kim, record.Owner)
			o.member(groupOf(top.ID), lee, record.Maintainer)
		}, npm.ErrConflict},
		{"one of two owners", func(o *office, kim, lee record.User, top, _ record.Group) {
			o.member(groupOf(top.ID), kim, record.Owner)
			o.member(groupOf(top.ID), lee, record.Owner)
		}, nil},
		{"another owner above", func(o *office, kim, lee record.User, top, sub record.Group) {
			o.member(groupOf(sub.ID), kim, record.Owner)
			o.member(groupOf(top.ID), lee, record.Owner)
		}, nil},
		{"another owner below", func(o *office, kim, lee record.User, top, sub record.Group) {
			o.member(groupOf(top.ID), kim, record.Owner)
			o.member(groupOf(sub.ID), lee, record.Owner)
		}, npm.ErrConflict},
		{"another owner whose time is over", func(o *office, kim, lee record.User, top, _ record.Group) {
			o.member(groupOf(top.ID), kim, record.Owner)
			o.must(o.SetMember(o.tb.Context(), operator, record.Member{Source: groupOf(top.ID), UserID: lee.ID, Level: record.Owner,
				ExpiresAt: o.clock.Now().Add(time.Hour)}))
			o.clock.Move(2 * time.Hour)
		}, npm.ErrConflict},
		{"maintainer alone", func(o *office, kim, _ record.User, top, _ record.Group) {
			o.member(groupOf(top.ID), kim, record.Maintainer)
		}, nil},
		{"owner of a project alone", func(o *office, kim, _ record.User, _, _ record.Group) {
			pr := o.project("top/web", record.PrivateVisibility, record.RegistryEnabled)
			o.member(projectOf(pr.ID), kim, record.Owner)
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			kim, lee := o.user("kim", ""), o.user("lee", "")
			top, sub := o.group("top", record.PrivateVisibility), o.group("top/sub", record.PrivateVisibility)
			tt.setUp(o, kim, lee, top, sub)
			if err := o.DismissUser(t.Context(), operator, kim.ID); !errors.Is(err, tt.want) {
				t.Errorf("dismiss: %v, want %v", err, tt.want)
			}
			_, err := o.User(t.Context(), kim.ID)
			if gone := errors.Is(err, npm.ErrNotFound); gone != (tt.want == nil) {
				t.Errorf("gone is %t: %v", gone, err)
			}
		})
	}
}
