package proxy

import (
	"io"
	"time"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// Outcome tells where an answer came from; it feeds Cache-Status (RFC 9211),
// the access log and the cache metrics.
type Outcome uint8

// The outcomes. None of them is an error.
const (
	// Hit is an answer from the cache that needed nothing from upstream.
	Hit Outcome = iota
	// Miss is an answer that was fetched for this request.
	Miss
	// Revalidated is a cached answer that upstream confirmed or renewed during
	// this request.
	Revalidated
	// StaleRefreshing is an expired answer given while a refresh goes on.
	StaleRefreshing
	// StaleError is an expired answer given because upstream fails.
	StaleError
	// Joined is an answer that shares the upstream transfer of another request.
	Joined
	// Offline is a cached answer of whatever age, given because offline mode
	// forbids asking.
	Offline
)

// String returns the outcome's word for logs and metric labels.
func (o Outcome) String() string {
	switch o {
	case Hit:
		return "hit"
	case Miss:
		return "miss"
	case Revalidated:
		return "revalidated"
	case StaleRefreshing:
		return "stale"
	case StaleError:
		return "stale_error"
	case Joined:
		return "joined"
	case Offline:
		return "offline"
	}
	panic("BUG: unknown outcome")
}

// Answer is a document and where it came from.
type Answer struct {
	*ready.Document
	Outcome Outcome
	// Notice is one line that the client should print, or empty. Such an answer
	// may not be kept, because clients print only what they asked for anew.
	Notice string
	// MaxAge is how long a client may keep the answer at most; zero means that
	// nothing in it falls due.
	MaxAge time.Duration
}

// PackumentRequest asks for a packument.
type PackumentRequest struct {
	Name npm.Name
	Form npm.Form
	// Base is the public URL that tarball URLs start with, prefix included,
	// without a slash at its end ("http://localhost:4873").
	Base string
	// Fresh asks for a revalidation whatever the age (npm's ?write=true).
	Fresh bool
}

// ManifestRequest asks for the manifest of one version.
type ManifestRequest struct {
	Name npm.Name
	// Selector is an exact version or a dist-tag; the registry resolves no
	// ranges.
	Selector string
	// Base is as in PackumentRequest.
	Base string
}

// TarballRequest asks for the tarball of one version.
type TarballRequest struct {
	Name npm.Name
	// File is the last segment of the tarball's path ("base-1.0.0.tgz").
	File string
	// Whole asks for a stored, verified tarball: the answer waits for the end
	// of a transfer instead of joining it. Ranges and HEAD need it.
	Whole bool
}

// Tarball is an answered tarball. The caller closes Body.
type Tarball struct {
	// Version is whose tarball it is, whatever its file is called.
	Version string
	// Size is the number of bytes of Body, or -1 while upstream has not said.
	Size int64
	// ETag is the strong validator, with its quotes; empty while the tarball is
	// still in transfer and its hash was not declared as sha512.
	ETag string
	// Body yields the bytes. A stored tarball's Body is a blob.Blob. A Body in
	// transfer fails before its last bytes when verification fails, so that no
	// client ever receives a complete wrong body.
	Body io.ReadCloser
	// Stored is when the tarball was stored; zero while in transfer.
	Stored  time.Time
	Outcome Outcome
	// Verdicts are what guards say about it that does not refuse it; nil where
	// nobody says anything.
	Verdicts []policy.Verdict
}

// Raw is an answer that larder passes on without reading it.
type Raw struct {
	Body        []byte
	ContentType string
	Outcome     Outcome
}
