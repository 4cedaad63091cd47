package record

import "time"

// In all stores below a miss is npm.ErrNotFound, a taken unique value
// npm.ErrConflict and a record that cannot be read ErrCorrupt. Put writes over
// what is there; a record with an ID of zero is new, gets the next number and
// is returned with it. Lists are ordered by number unless they say otherwise,
// begin after the one named by after, and hold at most limit records.

// Accounts are users and their credentials.
type Accounts interface {
	Users
	Tokens
	Logins
}

// Users are who signs in.
type Users interface {
	User(id int64) (User, error)
	// UserByName finds a username in any case.
	UserByName(username string) (User, error)
	PutUser(u User) (User, error)
	// RemoveUser removes a user, its memberships and its tokens.
	RemoveUser(id int64) error
	Users(after int64, limit int) ([]User, error)
}

// Tokens are credentials of any kind. They stay when they are revoked.
type Tokens interface {
	Token(id int64) (Token, error)
	TokenByDigest(digest [32]byte) (Token, error)
	PutToken(t Token) (Token, error)
	// TokensOf lists the personal tokens of a user.
	TokensOf(userID, after int64, limit int) ([]Token, error)
	// DeployTokens lists those of a project or group.
	DeployTokens(s Source, after int64, limit int) ([]Token, error)
}

// Logins are sign-ins that clients wait for.
type Logins interface {
	Login(digest [32]byte) (Login, error)
	PutLogin(l Login) error
	RemoveLogin(digest [32]byte) error
	// PruneLogins removes what expired before now and returns its number.
	PruneLogins(now time.Time) (int, error)
}

// Spaces are groups, projects and who may do what in them.
type Spaces interface {
	Groups
	Projects
	Members
	Rules
	Pipelines
}

// Groups form a forest.
type Groups interface {
	Group(id int64) (Group, error)
	// GroupByPath finds a full path in any case, earlier ones too: the caller
	// compares FullPath to notice that a group has moved.
	GroupByPath(full string) (Group, error)
	PutGroup(g Group) (Group, error)
	// RemoveGroup removes a group with its members and deploy tokens. It fails
	// with npm.ErrConflict while the group holds anything.
	RemoveGroup(id int64) error
	// Groups lists the groups directly in parent, or those at the top where
	// parent is zero.
	Groups(parent, after int64, limit int) ([]Group, error)
}

// Projects hold packages.
type Projects interface {
	Project(id int64) (Project, error)
	// ProjectByPath is like GroupByPath.
	ProjectByPath(full string) (Project, error)
	PutProject(p Project) (Project, error)
	// RemoveProject removes a project with its members, rules, pipelines and
	// the tokens of all these. It fails with npm.ErrConflict while the project
	// holds packages.
	RemoveProject(id int64) error
	// Projects lists the projects directly in group, or all where group is
	// zero.
	Projects(group, after int64, limit int) ([]Project, error)
}

// Members have roles.
type Members interface {
	Member(s Source, userID int64) (Member, error)
	PutMember(m Member) error
	RemoveMember(s Source, userID int64) error
	// Members lists by the user's number.
	Members(s Source, after int64, limit int) ([]Member, error)
	// Memberships lists all of a user's.
	Memberships(userID int64) ([]Member, error)
}

// Rules protect packages.
type Rules interface {
	Rule(projectID, id int64) (Rule, error)
	PutRule(r Rule) (Rule, error)
	RemoveRule(projectID, id int64) error
	// Rules lists all of a project's.
	Rules(projectID int64) ([]Rule, error)
}

// Pipelines publish packages.
type Pipelines interface {
	Pipeline(id int64) (Pipeline, error)
	PutPipeline(p Pipeline) (Pipeline, error)
	// Pipelines lists a project's, newest first, beginning below before where
	// that is not zero.
	Pipelines(projectID, before int64, limit int) ([]Pipeline, error)
}

// Catalog are packages.
type Catalog interface {
	Packages
	Manifests
	Files
	Tags
	Holdings
}

// Packages are versions of names in projects.
type Packages interface {
	Package(id int64) (Package, error)
	// PackageOf returns the package of exactly that npm name and version,
	// whatever its status.
	PackageOf(projectID int64, name, version string) (Package, error)
	// PutPackage fails with npm.ErrConflict where another package of the
	// project has the same type, name and version. Writing nothing but the
	// downloads of a package is no change of it.
	PutPackage(p Package) (Package, error)
	// RemovePackage removes a package with its manifest, files and tags.
	RemovePackage(id int64) error
	// Packages lists what q asks for.
	Packages(q PackageQuery) ([]Package, error)
}

// PackageQuery asks for packages of one project, or for all packages of the
// store where ProjectID is zero and no name is asked for.
type PackageQuery struct {
	ProjectID int64
	// Name is an exact npm name; empty lists all names and types.
	Name string
	// After is the number that the list begins after.
	After int64
	Limit int
}

// Manifests are what was published besides tarballs.
type Manifests interface {
	Manifest(packageID int64) (Manifest, error)
	PutManifest(m Manifest) error
}

// Files are the files of packages.
type Files interface {
	File(id int64) (File, error)
	PutFile(f File) (File, error)
	RemoveFile(id int64) error
	// Files lists all of a package, those to be destroyed too.
	Files(packageID int64) ([]File, error)
	// PendingFiles lists the files of all packages that are to be destroyed.
	PendingFiles(after int64, limit int) ([]File, error)
}

// Tags are dist-tags.
type Tags interface {
	// PutTag writes the tag of that name over the one that is there, whose
	// number it keeps.
	PutTag(t Tag) (Tag, error)
	RemoveTag(projectID int64, name, tag string) error
	// Tags lists those of a name by tag.
	Tags(projectID int64, name string) ([]Tag, error)
}

// Holdings tell which projects hold a name.
type Holdings interface {
	Holding(projectID int64, name string) (Holding, error)
	PutHolding(h Holding) error
	RemoveHolding(projectID int64, name string) error
	// HoldingsOf lists the projects that hold exactly that name.
	HoldingsOf(name string) ([]Holding, error)
	// HoldingsAfter lists holdings of all projects by name and then project,
	// beginning after the name after. A name is never split: where limit is
	// reached, the list goes on until its last name is whole.
	HoldingsAfter(after string, limit int) ([]Holding, error)
}

// Audit is the append-only log of who did what.
type Audit interface {
	// Append adds an entry. One without a time gets the present one.
	Append(e Entry) (Entry, error)
	// Entries lists newest first, beginning below before where that is not
	// zero.
	Entries(before int64, limit int) ([]Entry, error)
}
