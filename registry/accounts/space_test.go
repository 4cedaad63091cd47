package accounts

import (
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestFindSpaces(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.group("acme", record.PublicVisibility)
	g := o.group("acme/web", record.PublicVisibility)
	p := o.project("acme/web/kelvin", record.PublicVisibility, record.RegistryEnabled)
	path := "renamed"
	_, err := o.UpdateProject(t.Context(), operator, p.ID, ProjectChange{Path: &path})
	o.must(err)
	for range 2 { // the second time from memory
		for ref, want := range map[string]string{"1": "acme/web/renamed", "acme/web/renamed": "acme/web/renamed",
			"ACME/Web/Renamed": "acme/web/renamed", "acme/web/kelvin": "acme/web/renamed", "2": "", "-1": "", "+1": "",
			"renamed": "", "": "", "acme/web": "", "acme/web/nothing": "", "acme/web/\u212aelvin": "", "acme/web/renamed/": "",
			"99999999999999999999": "", "acme/\x00/x": ""} {
			got, err := o.Project(t.Context(), ref)
			if want == "" && (!errors.Is(err, npm.ErrNotFound) || text(err) != "Project not found") {
				t.Errorf("project %q: %v", ref, err)
			}
			if want != "" && (err != nil || got.FullPath != want || len(got.Groups) != 2 || got.Groups[0] != g.ID) {
				t.Errorf("project %q = %+v, %v", ref, got, err)
			}
		}
		for ref, want := range map[string]string{"acme": "acme", "Acme/WEB": "acme/web", "1": "acme", "2": "acme/web",
			"3": "", "web": "", "": "", "acme/web/renamed": ""} {
			got, err := o.Group(t.Context(), ref)
			if want == "" && (!errors.Is(err, npm.ErrNotFound) || text(err) != "Group not found") {
				t.Errorf("group %q: %v", ref, err)
			}
			if want != "" && (err != nil || got.FullPath != want) {
				t.Errorf("group %q = %+v, %v", ref, got, err)
			}
		}
	}
	for path, want := range map[string]record.Source{"acme/web": groupOf(g.ID), "acme/web/renamed": projectOf(p.ID), "acme/web/kelvin": {}, "x": {}} {
		src, _, err := o.SourceByPath(t.Context(), path)
		if src != want || (want == record.Source{}) != errors.Is(err, npm.ErrNotFound) {
			t.Errorf("source %q = %v, %v", path, src, err)
		}
	}
}

func TestGroupRules(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.group("internal", record.InternalVisibility)
	o.group("private", record.PrivateVisibility)
	deep := "deep"
	o.group(deep, record.PrivateVisibility)
	for range maxDepth - 1 {
		deep += "/d"
		o.group(deep, record.PrivateVisibility)
	}
	for _, tt := range []struct {
		name string
		n    NewGroup
		kind error
		text string
	}{
		{"more open", NewGroup{Path: "private/x", Visibility: record.InternalVisibility}, npm.ErrInvalid,
			"internal is not allowed since the parent group has a private visibility."},
		{"as open", NewGroup{Path: "internal/x", Visibility: record.InternalVisibility}, nil, ""},
		{"less open", NewGroup{Path: "internal/y"}, nil, ""},
		{"no parent", NewGroup{Path: "none/x"}, npm.ErrNotFound, "there is no group none"},
		{"taken", NewGroup{Path: "Internal"}, npm.ErrConflict, "Path has already been taken"},
		{"reserved at the top", NewGroup{Path: "API"}, npm.ErrInvalid, "API is a reserved name"},
		{"free below", NewGroup{Path: "private/api"}, nil, ""},
		{"reserved below", NewGroup{Path: "private/tree"}, npm.ErrInvalid, "tree is a reserved name"},
		{"a dash", NewGroup{Path: "-"}, npm.ErrInvalid, "- is a reserved name"},
		{"a number", NewGroup{Path: "17"}, npm.ErrInvalid, "Path can contain only"},
		{"empty", NewGroup{}, npm.ErrInvalid, "Path can contain only"},
		{"dots", NewGroup{Path: ".."}, npm.ErrInvalid, "Path can contain only"},
		{"empty part", NewGroup{Path: "private/"}, npm.ErrInvalid, "Path can contain only"},
		{"a space", NewGroup{Path: "a b"}, npm.ErrInvalid, "Path can contain only"},
		{"visibility", NewGroup{Path: "x", Visibility: "secret"}, npm.ErrInvalid, "visibility does not have a valid value"},
		{"name", NewGroup{Path: "x", Name: "a\nb"}, npm.ErrInvalid, "Name holds characters"},
		{"too deep", NewGroup{Path: deep + "/d"}, npm.ErrInvalid, "groups can lie at most 20 deep"},
	} {
		g, err := o.CreateGroup(t.Context(), operator, tt.n)
		if !errors.Is(err, tt.kind) || !strings.HasPrefix(text(err), tt.text) || err == nil && g.FullPath != tt.n.Path {
			t.Errorf("%s: %+v, %v", tt.name, g, err)
		}
	}
}

func TestProjectRules(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	g := o.group("internal", record.InternalVisibility)
	p := o.project("internal/p", record.InternalVisibility, "")
	for _, tt := range []struct {
		name string
		n    NewProject
		kind error
		text string
	}{
		{"more open", NewProject{Path: "internal/x", Visibility: record.PublicVisibility}, npm.ErrInvalid, "public is not allowed in a internal group."},
		{"no group", NewProject{Path: "x"}, npm.ErrInvalid, "a project lies in a group"},
		{"unknown group", NewProject{Path: "none/x"}, npm.ErrNotFound, "there is no group none"},
		{"taken", NewProject{Path: "internal/P"}, npm.ErrConflict, "Path has already been taken"},
		{"registry", NewProject{Path: "internal/x", Registry: "open"}, npm.ErrInvalid, "package_registry_access_level"},
		{"reserved", NewProject{Path: "internal/new"}, npm.ErrInvalid, "new is a reserved name"},
		{"in a project", NewProject{Path: "internal/p/x"}, npm.ErrNotFound, "there is no group internal/p"},
		{"plain", NewProject{Path: "internal/x"}, nil, ""},
	} {
		if _, err := o.CreateProject(t.Context(), operator, tt.n); !errors.Is(err, tt.kind) || !strings.HasPrefix(text(err), tt.text) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	private, public := record.PrivateVisibility, record.PublicVisibility
	if _, err := o.UpdateGroup(t.Context(), operator, g.ID, GroupChange{Visibility: &private}); text(err) != "private is not allowed since this group contains projects with higher visibility." {
		t.Errorf("a group less open than its project: %v", err)
	}
	if _, err := o.UpdateProject(t.Context(), operator, p.ID, ProjectChange{Visibility: &public}); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("a project more open than its group: %v", err)
	}
	top, sub := o.group("top", record.PublicVisibility), o.group("top/sub", record.PublicVisibility)
	if _, err := o.UpdateGroup(t.Context(), operator, top.ID, GroupChange{Visibility: &private}); text(err) != "private is not allowed since there are sub-groups with higher visibility." {
		t.Errorf("a group less open than a group in it: %v", err)
	}
	_, err := o.UpdateGroup(t.Context(), operator, sub.ID, GroupChange{Visibility: &private})
	o.must(err)
	_, err = o.UpdateGroup(t.Context(), operator, top.ID, GroupChange{Visibility: &private})
	o.must(err)
	if _, err := o.UpdateGroup(t.Context(), operator, sub.ID, GroupChange{Visibility: &public}); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("a group more open than the one above: %v", err)
	}
}

