package record

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// foldAfter is how long it is remembered when a version came. It is longer than
// any guard looks back.
const foldAfter = 90 * 24 * time.Hour

// Observe notes what a document of upstream shows: the versions that it lists,
// and whether any of them is signed. It returns whether that changed anything.
// Documents may come out of order. A version whose text no record can hold is
// left out, so that it stays unknown.
func (s *Sight) Observe(versions []string, signed bool, at time.Time) (changed bool) {
	at = at.UTC().Round(0)
	if signed && !s.Signed {
		s.Signed, changed = true, true
	}
	if s.FirstSeen.IsZero() {
		s.FirstSeen, s.LastSeen, s.Known = at, at, pack(hashes(versions))
		return true
	}
	if !s.GoneAt.IsZero() && s.BackAt.IsZero() && !at.Before(s.GoneAt) {
		s.BackAt, changed = at, true
	}
	if at.Before(s.LastSeen) {
		return s.observeEarlier(versions, at) || changed
	}
	listed := hashes(versions)
	added := s.add(versions, LaterVersion{First: at, Without: s.LastSeen})
	if removed := s.compare(listed, at); added || removed {
		s.LastSeen, changed = at, true
		s.fold(at)
	}
	return changed
}

// Gone notes that upstream no longer has the name. A name that came back and
// waits to be acknowledged stays as it is: what is new since then must not
// become old by vanishing once more.
func (s *Sight) Gone(at time.Time) (changed bool) {
	at = at.UTC().Round(0)
	_, waits := s.Returned()
	gone := !s.GoneAt.IsZero() && s.BackAt.IsZero()
	if s.FirstSeen.IsZero() || at.Before(s.LastSeen) || waits || gone {
		return false
	}
	s.GoneAt, s.BackAt, s.AcknowledgedAt, s.AcknowledgedBy = at, time.Time{}, time.Time{}, ""
	return true
}

// observeEarlier takes a document that is older than the newest one. What only
// it lists was removed since.
func (s *Sight) observeEarlier(versions []string, at time.Time) (changed bool) {
	without := s.FirstSeen
	if at.Before(without) {
		without = time.Time{}
	}
	unknown := slices.DeleteFunc(slices.Clone(versions), s.has)
	if !s.add(unknown, LaterVersion{First: at, Without: without}) {
		return false
	}
	for _, v := range unknown {
		s.remove(RemovedVersion{Version: v, Hash: VersionHash(v), At: s.LastSeen})
	}
	return true
}

func (s *Sight) has(version string) bool {
	_, _, _, known := s.Version(version)
	return known || check("version", version, 1, maxVersion) != nil
}

// add notes the versions that are not known yet, as seen like the model.
func (s *Sight) add(versions []string, like LaterVersion) bool {
	var fresh []LaterVersion
	for _, v := range versions {
		if !s.has(v) {
			like.Version = strings.Clone(v) // a part of the document would keep all of it
			fresh = append(fresh, like)
		}
	}
	// More than fit stay unknown, and count as new each time that they are
	// looked at.
	fresh = fresh[:min(len(fresh), max(maxLater-len(s.Later), 0))]
	if len(fresh) == 0 {
		return false
	}
	all := slices.Concat(s.Later, fresh)
	slices.SortFunc(all, byVersion)
	s.Later = slices.CompactFunc(all, func(a, b LaterVersion) bool { return a.Version == b.Version })
	return true
}

// compare notes which known versions the newest document lacks, and forgets
// that of those which are listed again.
func (s *Sight) compare(listed []uint32, at time.Time) (changed bool) {
	isListed := func(hash uint32) bool {
		_, ok := slices.BinarySearch(listed, hash)
		return ok
	}
	back := func(r RemovedVersion) bool { return isListed(r.Hash) }
	if slices.ContainsFunc(s.Removed, back) {
		s.Removed, changed = slices.DeleteFunc(slices.Clone(s.Removed), back), true
	}
	var gone []RemovedVersion
	for _, l := range s.Later {
		if hash := VersionHash(l.Version); !isListed(hash) {
			gone = append(gone, RemovedVersion{Version: l.Version, Hash: hash, At: at})
		}
	}
	for i := range len(s.Known) / hashSize {
		if hash := hashAt(s.Known, i); !isListed(hash) {
			gone = append(gone, RemovedVersion{Hash: hash, At: at})
		}
	}
	return s.removeAll(gone) || changed
}

// removeAll is remove of many, of which most may be noted already.
func (s *Sight) removeAll(gone []RemovedVersion) bool {
	gone = slices.DeleteFunc(gone, func(r RemovedVersion) bool {
		_, noted := s.removed(r.Hash)
		return noted
	})
	slices.SortStableFunc(gone, byHash)
	gone = slices.CompactFunc(gone, func(a, b RemovedVersion) bool { return a.Hash == b.Hash })
	gone = gone[:min(len(gone), max(maxRemoved-len(s.Removed), 0))]
	if len(gone) == 0 {
		return false
	}
	s.Removed = slices.Concat(s.Removed, gone)
	slices.SortFunc(s.Removed, byHash)
	return true
}

func (s *Sight) remove(r RemovedVersion) { s.removeAll([]RemovedVersion{r}) }

// fold moves versions that came long ago to Known. After a return that nobody
// has acknowledged none moves, because they would seem to be older than it.
func (s *Sight) fold(now time.Time) {
	if _, waits := s.Returned(); waits {
		return
	}
	old := func(l LaterVersion) bool { return now.Sub(l.First) > foldAfter }
	if !slices.ContainsFunc(s.Later, old) {
		return
	}
	var all []uint32
	for i := range len(s.Known) / hashSize {
		all = append(all, hashAt(s.Known, i))
	}
	for _, l := range s.Later {
		if old(l) {
			all = append(all, VersionHash(l.Version))
		}
	}
	slices.Sort(all)
	s.Known = pack(slices.Compact(all))
	s.Later = slices.DeleteFunc(slices.Clone(s.Later), old)
}

// hashes returns the hashes of versions in order, each once.
func hashes(versions []string) []uint32 {
	all := make([]uint32, len(versions))
	for i, v := range versions {
		all[i] = VersionHash(v)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func pack(hashes []uint32) []byte {
	known := make([]byte, 0, hashSize*len(hashes))
	for _, h := range hashes {
		known = binary.BigEndian.AppendUint32(known, h)
	}
	return known
}
