package policy

import (
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Facts are what is judged: a version and its name. Neither may be nil.
type Facts struct {
	Name    *NameFacts
	Version *VersionFacts
}

// Fact is a yes or no that may be unknown. What is unknown is never taken for
// harmless: where a guard enforces, its verdict is Undecided.
type Fact uint8

// The answers.
const (
	Unknown Fact = iota
	No
	Yes
)

// Clock tells what the publish times of an upstream are.
type Clock uint8

// The clocks.
const (
	// MirrorClock belongs to an upstream that may state times of its own.
	MirrorClock Clock = iota
	// RegistryClock belongs to the registry that packages are published to.
	RegistryClock
)

// NameFacts are what is known of a name. The zero value knows nothing.
type NameFacts struct {
	Name npm.Name
	// Created is when the package was created, as upstream says; zero where it
	// does not.
	Created time.Time
	// FirstSeen is when larder saw the name for the first time; zero where that
	// is not known.
	FirstSeen time.Time
	// Times tells whether upstream states the publish time of any version.
	Times Fact
	// Clock tells what those times are.
	Clock Clock
	// Signs tells whether the upstream signs versions: it publishes its keys,
	// or was ever seen to sign.
	Signs Fact
	// Signed tells whether an earlier version of the name was signed.
	Signed Fact
	// Holder tells whether upstream has replaced the package by a security
	// holding package.
	Holder Fact
	// Lookalike tells whether the name resembles a private one; see Lookalikes.
	Lookalike Resemblance
	// Return tells whether the name was removed upstream and came back, and
	// nobody has acknowledged that yet.
	Return Return
}

// Resemblance is whether a name resembles a private one, and which.
type Resemblance struct {
	State Fact
	// Of is the private name.
	Of string
}

// Return is whether a name came back after it was removed upstream.
type Return struct {
	State Fact
	// At is when it was seen to be back.
	At time.Time
}

// VersionFacts are what is known of a version. The zero value knows nothing.
type VersionFacts struct {
	// Version is as upstream spells it.
	Version string
	// Local tells that it was published here. Only what operators block is
	// judged then: the rest was when it was published.
	Local bool
	// Published is when it was published, as upstream says.
	Published PublishTime
	Seen      Sight
	// Served is when larder handed it out for the first time; zero where it
	// never did, or nobody knows.
	Served  time.Time
	Listing Listing
	// Declared is what the document says; nil where that is not known.
	Declared *Manifest
	// Packed is what the tarball says; nil until larder has seen it.
	Packed     *Manifest
	Tar        Tar
	Signature  Signature
	Provenance Provenance
	Publisher  Publisher
	Pin        Pin
	Burst      Burst
	// Malware is the record of a feed that condemns the version.
	Malware Match
	// Indicator is the record of a feed that condemns its bytes, or those of a
	// file in it.
	Indicator Match
	// Fix is the reviewed advisory that the version is the least fix of on its
	// major, with no other advisory against it.
	Fix Match
	// Lineage tells whether Previous is set. JudgeName sets both.
	Lineage Lineage
	// Previous is the version that this one is compared with; its own Previous
	// is not looked at.
	Previous *VersionFacts
}

// Lineage tells what is known of the version before.
type Lineage uint8

// What can be known of the version before.
const (
	// LineageUnknown means that nobody looked.
	LineageUnknown Lineage = iota
	// LineageFirst means that no lower version is allowed.
	LineageFirst
	// LineageKnown means that Previous is set.
	LineageKnown
)

// PublishState tells what upstream says about a publish time.
type PublishState uint8

// The states of a publish time.
const (
	TimeUnknown PublishState = iota
	TimeStated
	TimeMissing
	TimeMalformed
)

// PublishTime is when a version was published, as upstream says.
type PublishTime struct {
	State PublishState
	// At is set with TimeStated.
	At time.Time
}

// ParsePublishTime reads a publish time as documents state it; the empty text
// is a missing one.
func ParsePublishTime(s string) PublishTime {
	if s == "" {
		return PublishTime{State: TimeMissing}
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return PublishTime{State: TimeMalformed}
	}
	return PublishTime{TimeStated, at}
}

// Sight is when larder saw a version.
type Sight struct {
	// First is when it was seen for the first time; zero where nobody knows.
	First time.Time
	// Without is when the document was last seen without the version; zero
	// where it never was, or nobody knows.
	Without time.Time
	// WithName tells that the version was there when the name was first seen.
	WithName Fact
}

// Listing is whether upstream still lists a version.
type Listing struct {
	Listed Fact
	// Removed is when it was seen to be gone.
	Removed time.Time
}

// SignatureState is what checking the registry's signatures came to.
type SignatureState uint8

// The results of checking signatures.
const (
	// SignatureUnknown means that nobody checked.
	SignatureUnknown SignatureState = iota
	// Unsigned means that there is none.
	Unsigned
	// SignatureValid means that one is by a trusted key, and none is wrong.
	SignatureValid
	// SignatureInvalid means that one by a trusted key is wrong.
	SignatureInvalid
	// SignatureUnknownKey means that no key is known that made one.
	SignatureUnknownKey
)

// Signature is the state of a version's signatures.
type Signature struct {
	State SignatureState
	// KeyID is the key that a wrong or unknown one names.
	KeyID string
}

// Provenance is how a version was published, in rising order of trust.
type Provenance uint8

// The kinds of provenance.
const (
	ProvenanceUnknown Provenance = iota
	// ProvenanceNone means that it carries no attestations.
	ProvenanceNone
	// ProvenanceAttested means that it carries them.
	ProvenanceAttested
	// ProvenanceTrusted means that a trusted publisher made it as well.
	ProvenanceTrusted
)

// PublisherState tells what is known of who published a version.
type PublisherState uint8

// What can be known of a publisher.
const (
	PublisherUnknown PublisherState = iota
	// PublisherUnstated means that upstream does not say who it was.
	PublisherUnstated
	// PublisherKnown means that they published the name before, or that it is
	// the first version of all.
	PublisherKnown
	// PublisherNew means that they never did.
	PublisherNew
)

// Publisher is who published a version.
type Publisher struct {
	State PublisherState
	Name  string
}

// Pin is how a version's declared integrity stands to what was pinned.
type Pin struct {
	// Changed is No where it is the same, or nothing is pinned.
	Changed Fact
	// Since is when it was pinned.
	Since time.Time
	// Stored tells that the pinned bytes are here, to be served for ever.
	Stored bool
}

// Burst counts the versions that were published about the same time.
type Burst struct {
	// State is No where nothing comes near a burst, Yes where the counts tell.
	State Fact
	// Scope counts versions of the same scope, Publisher those of the same
	// publisher.
	Scope, Publisher int
	// Span is the time in which they were published.
	Span time.Duration
}

// Match is whether a feed has a record about a version, and which.
type Match struct {
	State Fact
	// ID is the record's identifier.
	ID string
}

// Manifest is what a manifest says that matters when it is installed.
type Manifest struct {
	// Hooks are what runs on install.
	Hooks Hooks
	// Dependencies are the dependencies and the optional ones.
	Dependencies []Dependency
	// License is its licence as one text, see LicenseText; empty where it says
	// none.
	License string
}

// Dependency is one dependency of a version.
type Dependency struct {
	// Name is the package that is installed; it may be malformed.
	Name string
	// Exotic tells where it comes from; empty for the registry.
	Exotic Exotic
	// Created is when that package was created; zero where nobody knows.
	Created time.Time
}
