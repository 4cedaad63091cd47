package accounts

import (
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

var levels = []record.AccessLevel{record.Guest, record.Reporter, record.Developer, record.Maintainer, record.Owner}

// team is a group with a project of each visibility and registry access, a
// member of each role and tokens of each kind.
type team struct {
	*office
	groups   map[record.Visibility]record.Group
	projects map[string]*Project
	callers  map[string]*Principal
}

var (
	visibilities = []record.Visibility{record.PublicVisibility, record.InternalVisibility, record.PrivateVisibility}
	registries   = []record.RegistryAccess{record.RegistryEnabled, record.RegistryMembers, record.RegistryEveryone, record.RegistryDisabled}
)

func newTeam(t *testing.T) *team {
	t.Helper()
	o := &team{office: newOffice(t), groups: map[record.Visibility]record.Group{}, projects: map[string]*Project{},
		callers: map[string]*Principal{"anonymous": Nobody(), "console": Console()}}
	top := o.group("acme", record.PublicVisibility)
	for _, v := range visibilities {
		o.groups[v] = o.group("acme/"+string(v), v)
		for _, r := range registries {
			path := fmt.Sprintf("acme/%s/%s", v, r)
			o.projects[fmt.Sprintf("%s/%s", v, r)] = o.project(path, v, r)
		}
	}
	elsewhere := o.group("else", record.PrivateVisibility)
	other := o.project("else/where", record.PrivateVisibility, record.RegistryEnabled)
	for _, level := range levels {
		u := o.user(level.String(), "")
		o.member(groupOf(top.ID), u, level)
		o.tokens(u)
	}
	admin, err := o.CreateUser(t.Context(), operator, NewUser{Username: "boss", Admin: true})
	o.must(err)
	o.tokens(admin)
	o.tokens(o.user("stranger", ""))
	for name, src := range map[string]record.Source{"own group": groupOf(top.ID), "other group": groupOf(elsewhere.ID),
		"other project": projectOf(other.ID)} {
		for _, scope := range []string{ScopeReadRegistry, ScopeWriteRegistry} {
			_, secret := o.deploy(src, scope)
			o.callers["deploy "+scope[:4]+" "+name] = o.signIn(bearer(secret))
		}
	}
	return o
}

func (o *team) tokens(u record.User) {
	for scope, suffix := range map[string]string{ScopeAPI: "", ScopeReadAPI: " read_api"} {
		_, secret := o.token(NewToken{UserID: u.ID, Scopes: []string{scope}})
		o.callers[u.Username+suffix] = o.signIn(bearer(secret))
	}
}

// may writes an access as letters: s)ee, r)ead, p)ush, d)estroy, m)anage.
func may(a Access) string {
	out := ""
	for _, f := range []struct {
		on     bool
		letter string
	}{{a.See, "s"}, {a.Read, "r"}, {a.Push, "p"}, {a.Destroy, "d"}, {a.Manage, "m"}} {
		if f.on {
			out += f.letter
		} else {
			out += "-"
		}
	}
	return out
}

// TestProjectAccess is the matrix of callers, visibilities and registry access
// levels. The columns are public, internal and private.
func TestProjectAccess(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	var (
		none   = [3]string{"-----", "-----", "-----"}
		anon   = [3]string{"sr---", "-----", "-----"}
		signed = [3]string{"sr---", "sr---", "-----"}
		reads  = [3]string{"sr---", "sr---", "sr---"}
		pushes = [3]string{"srp--", "srp--", "srp--"}
		keeps  = [3]string{"srpdm", "srpdm", "srpdm"}
		deploy = [3]string{"srpd-", "srpd-", "srpd-"}
	)
	enabled := map[string][3]string{
		"anonymous": anon, "stranger": signed, "stranger read_api": signed,
		"guest": reads, "reporter": reads, "developer": pushes, "maintainer": keeps, "owner": keeps, "boss": keeps,
		"guest read_api": reads, "reporter read_api": reads, "developer read_api": reads, "maintainer read_api": reads,
		"owner read_api": reads, "boss read_api": reads, "console": keeps,
		"deploy read own group": reads, "deploy writ own group": deploy,
		"deploy read other group": anon, "deploy writ other group": anon,
		"deploy read other project": anon, "deploy writ other project": anon,
	}
	if len(enabled) != len(o.callers) {
		t.Fatalf("%d callers, %d rows", len(o.callers), len(enabled))
	}
	member := func(who string) bool { return enabled[who][2] != none[0] }
	for who, p := range o.callers {
		for i, v := range visibilities {
			want := map[record.RegistryAccess]string{
				record.RegistryEnabled: enabled[who][i], record.RegistryMembers: enabled[who][i],
				record.RegistryEveryone: enabled[who][i], record.RegistryDisabled: enabled[who][i][:1] + "---" + enabled[who][i][4:]}
			if !member(who) {
				want[record.RegistryMembers] = want[record.RegistryMembers][:1] + "----"
				want[record.RegistryEveryone] = want[record.RegistryEveryone][:1] + "r---"
			}
			for r, w := range want {
				name := fmt.Sprintf("%s/%s", v, r)
				if got := may(o.ProjectAccess(p, o.projects[name])); got != w {
					t.Errorf("%s in %s: %s, want %s", who, name, got, w)
				}
			}
		}
	}
}

func TestProjectAccessLevel(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	for who, want := range map[string]record.AccessLevel{"anonymous": record.NoAccess, "stranger": record.NoAccess,
		"guest": record.Guest, "owner": record.Owner, "boss": record.Admin, "deploy writ own group": record.NoAccess} {
		if got := o.ProjectAccess(o.callers[who], o.projects["private/enabled"]).Level; got != want {
			t.Errorf("%s: %s, want %s", who, got, want)
		}
	}
	if o.callers["boss read_api"].Admin || !o.callers["boss"].Admin {
		t.Error("Admin does not follow the token")
	}
}

func TestGroupAccess(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	for who, want := range map[string][3]string{
		"anonymous": {"sr---", "-----", "-----"}, "stranger": {"sr---", "sr---", "-----"},
		"guest": {"sr---", "sr---", "sr---"}, "developer": {"srp--", "srp--", "srp--"},
		"maintainer": {"srpdm", "srpdm", "srpdm"}, "maintainer read_api": {"sr---", "sr---", "sr---"},
		"boss": {"srpdm", "srpdm", "srpdm"}, "deploy read own group": {"sr---", "sr---", "sr---"},
		"deploy writ own group": {"srpd-", "srpd-", "srpd-"}, "deploy writ other group": {"sr---", "-----", "-----"},
		"deploy writ other project": {"sr---", "-----", "-----"},
	} {
		for i, v := range visibilities {
			g, err := o.GroupByID(t.Context(), o.groups[v].ID)
			o.must(err)
			if got := may(o.GroupAccess(o.callers[who], g)); got != want[i] {
				t.Errorf("%s in %s: %s, want %s", who, v, got, want[i])
			}
		}
	}
}

// TestMembersBelowSeeGroup: who is a member of a project sees the groups above
// it, and nothing beside it.
func TestMembersBelowSeeGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.group("a", record.PrivateVisibility)
	o.group("a/b", record.PrivateVisibility)
	o.group("a/c", record.PrivateVisibility)
	inside := o.project("a/b/p", record.PrivateVisibility, record.RegistryEnabled)
	beside := o.project("a/b/q", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "")
	_, secret := o.token(NewToken{UserID: u.ID})
	until := o.clock.Now().Add(time.Hour)
	o.must(o.SetMember(t.Context(), operator, record.Member{Source: projectOf(inside.ID), UserID: u.ID, Level: record.Developer, ExpiresAt: until}))
	check := func(path, want string) {
		t.Helper()
		g, err := o.Group(t.Context(), path)
		o.must(err)
		if got := may(o.GroupAccess(o.signIn(bearer(secret)), g)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	check("a", "sr---")
	check("a/b", "sr---")
	check("a/c", "-----")
	if got := may(o.ProjectAccess(o.signIn(bearer(secret)), beside)); got != "-----" {
		t.Errorf("beside: %s", got)
	}
	if got := may(o.ProjectAccess(o.signIn(bearer(secret)), inside)); got != "srp--" {
		t.Errorf("inside: %s", got)
	}
	o.clock.Move(time.Hour)
	check("a", "-----")
	if got := may(o.ProjectAccess(o.signIn(bearer(secret)), inside)); got != "-----" {
		t.Errorf("inside, after the membership: %s", got)
	}
}

// TestLongestMembershipBelowCounts: a group is seen as long as any membership
// below it lasts, in whatever order they are read.
func TestLongestMembershipBelowCounts(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string][2]time.Duration{"for ever last": {time.Hour, 0}, "for ever first": {0, time.Hour},
		"longer last": {time.Hour, 3 * time.Hour}, "longer first": {3 * time.Hour, time.Hour}} {
		o := newOffice(t)
		o.group("a", record.PrivateVisibility)
		u := o.user("kim", "")
		for i, d := range ends {
			pr := o.project(fmt.Sprintf("a/p%d", i), record.PrivateVisibility, record.RegistryEnabled)
			m := record.Member{Source: projectOf(pr.ID), UserID: u.ID, Level: record.Guest}
			if d != 0 {
				m.ExpiresAt = o.clock.Now().Add(d)
			}
			o.must(o.SetMember(t.Context(), operator, m))
		}
		_, secret := o.token(NewToken{UserID: u.ID})
		g, err := o.Group(t.Context(), "a")
		o.must(err)
		o.clock.Move(2 * time.Hour)
		if !o.GroupAccess(o.signIn(bearer(secret)), g).See {
			t.Errorf("%s: the group is not seen", name)
		}
		o.clock.Move(2 * time.Hour)
		if see, want := o.GroupAccess(o.signIn(bearer(secret)), g).See, ends[0]*ends[1] == 0; see != want {
			t.Errorf("%s: seen later: %v", name, see)
		}
	}
}

// TestHighestRoleWins: roles of groups hold below them, a lower one there takes
// nothing away, and one that has ended counts no more.
func TestHighestRoleWins(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	top := o.group("a", record.PrivateVisibility)
	sub := o.group("a/b", record.PrivateVisibility)
	pr := o.project("a/b/p", record.PrivateVisibility, record.RegistryEnabled)
	u := o.user("kim", "secret password")
	p := func() record.AccessLevel {
		return o.ProjectAccess(o.signIn(Credential{Form: Basic, Username: "kim", Secret: "secret password"}), pr).Level
	}
	o.member(groupOf(sub.ID), u, record.Reporter)
	if got := p(); got != record.Reporter {
		t.Errorf("inherited: %s", got)
	}
	o.must(o.SetMember(t.Context(), operator, record.Member{Source: groupOf(top.ID), UserID: u.ID, Level: record.Maintainer, ExpiresAt: o.clock.Now().Add(time.Minute)}))
	o.member(projectOf(pr.ID), u, record.Guest)
	if got := p(); got != record.Maintainer {
		t.Errorf("highest: %s", got)
	}
	o.clock.Move(time.Minute)
	if got := p(); got != record.Reporter {
		t.Errorf("after the end: %s", got)
	}
	o.must(o.RemoveMember(t.Context(), operator, groupOf(sub.ID), u.ID))
	if got := p(); got != record.Guest {
		t.Errorf("after removal: %s", got)
	}
}

func TestJobHasRightsOfItsUser(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	pr := o.projects["private/enabled"]
	_, secret, err := o.CreatePipeline(t.Context(), o.callers["maintainer"], pr, NewPipeline{Ref: "main", SHA: "abc123"})
	o.must(err)
	job := o.signIn(bearer(secret))
	if job.Kind != Job || job.Username != "maintainer" || job.Key() != o.callers["maintainer"].Key() || job.ManagesAccount() {
		t.Errorf("job is %+v", job)
	}
	if got := may(o.ProjectAccess(job, pr)); got != "srpd-" {
		t.Errorf("own project: %s", got)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "")
	_, all := o.token(NewToken{UserID: u.ID})
	_, some := o.token(NewToken{UserID: u.ID, Packages: []string{"@acme/*", "lib"}})
	for name, want := range map[string][2]bool{"@acme/x": {true, true}, "@Acme/x": {true, true}, "lib": {true, true},
		"lib2": {true, false}, "@other/lib": {true, false}} {
		n, err := npm.ParseName(name)
		o.must(err)
		if got := [2]bool{o.signIn(bearer(all)).Covers(n), o.signIn(bearer(some)).Covers(n)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if o.signIn(bearer(some)).ManagesAccount() || !o.signIn(bearer(all)).ManagesAccount() {
		t.Error("a limited token manages the account, or another does not")
	}
}

// TestLimitedTokensDoNotManage: rules hold for all packages and all networks.
func TestLimitedTokensDoNotManage(t *testing.T) {
	t.Parallel()
	o := newTeam(t)
	u := o.user("kim", "")
	o.member(groupOf(o.groups[record.PrivateVisibility].ID), u, record.Owner)
	group, err := o.GroupByID(t.Context(), o.groups[record.PrivateVisibility].ID)
	o.must(err)
	project := o.projects["private/enabled"]
	for name, tt := range map[string]struct {
		token NewToken
		want  string
	}{
		"all":      {NewToken{UserID: u.ID}, "srpdm"},
		"packages": {NewToken{UserID: u.ID, Packages: []string{"@acme/*"}}, "srpd-"},
		"networks": {NewToken{UserID: u.ID, CIDR: []string{"0.0.0.0/0", "::/0"}}, "srpd-"},
		"reading":  {NewToken{UserID: u.ID, Scopes: []string{ScopeReadAPI}}, "sr---"},
	} {
		_, secret := o.token(tt.token)
		p := o.signIn(bearer(secret))
		if got := may(o.ProjectAccess(p, project)); got != tt.want {
			t.Errorf("%s: project %s, want %s", name, got, tt.want)
		}
		if got := may(o.GroupAccess(p, group)); got != tt.want {
			t.Errorf("%s: group %s, want %s", name, got, tt.want)
		}
	}
}
