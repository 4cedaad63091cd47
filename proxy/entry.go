package proxy

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream"
)

// entryKey is one name in the namespace of one upstream and its credentials:
// what one identity may read is never found by another.
type entryKey struct {
	ns   string
	name npm.Name
	// life tells what was known before a purge of the name from what is known
	// after it.
	life uint64
}

// entry is what is known of one upstream name.
type entry struct {
	key   entryKey
	reg   *upstream.Registry
	lives *lives
	snap  atomic.Pointer[snapshot]

	// loaded is set once the record has been looked for.
	loaded atomic.Bool
	// claimed tells that somebody got something of the document, so that the name
	// is noted as a public one.
	claimed atomic.Bool
	// foreseen is the dependency that a look-ahead fetched the document for, until
	// somebody asks for it and makes the look-ahead go on; nil otherwise.
	foreseen atomic.Pointer[npm.DependencySpec]
	// records is held while the name's record is written. Documents are stored
	// side by side, and one that upstream has replaced or removed meanwhile must
	// not be recorded any more.
	records sync.Mutex
	// newest is the document whose record is due, nil if none; guarded by
	// records.
	newest *unsaved
	// pins counts the pins made that the document must show.
	pins atomic.Uint64
	// facts counts what was learnt that may change what is decided.
	facts atomic.Uint64

	mu      sync.Mutex
	retryAt time.Time            // no refresh before this, after a failure
	missing map[string]time.Time // versions that upstream does not have, as of then
	puzzles map[string]puzzle    // versions that could not be judged
}

// puzzle is that some rules cannot judge a version, which is not tried again
// before a moment.
type puzzle struct {
	rules *Rules
	until time.Time
}

func entryCost(k entryKey, _ *entry) int64 {
	return int64(len(k.ns)+len(k.name.String())) + 700
}

// revision names one upstream document by its bytes.
type revision [16]byte

// verdict is the digest of what larder changes in a document beside its
// tarball URLs. Equal verdicts render equal bytes.
type verdict [16]byte

// snapshot is one immutable state of a name: a document or its absence.
type snapshot struct {
	// absent is set when upstream said that the name does not exist.
	absent bool
	// last is the document of an absent name that was there before, by which
	// what is stored of it is judged; nil if there is none.
	last *snapshot
	rec  records.Document
	rev  revision
	// dist holds what pins put into the document, by version.
	dist map[string]npm.DistFix
	// ruling is what policy says about the versions; nil until it was asked.
	ruling  *ruling
	verdict verdict
	// expires is the end of freshness: of the document, or of the absence.
	expires time.Time
	// unvalidated is set when upstream gave neither ETag nor Last-Modified.
	unvalidated bool
	// quiet counts refreshes in a row that changed nothing.
	quiet int
	// used is set by the first request of this snapshot's lifetime.
	used atomic.Bool
	// pending is the document while it is not stored; nil if it was read.
	pending *unsaved
}

// unsaved holds a compressed document until it is stored. All snapshots of the
// document share it.
type unsaved struct {
	packed atomic.Pointer[[]byte]
	// gone is when upstream lost the name while the document was being stored.
	gone atomic.Pointer[time.Time]
}

func unsavedCost(_ parsedKey, packed []byte) int64 { return int64(cap(packed)) + 300 }

// bytes returns the compressed document, or nil if it is stored.
func (u *unsaved) bytes() []byte {
	if u == nil {
		return nil
	}
	if packed := u.packed.Load(); packed != nil {
		return *packed
	}
	return nil
}

func revisionOf(bodyHash [sha256.Size]byte) revision {
	return revision(bodyHash[:16])
}

// usable tells whether the snapshot holds a document.
func (s *snapshot) usable() bool { return s != nil && !s.absent }

// fresh tells whether the snapshot may be served without asking upstream.
func (s *snapshot) fresh(now time.Time) bool { return s != nil && now.Before(s.expires) }

// renewed is the same document with another end of freshness.
func (s *snapshot) renewed(expires time.Time, rec records.Document) *snapshot {
	return &snapshot{
		rec: rec, rev: s.rev, dist: s.dist, ruling: s.ruling, verdict: s.verdict, pending: s.pending,
		expires: expires, unvalidated: rec.ETag == "" && rec.LastModified == "", quiet: s.quiet + 1,
	}
}

// document is the newest document of the name: that of the snapshot, or the one
// that was there before upstream said that the name is gone. It is nil where
// none is known.
func (s *snapshot) document() *snapshot {
	if s != nil && s.absent {
		return s.last
	}
	return s
}

// with is the same document with other pins and rulings.
func (s *snapshot) with(dist map[string]npm.DistFix, r *ruling) *snapshot {
	return &snapshot{rec: s.rec, rev: s.rev, dist: dist, ruling: r, verdict: verdictOf(dist, r), pending: s.pending,
		expires: s.expires, unvalidated: s.unvalidated, quiet: s.quiet}
}

// judgedBy is the same document as it was judged.
func (s *snapshot) judgedBy(r *ruling) *snapshot { return s.with(s.dist, r) }

// after is the same absence behind another last document.
func (s *snapshot) after(last *snapshot) *snapshot {
	return &snapshot{absent: true, last: last, expires: s.expires}
}

// rests tells whether a failed refresh is too recent to try again.
func (e *entry) rests(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return now.Before(e.retryAt)
}

// failed remembers a failed refresh; the next one may start after rest.
func (e *entry) failed(now time.Time, rest time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.retryAt = now.Add(rest)
}

// replace installs a good snapshot and forgets earlier failures.
func (e *entry) replace(s *snapshot) {
	e.recovered()
	e.snap.Store(s)
}

// await makes a document the one whose record is due.
func (e *entry) await(u *unsaved) {
	e.records.Lock()
	defer e.records.Unlock()
	e.newest = u
}

// recovered forgets earlier failures.
func (e *entry) recovered() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.retryAt = time.Time{}
}

// renew puts back a snapshot that upstream confirmed, or what pins made of the
// same document while upstream was being asked.
func (e *entry) renew(confirmed *snapshot, expires time.Time, rec records.Document) *snapshot {
	e.recovered()
	for {
		now := e.snap.Load()
		if now.usable() && now.rev == confirmed.rev {
			confirmed = now
		}
		s := confirmed.renewed(expires, rec)
		if e.snap.CompareAndSwap(now, s) {
			return s
		}
	}
}

// maxMissing bounds the remembered versions of a name that are missing, and those
// that could not be judged.
const maxMissing = 16

// lacks tells whether upstream was seen not to have a version within ttl.
func (e *entry) lacks(version string, now time.Time, ttl time.Duration) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	at, ok := e.missing[version]
	return ok && now.Sub(at) < ttl
}

// puzzled tells whether rules could not judge a version lately.
func (e *entry) puzzled(version string, rules *Rules, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.puzzles[version]
	return ok && p.rules == rules && now.Before(p.until)
}

// puzzle remembers that a version could not be judged.
func (e *entry) puzzle(version string, p puzzle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.puzzles == nil || len(e.puzzles) >= maxMissing {
		e.puzzles = make(map[string]puzzle)
	}
	e.puzzles[version] = p
}

// lack remembers that upstream, asked just now, does not have a version.
func (e *entry) lack(version string, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.missing == nil || len(e.missing) >= maxMissing {
		e.missing = make(map[string]time.Time)
	}
	e.missing[version] = now
}
