package registry

import (
	"context"
	"errors"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// FsckDeps are what is checked. All are required.
type FsckDeps struct {
	Store record.Store
	Blobs blob.Store
	// Dual tells which names a rule lets live here and upstream.
	Dual func(npm.Name) bool
}

// FsckReport is what a check found. Lists end at MaxFsckListed entries, counts
// do not.
type FsckReport struct {
	Projects int `json:"projects"`
	Names    int `json:"names"`
	Packages int `json:"packages"`
	Files    int `json:"files"`
	// Blobs and Bytes are what was read.
	Blobs int   `json:"blobs"`
	Bytes int64 `json:"bytes"`
	// Wrong counts the problems.
	Wrong    int           `json:"wrong"`
	Problems []FsckProblem `json:"problems"`
	// Unused counts the blobs that no record names. They are no problem: a
	// crash leaves them, and the sweeper takes them.
	Unused  int          `json:"unused"`
	Orphans []FsckOrphan `json:"orphans"`
	// Partial tells that records could not be read, so that orphans were not
	// looked for.
	Partial bool `json:"partial,omitempty"`
}

// MaxFsckListed is how many problems and how many orphans a report lists.
const MaxFsckListed = 10_000

// FsckProblem is one thing that is not as it should be.
type FsckProblem struct {
	// Kind is blob, file, manifest, tag, holding, ledger, burn or record.
	Kind string `json:"kind"`
	// Subject is what it is about: "@acme/lib@1.0.0 in acme/packages".
	Subject string `json:"subject"`
	// Text says what is wrong.
	Text string `json:"text"`
}

// FsckOrphan is a blob that no record names.
type FsckOrphan struct {
	// Blob is the sha512 in hexadecimal.
	Blob string `json:"blob"`
	// Size is in bytes.
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
}

// FsckProgress tells how far a check is.
type FsckProgress struct {
	// Stage is packages, names or blobs.
	Stage    string `json:"stage"`
	Packages int    `json:"packages"`
	Blobs    int    `json:"blobs"`
	// Bytes were read so far.
	Bytes int64 `json:"bytes"`
}

// The stages of a check.
const (
	stagePackages = "packages"
	stageNames    = "names"
	stageBlobs    = "blobs"
)

// progressEvery is the least time between two calls of progress.
const progressEvery = 200 * time.Millisecond

// Fsck checks that the records of the registry, its name ledger and its blobs
// agree: every record has its bytes, bytes hash to what records and names of
// blobs say, tags point to packages that are there, manifests are those of
// their packages, and the ledger knows every name that is held. It changes
// nothing, may run beside a server that publishes, and calls progress, which
// may be nil, now and then. An error means that it could not look; what is
// wrong is in the report.
func Fsck(ctx context.Context, d FsckDeps, progress func(FsckProgress)) (FsckReport, error) {
	if d.Store == nil || d.Blobs == nil || d.Dual == nil {
		return FsckReport{}, errors.New("fsck: a dependency is missing")
	}
	if progress == nil {
		progress = func(FsckProgress) {}
	}
	f := &fsck{FsckDeps: d, progress: progress, began: time.Now(), named: map[[16]byte]struct{}{},
		report: FsckReport{Problems: []FsckProblem{}, Orphans: []FsckOrphan{}}}
	for _, stage := range []struct {
		name string
		run  func(context.Context) error
	}{{stagePackages, f.projects}, {stageNames, f.names}, {stageBlobs, f.blobs}} {
		f.stage = stage.name
		f.tell(true)
		if err := stage.run(ctx); err != nil {
			return f.report, err
		}
	}
	f.tell(true)
	return f.report, nil
}

// fsck is one check.
type fsck struct {
	FsckDeps
	progress func(FsckProgress)
	report   FsckReport
	stage    string
	began    time.Time
	told     time.Time
	// named holds the first bytes of the digests that records name. Their bytes
	// were looked at.
	named map[[16]byte]struct{}
}

// The kinds of problems.
const (
	badBlob     = "blob"
	badFile     = "file"
	badManifest = "manifest"
	badTag      = "tag"
	badHolding  = "holding"
	badLedger   = "ledger"
	badBurn     = "burn"
	badRecord   = "record"
)

// add notes a problem.
func (f *fsck) add(kind, subject, text string) {
	f.report.Wrong++
	if len(f.report.Problems) < MaxFsckListed {
		f.report.Problems = append(f.report.Problems, FsckProblem{Kind: kind, Subject: subject, Text: text})
	}
}

// unreadable notes a record that cannot be read, and returns every other error.
func (f *fsck) unreadable(subject string, err error) error {
	if !errors.Is(err, record.ErrCorrupt) && !errors.Is(err, npm.ErrNotFound) {
		return err
	}
	f.report.Partial = true
	f.add(badRecord, subject, err.Error())
	return nil
}

// tell reports progress, unless it did so a moment ago.
func (f *fsck) tell(now bool) {
	if !now && time.Since(f.told) < progressEvery {
		return
	}
	f.told = time.Now()
	f.progress(FsckProgress{Stage: f.stage, Packages: f.report.Packages, Blobs: f.report.Blobs, Bytes: f.report.Bytes})
}

// key is what named keeps of a digest.
func key(digest [64]byte) [16]byte { return [16]byte(digest[:16]) }
