package accounts

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// granter is an owner who gives roles.
var granter = Granter{Actor: Actor{Name: "olga", Address: "192.0.2.1"}, Level: record.Owner}

func TestGrants(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme, web := o.group("acme", record.PrivateVisibility), o.group("acme/web", record.PrivateVisibility)
	app := o.project("acme/web/app", record.PrivateVisibility, record.RegistryEnabled)
	kim, low := o.user("kim", ""), granter
	low.Level = record.Maintainer
	past, until := o.now().Add(-time.Hour), o.now().Add(time.Hour)
	o.member(groupOf(acme.ID), kim, record.Developer)
	grant := func(src record.Source, level record.AccessLevel) Grant {
		return Grant{Source: src, UserID: kim.ID, Level: level}
	}
	add := func(by Granter, g Grant) error { _, err := o.AddMember(t.Context(), by, g); return err }
	change := func(by Granter, g Grant) error { _, err := o.ChangeMember(t.Context(), by, g); return err }
	inherited := `access_level should be greater than or equal to Developer inherited membership from group acme`
	for _, tt := range []struct {
		name string
		err  error
		kind error
		want string
	}{
		{"twice", add(granter, grant(groupOf(acme.ID), record.Owner)), npm.ErrConflict, "Member already exists"},
		{"of nobody", change(granter, grant(groupOf(web.ID), record.Owner)), npm.ErrNotFound, "Member not found"},
		{"below one two groups up", add(granter, grant(projectOf(app.ID), record.Reporter)), npm.ErrInvalid, inherited},
		{"below one a group up", add(granter, grant(groupOf(web.ID), record.Guest)), npm.ErrInvalid, inherited},
		{"above the giver", add(low, grant(projectOf(app.ID), record.Owner)), npm.ErrForbidden, "nobody gives or takes a role above the own one"},
		{"no role", add(granter, grant(projectOf(app.ID), record.NoAccess)), npm.ErrInvalid, "access_level does not have a valid value"},
		{"administrator", add(granter, grant(projectOf(app.ID), record.Admin)), npm.ErrInvalid, "access_level does not have a valid value"},
		{"over", add(granter, Grant{groupOf(web.ID), kim.ID, record.Owner, &past}), npm.ErrInvalid, "expires_at cannot be a date in the past"},
		{"unknown user", add(granter, Grant{Source: groupOf(web.ID), UserID: 1 << 40, Level: record.Guest}), npm.ErrNotFound, "User not found"},
		{"unknown group", add(granter, grant(groupOf(1<<40), record.Guest)), npm.ErrNotFound, "Group not found"},
	} {
		if !errors.Is(tt.err, tt.kind) || tt.err.Error() != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, tt.err, tt.want)
		}
	}
	m, err := o.AddMember(t.Context(), granter, Grant{projectOf(app.ID), kim.ID, record.Maintainer, &until})
	if err != nil || m.User.Username != "kim" || !m.ExpiresAt.Equal(until) {
		t.Fatalf("AddMember = %+v, %v", m, err)
	}
	if m, err = o.ChangeMember(t.Context(), granter, grant(projectOf(app.ID), record.Owner)); err != nil || !m.ExpiresAt.Equal(until) {
		t.Errorf("ChangeMember = %+v, %v", m, err)
	}
	last := o.entries()[len(o.entries())-1]
	if last.Actor != "olga" || last.Address != "192.0.2.1" || last.Action != "member.set" || last.Target != "acme/web/app" || last.Detail != "kim owner" {
		t.Errorf("audit log %+v", last)
	}
	o.clock.Move(2 * time.Hour)
	if _, err := o.Holder(t.Context(), kim.ID, projectOf(app.ID)); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("a role that has ended: %v", err)
	}
	if err := add(granter, grant(projectOf(app.ID), record.Developer)); err != nil {
		t.Errorf("given again after its end: %v", err)
	}
}

// TestGrantsCountAtOnce signs in with a token that was read before.
func TestGrantsCountAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.group("acme", record.PrivateVisibility)
	app := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	kim := o.user("kim", "")
	_, secret := o.token(NewToken{UserID: kim.ID})
	level := func() record.AccessLevel { return o.ProjectAccess(o.signIn(bearer(secret)), app).Level }
	before := level()
	_, err := o.AddMember(t.Context(), granter, Grant{Source: projectOf(app.ID), UserID: kim.ID, Level: record.Developer})
	o.must(err)
	added := level()
	_, err = o.ChangeMember(t.Context(), granter, Grant{Source: projectOf(app.ID), UserID: kim.ID, Level: record.Maintainer})
	o.must(err)
	changed := level()
	o.must(o.EndMembership(t.Context(), granter, Departure{Source: projectOf(app.ID), UserID: kim.ID}))
	got := []record.AccessLevel{before, added, changed, level()}
	if want := []record.AccessLevel{record.NoAccess, record.Developer, record.Maintainer, record.NoAccess}; !slices.Equal(got, want) {
		t.Errorf("levels %v, want %v", got, want)
	}
}

