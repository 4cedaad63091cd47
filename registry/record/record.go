// Package record holds the precious records of a registry and the interfaces
// of the store that keeps them. It does no I/O and knows no database.
package record

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larderhq/larder/registry/npm"
)

// Limits of what a record may hold, so that every row stays far below the
// largest value of any store.
const (
	maxName     = 512
	maxVersion  = 512
	maxUpstream = 256
	maxDeclared = 4096
	maxSetting  = 16 << 10
)

// ErrCorrupt means that a stored record cannot be understood. It must never be
// taken for absence: an unreadable claim is not an unclaimed name.
var ErrCorrupt = errors.New("record unreadable")

// Origin tells whose a package name is.
type Origin uint8

// The origins of a name.
const (
	// Unclaimed is a name about which nothing was decided yet.
	Unclaimed Origin = iota
	// Private is a name that is local for ever and never asked upstream.
	Private
	// Public is a name that upstream was seen to have.
	Public
	// Dual is a name that an explicit rule serves from both.
	Dual
)

var originWords = [...]string{Unclaimed: "unclaimed", Private: "private", Public: "public", Dual: "dual"}

// String returns the origin's word.
func (o Origin) String() string {
	if int(o) < len(originWords) {
		return originWords[o]
	}
	return fmt.Sprintf("origin(%d)", uint8(o))
}

// ParseOrigin reads an origin's word and fails with ErrCorrupt on any other.
func ParseOrigin(word string) (Origin, error) {
	for o, w := range originWords {
		if w == word {
			return Origin(o), nil
		}
	}
	return Unclaimed, fmt.Errorf("origin %q: %w", word, ErrCorrupt)
}

// ByUpstream is the Claim.By of a name that upstream answered for.
const ByUpstream = "upstream"

// Claim says whose one exact name is. Claims are never removed.
type Claim struct {
	// Name is the exact package name.
	Name string
	// Origin is Unclaimed in a stored claim only after a release.
	Origin Origin
	// By tells what made the claim, such as ByUpstream.
	By string
	// Upstream is the upstream that answered for a public name.
	Upstream string
	// ProjectID is the project whose publish claimed a private name; zero where
	// none did.
	ProjectID int64
	// ClaimedAt is when the claim was made.
	ClaimedAt time.Time
	// FirstUpstreamSeen is when upstream was first seen to have the name; zero
	// when it never was.
	FirstUpstreamSeen time.Time
	// Tombstone tells that the last version of a private name was deleted; nil
	// while there are some.
	Tombstone *Tombstone
	// Release tells who made the name free again; set where Origin is
	// Unclaimed.
	Release *Tombstone
}

// Tombstone says who ended something, when and why.
type Tombstone struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

func (t *Tombstone) validate() error {
	if t == nil {
		return nil
	}
	return errors.Join(check("actor", t.By, 1, maxText), check("reason", t.Reason, 0, maxText))
}

// Burn marks a version of a private name that was deleted: its number is never
// given again.
type Burn struct {
	Name, Version string
	// SHA512 is what the deleted tarball was.
	SHA512 [64]byte
	Tombstone
}

// Validate refuses a burn that no store may keep.
func (b Burn) Validate() error {
	return errors.Join(check("name", b.Name, 1, maxName), check("version", b.Version, 1, maxVersion), b.Tombstone.validate())
}

// Validate refuses a claim that no store may keep.
func (c Claim) Validate() error {
	if c.Origin == Unclaimed && c.Release == nil || int(c.Origin) >= len(originWords) {
		return fmt.Errorf("claim of %q as %s: %w", c.Name, c.Origin, npm.ErrInvalid)
	}
	return errors.Join(check("name", c.Name, 1, maxName), check("claimer", c.By, 1, maxUpstream),
		check("upstream", c.Upstream, 0, maxUpstream), c.Tombstone.validate(), c.Release.validate())
}

// Pin is what the tarball of one version was when it was first seen. Later
// bytes are compared with it.
type Pin struct {
	// Name is the exact package name.
	Name string
	// Version is the exact version as the packument spells it.
	Version string
	// SHA512 and SHA1 are digests of the tarball.
	SHA512 [64]byte
	// SHA1 see SHA512.
	SHA1 [20]byte
	// Size is the tarball's length in bytes.
	Size int64
	// FirstSeen is when it was verified for the first time.
	FirstSeen time.Time
	// Upstream names where it came from.
	Upstream string
	// Declared is the integrity that upstream declared then.
	Declared string
}

// Validate refuses a pin that no store may keep.
func (p Pin) Validate() error {
	if p.SHA512 == [64]byte{} {
		return fmt.Errorf("pin of %s@%s without a digest: %w", p.Name, p.Version, npm.ErrInvalid)
	}
	if p.Size < 0 {
		return fmt.Errorf("pin of %s@%s with a negative size: %w", p.Name, p.Version, npm.ErrInvalid)
	}
	return errors.Join(check("name", p.Name, 1, maxName), check("version", p.Version, 1, maxVersion),
		check("upstream", p.Upstream, 0, maxUpstream), check("integrity", p.Declared, 0, maxDeclared))
}

// ValidateSetting refuses a setting that no store may keep.
func ValidateSetting(key, value string) error {
	return errors.Join(check("setting", key, 1, maxName), check("value of a setting", value, 0, maxSetting))
}

// check bounds a text that becomes part of a key. NUL separates the parts of
// keys, so that no name can be mistaken for the beginning of another.
func check(what, s string, low, high int) error {
	if len(s) < low || len(s) > high || strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return fmt.Errorf("%s of %d bytes in a record: %w", what, len(s), npm.ErrInvalid)
	}
	return nil
}