func TestForwardingCascades(t *testing.T) {
	t.Parallel()
	on, off := new(bool), new(bool)
	*on = true
	for _, tt := range []struct {
		name          string
		instance      bool
		top, sub, own record.Forwarding
		want          bool
	}{
		{"instance on", true, record.Forwarding{}, record.Forwarding{}, record.Forwarding{}, true},
		{"instance off", false, record.Forwarding{}, record.Forwarding{}, record.Forwarding{}, false},
		{"top off", true, record.Forwarding{Enabled: off}, record.Forwarding{}, record.Forwarding{}, false},
		{"sub decides again", true, record.Forwarding{Enabled: off}, record.Forwarding{Enabled: on}, record.Forwarding{}, true},
		{"own decides again", true, record.Forwarding{Enabled: off}, record.Forwarding{Enabled: on}, record.Forwarding{Enabled: off}, false},
		{"top locked", true, record.Forwarding{Enabled: off, Locked: true}, record.Forwarding{Enabled: on}, record.Forwarding{Enabled: on}, false},
		{"sub locked", false, record.Forwarding{}, record.Forwarding{Enabled: off, Locked: true}, record.Forwarding{Enabled: on}, false},
		{"locked without a choice", true, record.Forwarding{Locked: true}, record.Forwarding{Enabled: off}, record.Forwarding{Enabled: off}, true},
	} {
		above := []record.Group{{Forwarding: tt.sub}, {Forwarding: tt.top}}
		if got := cascade(record.Forwarding{Enabled: &tt.instance}, above, tt.own); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		if got := cascade(record.Forwarding{Enabled: &tt.instance, Locked: true}, above, tt.own); got != tt.instance {
			t.Errorf("%s, the instance locked: %v", tt.name, got)
		}
	}
}