func TestGroupsKeepOwners(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme, web := o.group("acme", record.PrivateVisibility), o.group("acme/web", record.PrivateVisibility)
	kim, lee := o.user("kim", ""), o.user("lee", "")
	end := func(src record.Source, u record.User) error {
		return o.EndMembership(t.Context(), granter, Departure{Source: src, UserID: u.ID})
	}
	o.member(groupOf(web.ID), kim, record.Owner)
	if err := end(groupOf(web.ID), kim); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("the only owner: %v", err)
	}
	o.member(groupOf(acme.ID), kim, record.Developer)
	o.member(groupOf(acme.ID), lee, record.Maintainer)
	if err := end(groupOf(acme.ID), kim); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("the only owner of what is below: %v", err)
	}
	o.member(groupOf(acme.ID), lee, record.Owner)
	if err := end(groupOf(acme.ID), kim); err != nil {
		t.Errorf("with an owner above: %v", err)
	}
	if roles, err := o.Memberships(t.Context(), kim.ID); err != nil || len(roles) != 0 {
		t.Errorf("roles below stay: %+v, %v", roles, err)
	}
	if err := end(groupOf(acme.ID), lee); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("the last owner of all: %v", err)
	}
	low := granter
	low.Level = record.Maintainer
	if err := o.EndMembership(t.Context(), low, Departure{Source: groupOf(acme.ID), UserID: lee.ID}); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("by somebody below: %v", err)
	}
}

func TestHolders(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.group("acme", record.PrivateVisibility)
	app := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	kim, lee := o.user("kim", ""), o.user("lee", "")
	o.member(groupOf(acme.ID), kim, record.Developer)
	o.member(groupOf(acme.ID), lee, record.Guest)
	o.member(projectOf(app.ID), lee, record.Owner)
	list, err := o.Holders(t.Context(), projectOf(app.ID), groupOf(acme.ID))
	o.must(err)
	if len(list) != 2 || list[0].User.Username != "kim" || list[0].Source != groupOf(acme.ID) || list[1].Level != record.Owner {
		t.Errorf("Holders = %+v", list)
	}
	m, err := o.Holder(t.Context(), lee.ID, groupOf(acme.ID), projectOf(app.ID))
	if err != nil || m.Level != record.Owner || m.User.Username != "lee" {
		t.Errorf("Holder = %+v, %v", m, err)
	}
	if _, err := o.Holder(t.Context(), kim.ID, projectOf(app.ID)); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("Holder of no role: %v", err)
	}
}

func TestDeployTokensBySource(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.group("acme", record.PrivateVisibility)
	app := o.project("acme/app", record.PrivateVisibility, record.RegistryEnabled)
	first, _ := o.deploy(projectOf(app.ID), ScopeReadRegistry)
	second, secret := o.deploy(groupOf(acme.ID), ScopeReadRegistry)
	third, _ := o.deploy(projectOf(app.ID), ScopeReadRegistry)
	all, err := o.AllDeployTokens(t.Context())
	o.must(err)
	if len(all) != 3 || all[0].ID != first.ID || all[1].ID != second.ID || all[2].ID != third.ID {
		t.Errorf("AllDeployTokens = %+v", all)
	}
	if err := o.RevokeDeployToken(t.Context(), operator, projectOf(app.ID), second.ID); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("revoked elsewhere: %v", err)
	}
	if got, err := o.DeployToken(t.Context(), groupOf(acme.ID), second.ID); err != nil || got.ID != second.ID {
		t.Errorf("DeployToken = %+v, %v", got, err)
	}
	o.signIn(bearer(secret))
	o.must(o.RevokeDeployToken(t.Context(), operator, groupOf(acme.ID), second.ID))
	if _, err := o.Authenticate(t.Context(), bearer(secret), home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("signs in after its end: %v", err)
	}
	if _, err := o.DeployToken(t.Context(), groupOf(acme.ID), second.ID); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("read after its end: %v", err)
	}
}
