package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// NameJudgement is what is decided about all versions of a name.
type NameJudgement struct {
	// Judgements are in the order of the versions that were given.
	Judgements []Judgement
	// Previous are the places of the versions that each was compared with, -1
	// for one that was compared with none.
	Previous []int
	// Digest changes when what is hidden, denied, undecided or warned about
	// changes, or what is said about it, and only then.
	Digest [16]byte
	// ValidUntil is when the name has to be judged anew; zero for never.
	ValidUntil time.Time
}

// JudgeName judges all versions of a name, each compared with the highest lower
// one that is neither denied nor hidden: of a release only releases count, so long as there is
// one, as nobody is given a prerelease who did not ask for it. The facts are not
// changed; what they say about the version before is not looked at.
func (e *Engine) JudgeName(n *NameFacts, versions []VersionFacts, now time.Time) NameJudgement {
	out := NameJudgement{Judgements: make([]Judgement, len(versions)), Previous: make([]int, len(versions))}
	before := line{release: -1, last: -1}
	for _, v := range ascending(versions) {
		facts := versions[v.index]
		at := before.link(&facts, v.version, versions)
		out.Previous[v.index] = at
		j := e.Judge(Facts{n, &facts}, now)
		out.Judgements[v.index] = j
		if j.Action != Deny && j.Action != Hide && !v.version.IsZero() {
			before.add(v)
		}
		if at := j.ValidUntil; !at.IsZero() && (out.ValidUntil.IsZero() || at.Before(out.ValidUntil)) {
			out.ValidUntil = at
		}
	}
	out.Digest = digest(versions, out.Judgements)
	return out
}

// placed is a version with its place among those that were given.
type placed struct {
	version npm.Version
	index   int
}

// ascending sorts versions from low to high. Those that are none come first and
// are compared with nothing.
func ascending(versions []VersionFacts) []placed {
	out := make([]placed, len(versions))
	for i := range versions {
		v, err := npm.ParseLoose(versions[i].Version)
		if err != nil {
			v = npm.Version{}
		}
		out[i] = placed{v, i}
	}
	slices.SortFunc(out, func(a, b placed) int {
		return cmp.Or(a.version.Compare(b.version), cmp.Compare(versions[a.index].Version, versions[b.index].Version),
			cmp.Compare(a.index, b.index))
	})
	return out
}

// line remembers where the versions stand that later ones are compared with,
// while versions are added from low to high; -1 for none.
type line struct {
	release, last int
}

func (l *line) add(v placed) {
	l.last = v.index
	if !v.version.Prerelease() {
		l.release = v.index
	}
}

// link sets what a version is compared with, and returns its place.
func (l *line) link(f *VersionFacts, v npm.Version, versions []VersionFacts) int {
	at := l.last
	if !v.Prerelease() && l.release >= 0 {
		at = l.release
	}
	if at < 0 || v.IsZero() {
		f.Previous, f.Lineage = nil, LineageFirst
		return -1
	}
	f.Previous, f.Lineage = &versions[at], LineageKnown
	return at
}

// digest hashes what clients are told. Each text goes with its length, so that
// no two lists have the same bytes.
func digest(versions []VersionFacts, js []Judgement) [16]byte {
	var order []int
	for i := range js {
		if js[i].Action != Allow {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(versions[a].Version, versions[b].Version), cmp.Compare(a, b))
	})
	h := sha256.New()
	text := func(s string) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	for _, i := range order {
		text(versions[i].Version)
		for k := range js[i].Verdicts {
			if v := &js[i].Verdicts[k]; v.Action != Allow {
				h.Write([]byte{byte(v.Action), byte(v.Guard)})
				text(v.Reason)
			}
		}
		h.Write([]byte{0xff})
	}
	return [16]byte(h.Sum(nil))
}
