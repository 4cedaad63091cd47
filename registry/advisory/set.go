package advisory

import (
	"slices"
	"sort"
	"time"
	"unsafe"

	"github.com/larderhq/larder/registry/npm"
)

// Set is what all feeds say together. It never changes; only Load makes one,
// and the zero Set says nothing.
//
// A set is a few slices without pointers and one text, so that the collector
// has next to nothing to look at.
type Set struct {
	arena string
	// names are in order; the claims about names[i] are those from starts[i]
	// to starts[i+1].
	names   []ref
	starts  []uint32
	digests []Digest
	claims  []claim
	spans   []packedSpan
	records []record
	hashes  []indicator
	newest  time.Time
}

// claim is what a record says about a name: the spans from first to end.
type claim struct{ record, first, end uint32 }

type packedSpan struct {
	from, to ref
	kind     spanKind
}

// record is what is kept of a record beside its claims.
type record struct {
	id, title, vector ref
	// aliases and cwes have spaces between them.
	aliases, cwes     ref
	score             float32
	severity          severity
	malware, reviewed bool
}

// text returns the text at a place.
func (s *Set) text(at ref) string {
	size := int(s.arena[at]) | int(s.arena[at+1])<<8
	return s.arena[at+2:][:size]
}

// find returns the place of a name.
func (s *Set) find(name string) (int, bool) {
	at := sort.Search(len(s.names), func(i int) bool { return s.text(s.names[i]) >= name })
	return at, at < len(s.names) && s.text(s.names[at]) == name
}

// Size is how much is in a set.
type Size struct {
	// Records, Names and Hashes are counts; records count that stand.
	Records, Names, Hashes int
	// Bytes is the memory that they take.
	Bytes int64
}

// Size returns how much is in the set.
func (s *Set) Size() Size {
	return Size{
		Records: len(s.records), Names: len(s.names), Hashes: len(s.hashes),
		Bytes: int64(len(s.arena)) + bytesOf(s.names) + bytesOf(s.starts) + bytesOf(s.digests) +
			bytesOf(s.claims) + bytesOf(s.spans) + bytesOf(s.records) + bytesOf(s.hashes),
	}
}

func bytesOf[T any](all []T) int64 {
	var one T
	return int64(cap(all)) * int64(unsafe.Sizeof(one))
}

// Newest returns when the newest record was modified. A feed that has an older
// one than before was rolled back; one whose newest is old is stale.
func (s *Set) Newest() time.Time { return s.newest }

// Names returns all names that records are about, in order.
func (s *Set) Names() []npm.Name {
	all := make([]npm.Name, 0, len(s.names))
	for _, at := range s.names {
		if name, err := npm.ParseName(s.text(at)); err == nil {
			all = append(all, name)
		}
	}
	return all
}

// Package returns what the set says about a name, ready for many versions of
// it. It costs no memory where it says nothing.
func (s *Set) Package(name npm.Name) Package {
	at, ok := s.find(name.String())
	if !ok {
		return Package{}
	}
	return s.packageAt(at)
}

// packageAt reads the claims about a name.
func (s *Set) packageAt(at int) Package {
	p := Package{name: s.text(s.names[at]), digest: s.digests[at]}
	for _, c := range s.claims[s.starts[at]:s.starts[at+1]] {
		one := says{set: s, record: &s.records[c.record]}
		for _, in := range s.spans[c.first:c.end] {
			one.spans = append(one.spans, newReach(span{from: s.text(in.from), to: s.text(in.to), kind: in.kind}))
		}
		p.says = append(p.says, one)
	}
	p.says = slices.Clip(p.says)
	return p
}

// Malware is Package(name).Malware(version).
func (s *Set) Malware(name npm.Name, version string) (Malware, bool) {
	return s.Package(name).Malware(version)
}

// Fix is Package(name).Fix(version, published).
func (s *Set) Fix(name npm.Name, version string, published []string) (id string, ok bool) {
	return s.Package(name).Fix(version, published)
}

// Advisories is Package(name).Advisories().
func (s *Set) Advisories(name npm.Name) []Advisory { return s.Package(name).Advisories() }
