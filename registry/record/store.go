package record

import (
	"context"
	"errors"
	"fmt"
)

// ErrBehind means that changes which a reader has not seen are no longer kept,
// or that its position belongs to other data. The reader must drop everything
// that it derived from the store and follow on from Store.Sequence, read before
// it begins to look again.
var ErrBehind = errors.New("changes no longer kept")

// Store keeps the precious records of one registry.
type Store interface {
	// View runs fn on a consistent snapshot. Writing in it fails.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn in one transaction and returns once what it wrote is on
	// stable storage. When fn fails nothing is written. The store may run fn
	// more than once, and it runs one Update at a time, so fn must be short and
	// must not call the store.
	Update(ctx context.Context, fn func(Tx) error) error
	// Changes returns at most limit changes after the sequence number after, in
	// order, or ErrBehind. No change appears later with a number that is lower
	// than one already returned.
	Changes(ctx context.Context, after uint64, limit int) ([]Change, error)
	// Sequence returns the number of the last change.
	Sequence(ctx context.Context) (uint64, error)
}

// Tx is one transaction. It sees its own writes and is valid only inside the
// function that got it.
type Tx interface {
	Registry
	// Names gives the name ledger.
	Names() Names
	// Settings gives the settings of the instance.
	Settings() Settings
	// Guards gives what guards versions.
	Guards() Guards
}

// Registry gives the stores of the private registry.
type Registry interface {
	// Accounts gives users and their credentials.
	Accounts() Accounts
	// Spaces gives groups, projects and who may do what in them.
	Spaces() Spaces
	// Catalog gives packages.
	Catalog() Catalog
	// Audit gives the audit log.
	Audit() Audit
}

// Names is the ledger of names and pins. A miss is npm.ErrNotFound, a record
// that cannot be read ErrCorrupt.
type Names interface {
	Claims
	Pins
	Burns
}

// Claims tell whose names are.
type Claims interface {
	// Claim returns the claim of exactly that name.
	Claim(name string) (Claim, error)
	// PutClaim writes a claim over whatever is there.
	PutClaim(c Claim) error
	// ClaimsAfter lists at most limit claims ordered by name as text, beginning
	// after that name, whether there is one of it or not.
	ClaimsAfter(after string, limit int) ([]Claim, error)
}

// Pins tell what versions were when first seen.
type Pins interface {
	// Pin returns the pin of exactly that version.
	Pin(name, version string) (Pin, error)
	// PutPin writes a pin over whatever is there.
	PutPin(p Pin) error
	// Pins returns the pins of exactly that name, ordered by version as text;
	// none is no error.
	Pins(name string) ([]Pin, error)
}

// Burns are the versions that nobody may publish again.
type Burns interface {
	// Burn returns the burn of exactly that version.
	Burn(name, version string) (Burn, error)
	// PutBurn writes a burn over whatever is there.
	PutBurn(b Burn) error
	// RemoveBurn makes a version free again, for a package that is restored;
	// that there is none is no error.
	RemoveBurn(name, version string) error
	// Burns returns the burns of exactly that name, ordered by version as text.
	Burns(name string) ([]Burn, error)
}

// Settings are facts about the instance, such as the upstream that was chosen.
type Settings interface {
	// Get returns a setting, or npm.ErrNotFound.
	Get(key string) (string, error)
	// Put writes a setting.
	Put(key, value string) error
}

// Keys of settings that more than one package knows.
const (
	// SettingUpstream holds the URL of the chosen upstream.
	SettingUpstream = "upstream"
	// SettingInstance holds the instance id, which recognises loops.
	SettingInstance = "instance_id"
)

// Kind tells what sort of record changed.
type Kind uint8

// The kinds of changes. Numbers are stored: add, never renumber.
const (
	// ClaimChanged is a written claim; Key is the name.
	ClaimChanged Kind = 1
	// PinChanged is a written pin; Key is the name, Version the version.
	PinChanged Kind = 2
	// SettingChanged is a written setting; Key is its key.
	SettingChanged Kind = 3
	// UserChanged is a written or removed user; Key is the number.
	UserChanged Kind = 4
	// TokenChanged is a written token, a revoked one for instance; Key is the
	// number. Writing nothing but LastUsedAt is no change.
	TokenChanged Kind = 5
	// SpaceChanged is a written or removed group or project: visibility, path
	// or settings. Key is "group" or "project" and its number, as in
	// "project/1".
	SpaceChanged Kind = 6
	// MemberChanged is a written or removed member; Key is the user's number.
	MemberChanged Kind = 7
	// RuleChanged is a written or removed rule; Key is the project's number.
	RuleChanged Kind = 8
	// PackageChanged is a written or removed package, file, tag, manifest,
	// holding or burn; Key is the package name.
	PackageChanged Kind = 9
	// OrderChanged is a written order; Key is the number.
	OrderChanged Kind = 10
	// SightChanged is a name that vanished, came back or was acknowledged; Key
	// is the name. What else is seen of a name is no change.
	SightChanged Kind = 11
)

var kindWords = map[Kind]string{ClaimChanged: "claim", PinChanged: "pin", SettingChanged: "setting",
	UserChanged: "user", TokenChanged: "token", SpaceChanged: "space", MemberChanged: "member",
	RuleChanged: "rule", PackageChanged: "package", OrderChanged: "order", SightChanged: "sight"}

// String returns the kind's word.
func (k Kind) String() string {
	if w, ok := kindWords[k]; ok {
		return w
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Change tells that a record was written. A reader ignores kinds that it does
// not know.
type Change struct {
	// Seq orders all changes of a store; numbers may be left out.
	Seq uint64
	// Kind tells what changed.
	Kind Kind
	// Key names the record.
	Key string
	// Version is set where a record belongs to one version.
	Version string
	// Number is the number of the package, where one package was written or
	// removed; zero where the change is about more. What else was written of
	// the name in the same transaction goes along without a change of its own.
	Number int64
}