func TestForwardingSettings(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	g := o.group("acme", record.PublicVisibility)
	p := o.project("acme/p", record.PublicVisibility, "")
	state := func() [3]bool {
		t.Helper()
		instance, err := o.Forwarding(t.Context())
		o.must(err)
		group, err := o.GroupByID(t.Context(), g.ID)
		o.must(err)
		project, err := o.ProjectByID(t.Context(), p.ID)
		o.must(err)
		return [3]bool{instance, group.Forward, project.Forward}
	}
	on, off := true, false
	if got := state(); got != [3]bool{true, true, true} {
		t.Errorf("at first %v", got)
	}
	o.must(o.SetForwarding(t.Context(), operator, false))
	if got := state(); got != [3]bool{} {
		t.Errorf("instance off: %v", got)
	}
	_, err := o.UpdateProject(t.Context(), operator, p.ID, ProjectChange{Forwarding: &record.Forwarding{Enabled: &on}})
	o.must(err)
	if got := state(); got != [3]bool{false, false, true} {
		t.Errorf("project on: %v", got)
	}
	_, err = o.UpdateGroup(t.Context(), operator, g.ID, GroupChange{Forwarding: &record.Forwarding{Enabled: &off, Locked: true}})
	o.must(err)
	if got := state(); got != [3]bool{} {
		t.Errorf("group locked: %v", got)
	}
	if _, err := o.UpdateProject(t.Context(), operator, p.ID, ProjectChange{Forwarding: &record.Forwarding{Enabled: &on}}); text(err) != "npm_package_requests_forwarding cannot be changed because it is locked by an ancestor" {
		t.Errorf("a project below a lock: %v", err)
	}
	_, err = o.UpdateGroup(t.Context(), operator, g.ID, GroupChange{Forwarding: &record.Forwarding{}})
	o.must(err)
	o.must(errors.Join(o.SetForwarding(t.Context(), operator, true), o.LockForwarding(t.Context(), operator, true)))
	if got := state(); got != [3]bool{true, true, true} {
		t.Errorf("instance locked: %v", got)
	}
	for _, err := range []error{
		func() error {
			_, err := o.UpdateGroup(t.Context(), operator, g.ID, GroupChange{Forwarding: &record.Forwarding{Enabled: &off}})
			return err
		}(),
		func() error {
			_, err := o.UpdateProject(t.Context(), operator, p.ID, ProjectChange{Forwarding: &record.Forwarding{Enabled: &off}})
			return err
		}(),
	} {
		if text(err) != "npm_package_requests_forwarding cannot be changed because it is locked by an ancestor" {
			t.Errorf("below the instance's lock: %v", err)
		}
	}
	o.must(o.store.Update(t.Context(), func(tx record.Tx) error { return tx.Settings().Put(settingForwarding, "perhaps") }))
	o.Changed(record.Change{Kind: record.SettingChanged, Key: settingForwarding})
	if _, err := o.Forwarding(t.Context()); !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("a setting that cannot be read: %v", err)
	}
	if _, err := o.ProjectByID(t.Context(), p.ID); !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("a project below it: %v", err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	g := o.group("acme", record.PublicVisibility)
	u := o.user("kim", "")
	o.member(groupOf(g.ID), u, record.Developer)
	o.member(groupOf(g.ID), u, record.Owner)
	list, err := o.Members(t.Context(), groupOf(g.ID), 0, 10)
	if err != nil || len(list) != 1 || list[0].User.Username != "kim" || list[0].Level != record.Owner {
		t.Errorf("Members = %+v, %v", list, err)
	}
	for name, m := range map[string]record.Member{
		"admin role":   {Source: groupOf(g.ID), UserID: u.ID, Level: record.Admin},
		"no role":      {Source: groupOf(g.ID), UserID: u.ID},
		"unknown role": {Source: groupOf(g.ID), UserID: u.ID, Level: 35},
		"over":         {Source: groupOf(g.ID), UserID: u.ID, Level: record.Guest, ExpiresAt: o.clock.Now()},
		"no user":      {Source: groupOf(g.ID), UserID: 99, Level: record.Guest},
		"no group":     {Source: groupOf(99), UserID: u.ID, Level: record.Guest},
	} {
		if err := o.SetMember(t.Context(), operator, m); !errors.Is(err, npm.ErrInvalid) && !errors.Is(err, npm.ErrNotFound) || text(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.must(o.RemoveMember(t.Context(), operator, groupOf(g.ID), u.ID))
	if err := o.RemoveMember(t.Context(), operator, groupOf(g.ID), u.ID); text(err) != "kim is no member of acme" {
		t.Errorf("removed twice: %v", err)
	}
}
