package proxy

import (
	"log/slog"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/signature"
	"github.com/larderhq/larder/upstream"
)

// Deps are the rooms below that the proxy works with. All are required but
// Metrics and Logger.
type Deps struct {
	Upstreams *upstream.Set
	Names     *names.Ledger
	Records   *records.Store
	Blobs     blob.Store
	Metrics   Recorder
	Logger    *slog.Logger
}

// Recorder receives the proxy's countable events.
type Recorder interface {
	// FlightShared counts a request that joined the upstream work of another;
	// kind is "packument" or "tarball".
	FlightShared(kind string)
	// IntegrityFailed counts bytes that were refused; reason is "hash",
	// "length", "pin" or "manifest".
	IntegrityFailed(reason string)
	// IntegrityChanged counts versions whose upstream integrity no longer
	// equals the pin of their first sight.
	IntegrityChanged()
	// BackgroundRefresh counts revalidations that no request waited for.
	BackgroundRefresh()
}

// scrubRecorder is what a Recorder may have besides.
type scrubRecorder interface {
	// AuditScrubbed counts private names that were left out of an audit.
	AuditScrubbed(names int)
}

// guardRecorder is what a Recorder may have besides.
type guardRecorder interface {
	// Prefetched counts tarballs that were fetched to judge a document: "ok",
	// "failed" or "skipped" for want of time or room.
	Prefetched(result string)
	// SignatureChecked counts signatures by what checking them came to.
	SignatureChecked(result string)
	// BlobDamaged counts stored bytes that are not what was stored.
	BlobDamaged()
	// LookedAhead counts documents that were fetched before anybody asked.
	LookedAhead()
}

// Options are the proxy's settings. The zero value of each field means its
// default.
type Options struct {
	// TTL is how long a packument is fresh (5m).
	TTL time.Duration
	// RevalidateWait is how long a request waits for the revalidation of an
	// expired packument before it gets the stale one (1500ms).
	RevalidateWait time.Duration
	// StaleIfError is how long past its freshness a packument is served while
	// upstream fails (7d).
	StaleIfError time.Duration
	// NegativeTTL is how long an upstream 404 is kept (60s).
	NegativeTTL time.Duration
	// Memory is the budget of ready bytes, in bytes (256 MiB).
	Memory int64
	// PackageLimit is the largest tarball, in bytes (500 MiB).
	PackageLimit int64
	// Offline forbids every upstream request.
	Offline bool
	// Lookahead has the documents of dependencies fetched behind those of the
	// packages that have them.
	Lookahead bool
	// SpoolSize is the size up to which a tarball in transfer is answered only
	// when it is whole and verified, so that a refusal has a status (4 MiB).
	SpoolSize int64
	// SpoolWait bounds that wait while bytes keep arriving (5s).
	SpoolWait time.Duration
	// FetchTimeout bounds one packument fetch with all its retries (2m).
	FetchTimeout time.Duration
	// TransferTimeout bounds one tarball transfer with its resumptions (30m).
	TransferTimeout time.Duration
	// Audit is who answers audits: AuditUpstream, AuditLocal or AuditOff
	// (AuditUpstream).
	Audit string
	// Held tells local audits which versions may not be installed yet (what
	// policy denies for a time).
	Held HeldVersions
	// Mirrors are the names of upstreams whose publish times may be of their own
	// making, because packages are published elsewhere.
	Mirrors map[string]bool
	// Keys are trusted to sign packages, besides those that are pinned at the
	// first sight of an upstream.
	Keys signature.Keys
	// Reread is the share of stored tarballs whose bytes are hashed again before
	// they are served, from 0 to 1.
	Reread float64
	// Now is the clock (time.Now).
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	duration := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	duration(&o.TTL, 5*time.Minute)
	duration(&o.RevalidateWait, 1500*time.Millisecond)
	duration(&o.StaleIfError, 7*24*time.Hour)
	duration(&o.NegativeTTL, time.Minute)
	duration(&o.SpoolWait, 5*time.Second)
	duration(&o.FetchTimeout, 2*time.Minute)
	duration(&o.TransferTimeout, 30*time.Minute)
	size := func(n *int64, def int64) {
		if *n == 0 {
			*n = def
		}
	}
	size(&o.Memory, 256<<20)
	size(&o.PackageLimit, 500<<20)
	size(&o.SpoolSize, 4<<20)
	if o.Audit == "" {
		o.Audit = AuditUpstream
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// guarding returns where events of guards are counted.
func (p *Proxy) guarding() guardRecorder {
	if r, ok := p.deps.Metrics.(guardRecorder); ok {
		return r
	}
	return silent{}
}

// silent is the Recorder of a proxy that nobody measures.
type silent struct{}

func (silent) FlightShared(string)     {}
func (silent) IntegrityFailed(string)  {}
func (silent) IntegrityChanged()       {}
func (silent) BackgroundRefresh()      {}
func (silent) Prefetched(string)       {}
func (silent) SignatureChecked(string) {}
func (silent) BlobDamaged()            {}
func (silent) LookedAhead()            {}
