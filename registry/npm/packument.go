package npm

import (
	"errors"
	"math"
)

// Limits bound what Scan accepts.
type Limits struct {
	// Depth is how deep objects and arrays may nest; 0 means 64.
	Depth int
	// Versions is how many versions a packument may hold; 0 means 50,000.
	Versions int
}

func (l Limits) withDefaults() Limits {
	if l.Depth == 0 {
		l.Depth = 64
	}
	if l.Versions == 0 {
		l.Versions = 50_000
	}
	return l
}

// maxTopMembers bounds the members of a packument itself. Real ones have some
// twenty; without a bound a document of tiny members would cost many times its
// size in bookkeeping.
const maxTopMembers = 1024

// Packument is the index of an upstream document: which bytes of it are what.
// The document is kept as it came; rendering copies those bytes and splices
// the few edits in. A Packument is immutable and safe for concurrent use.
type Packument struct {
	// Name is the package's name.
	Name string
	// Tags are the dist-tags in document order.
	Tags []Tag
	// Versions are the versions in document order.
	Versions []VersionInfo
	// Modified is when upstream last changed the package, as it wrote it; may
	// be empty.
	Modified string

	name        Name
	doc         []byte
	byKey       map[string]uint32
	body        span
	top         []topMember
	tagsBody    span
	tagAt       []tagMember
	versionBody span
	time        span
	created     span
	kept        []span
	unpublished bool
	texts       int // bytes of the strings above that are copies
}

// Tag is one dist-tag.
type Tag struct {
	Name, Version string
}

// VersionInfo is what larder knows of one version without decoding it.
type VersionInfo struct {
	// Key is the version as upstream spells it.
	Key string
	// Tarball is upstream's URL of the tarball; may be empty.
	Tarball string
	// Integrity is dist.integrity; may be empty.
	Integrity string
	// Shasum is dist.shasum, the hex form of a sha1; may be empty.
	Shasum string
	// Published is time[Key] as upstream wrote it; may be empty.
	Published string
	// Signed tells that dist.signatures holds something.
	Signed bool
	// Attested tells that dist.attestations holds something.
	Attested bool
	// Deprecated tells that the version carries a deprecation.
	Deprecated bool
	// InstallScript tells that scripts run when this version is installed.
	InstallScript bool

	at           member
	dist         span
	tarball      span
	integrity    span
	shasum       span
	signatures   span
	attestations span
	bundled      span
	npmUser      span
	keptFrom     uint32
	keptTo       uint32
	// distShape says what stands at dist.
	distShape shape
}

// shape tells what a member's value is, as far as splicing has to know.
type shape uint8

const (
	shapeAbsent shape = iota
	shapeEmptyObject
	shapeObject
	shapeOther
)

// span is a half-open range of bytes in the document. Nothing that larder
// records starts at 0, where the document's own brace or space stands, so the
// zero span means absent.
type span struct {
	from, to uint32
}

func (s span) absent() bool { return s.to == 0 }

// member is one member of an object: name starts at from, value covers
// [value, to).
type member struct {
	from, value, to uint32
}

// topMember is a member of the packument itself.
type topMember struct {
	member
	field topField
}

// tagMember is a member of dist-tags; tag indexes Packument.Tags, or is
// negative for a member that is not passed on.
type tagMember struct {
	member
	tag int32
}

var (
	// errForeign means that the document describes another package (G21).
	errForeign = errors.New("identity does not match")
	// errOverLimit means that the document exceeds Limits.
	errOverLimit = errors.New("over the limit")
	// errShape means that a value is not of the type that the registry format
	// demands there.
	errShape = errors.New("unexpected type of value")
	// errDuplicate means that a name that larder reads stands twice in one
	// object, where parsers differ about which of the two counts.
	errDuplicate = errors.New("duplicate name")
	// errTrailing means that something follows the document.
	errTrailing = errors.New("bytes after the document")
	// errUTF8 means that the document is not text.
	errUTF8 = errors.New("invalid UTF-8")
)

// Scan validates an upstream packument in one pass and indexes it. It keeps
// doc, which must not change afterwards. want is the name that was asked for:
// a document whose names or versions contradict it is refused whole (G21).
// Errors are of kind ErrBadUpstream.
func Scan(doc []byte, want Name, l Limits) (*Packument, error) {
	if uint64(len(doc)) > math.MaxUint32 {
		return nil, scanError(want, errOverLimit)
	}
	p := &Packument{Name: want.String(), name: want, doc: doc, byKey: map[string]uint32{}}
	s := newScanner(p, l.withDefaults())
	if err := s.document(); err != nil {
		return nil, scanError(want, err)
	}
	p.texts = s.texts.held
	return p, nil
}

// scanError words a refusal for the client, with the cause for the log alone.
func scanError(want Name, err error) error {
	e := &Error{Kind: ErrBadUpstream, Err: err, Package: want.String()}
	switch {
	case errors.Is(err, errForeign):
		e.Text = "upstream sent metadata of another package for " + want.String()
		e.Guard = "G21"
	case errors.Is(err, errOverLimit):
		e.Text = "upstream sent metadata over the limits for " + want.String()
		e.Guard = "G24"
	default:
		e.Text = "upstream sent malformed metadata for " + want.String()
	}
	return e
}

// Version looks a version up by upstream's spelling of it.
func (p *Packument) Version(key string) (*VersionInfo, bool) {
	i, ok := p.byKey[key]
	if !ok {
		return nil, false
	}
	return &p.Versions[i], true
}

// Tag looks up the version that a dist-tag points to.
func (p *Packument) Tag(name string) (string, bool) {
	for _, t := range p.Tags {
		if t.Name == name {
			return t.Version, true
		}
	}
	return "", false
}

// Unpublished tells whether the document is the tombstone that upstream leaves
// of a package that was taken back as a whole.
func (p *Packument) Unpublished() bool {
	return p.unpublished && len(p.Versions) == 0
}
