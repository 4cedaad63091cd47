package accounts

import (
	"slices"
	"strconv"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Kind tells what sort of caller somebody is.
type Kind uint8

// The kinds of callers.
const (
	// Anonymous sent no credential.
	Anonymous Kind = iota
	// Person signed in with a password or a personal token.
	Person
	// Deploy is a deploy token, which acts for one project or group.
	Deploy
	// Job is a pipeline, which acts as a user.
	Job
)

// Principal is who asks. It is shared by requests and never changes.
type Principal struct {
	Kind Kind
	// UserID is zero for the anonymous and for deploy tokens.
	UserID   int64
	Username string
	Name     string
	Email    string
	// Admin tells that the caller may administer everything. It is false for an
	// administrator whose credential is limited: by scopes, packages or
	// networks, or to a job.
	Admin bool
	// Token is what the caller signed in with; zero after a password.
	Token record.Token

	key, actor string
	// admin is whether the user is an administrator.
	admin bool
	// reads and writes are what the credential may do at all.
	reads, writes bool
	patterns      []npm.Pattern
	// address is where it came from, for the audit log alone; empty in what
	// requests share.
	address string
	*memberships
}

// From returns the principal as it asks from an address, which the audit log
// keeps.
func (p *Principal) From(address string) *Principal {
	from := *p
	from.address = address
	return &from
}

// memberships are a user's roles by the numbers of groups and projects.
type memberships struct {
	groups, projects map[int64]grant
	// above are the groups that hold something which the user is a member of.
	above map[int64]grant
}

// grant is a role and until when, in Unix nanoseconds; zero is for ever.
type grant struct {
	level record.AccessLevel
	until int64
}

func (g grant) at(now time.Time) record.AccessLevel {
	if g.until != 0 && now.UnixNano() >= g.until {
		return record.NoAccess
	}
	return g.level
}

// anonymousName is what the audit log calls whoever did not sign in.
const anonymousName = "anonymous"

// nobody is shared; it has no rights that a change could add to.
var nobody = Principal{key: anonymousName, actor: anonymousName, memberships: &memberships{}}

// Nobody returns the anonymous principal.
func Nobody() *Principal { return &nobody }

// Actor names the caller for the audit log: the username, "deploy-token:" and
// the token's name, or "anonymous".
func (p *Principal) Actor() string { return p.actor }

// Key identifies the caller whatever credential it uses: "user/3", "deploy/7".
func (p *Principal) Key() string { return p.key }

// Covers tells whether the caller's token may be used for packages of that
// name.
func (p *Principal) Covers(name npm.Name) bool {
	if len(p.patterns) == 0 {
		return len(p.Token.Packages) == 0
	}
	return slices.ContainsFunc(p.patterns, func(t npm.Pattern) bool { return t.Match(name) })
}

// ManagesAccount tells whether the caller may change its own account: password,
// profile and tokens. A person with a limited token may not, because it could
// make itself one without limits.
func (p *Principal) ManagesAccount() bool { return p.Kind == Person && p.unlimited() }

// Writes tells whether the caller's credential may write at all; what it may
// write depends on the caller's role.
func (p *Principal) Writes() bool { return p.writes }

func (p *Principal) unlimited() bool {
	return p.reads && p.writes && len(p.Token.Packages) == 0 && len(p.Token.CIDR) == 0
}

// account is a user as the store has it.
type account struct {
	user  record.User
	roles *memberships
	// self is the user with a password, who is not limited.
	self *Principal
}

func newAccount(u record.User, roles *memberships) *account {
	a := &account{user: u, roles: roles}
	a.self = a.principal()
	return a
}

func (a *account) principal() *Principal {
	u := a.user
	return &Principal{Kind: Person, UserID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email,
		Admin: u.Admin, key: "user/" + strconv.FormatInt(u.ID, 10), actor: u.Username, admin: u.Admin,
		reads: true, writes: true, memberships: a.roles}
}

// withToken is the user with a token.
func (a *account) withToken(t record.Token, patterns []npm.Pattern) *Principal {
	p := a.principal()
	p.Token, p.patterns = t, patterns
	if t.Kind == record.JobToken {
		p.Kind = Job
	} else {
		p.writes = slices.Contains(t.Scopes, ScopeAPI)
		p.reads = p.writes || slices.Contains(t.Scopes, ScopeReadAPI)
	}
	p.Admin = p.admin && p.ManagesAccount()
	return p
}

// deployPrincipal is a deploy token, which has no user.
func deployPrincipal(t record.Token, patterns []npm.Pattern) *Principal {
	writes := slices.Contains(t.Scopes, ScopeWriteRegistry)
	return &Principal{Kind: Deploy, Username: t.Username, Name: t.Name, Token: t, patterns: patterns,
		key: "deploy/" + strconv.FormatInt(t.ID, 10), actor: "deploy-token:" + t.Name,
		writes: writes, reads: writes || slices.Contains(t.Scopes, ScopeReadRegistry), memberships: &memberships{}}
}

// Console returns the principal of larder's own commands, who may do
// everything and is no user.
func Console() *Principal { return &console }

var console = Principal{Kind: Person, Username: consoleName, Name: consoleName, Admin: true, key: consoleName,
	actor: consoleName, admin: true, reads: true, writes: true, memberships: &memberships{}}

// consoleName is what the audit log calls larder's own commands.
const consoleName = "console"
