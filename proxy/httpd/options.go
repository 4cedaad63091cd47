package httpd

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/larderhq/larder/metrics"
)

// Options are the front end's settings. The zero value of each field means its
// default.
type Options struct {
	// PublicURL is where clients reach larder, with any path prefix. Empty:
	// tarball URLs follow each request's Host.
	PublicURL string
	// TrustedProxies are the peers whose X-Forwarded-* and Forwarded headers
	// count.
	TrustedProxies []netip.Prefix
	// InstanceID is this larder's mark in Via headers; a request that carries
	// it came from ourselves.
	InstanceID string
	// MaxAge is how long a client may reuse a packument unasked (5m, and never
	// more).
	MaxAge time.Duration
	// ConnsPerAddress is the most connections that one address may hold (4096).
	ConnsPerAddress int
	// RequestRate is how many requests per second a token may make, or an address
	// without one; four seconds of it may come at once. Zero sets no limit.
	RequestRate int
	// WriteStall is how long a client may take for a piece of 256 KiB (60s).
	WriteStall time.Duration
	// HeadTimeout bounds the reading of a request's head (30s).
	HeadTimeout time.Duration
	// IdleTimeout is how long a connection waits for its next request (120s).
	IdleTimeout time.Duration
	// AnswerTimeout bounds the making of an answer other than a tarball (2m).
	AnswerTimeout time.Duration
	// TarballTimeout bounds a tarball's answer with its body (1h).
	TarballTimeout time.Duration
	// UploadMemory bounds the bodies that all requests together hold in memory,
	// in bytes (40 MiB, two of the largest and many small ones). Decoded they
	// take up to twenty times that.
	UploadMemory int64
	// PackageLimit is the largest tarball that may be published, in bytes
	// (500 MiB), and DocumentLimit the most that its document may have besides
	// (32 MiB).
	PackageLimit, DocumentLimit int64
	// Anonymous is what may be read without signing in, besides public
	// packages of our own: "upstream" (the default) or "none".
	Anonymous string
	// Metrics records; nil records nothing.
	Metrics *metrics.Metrics
	// Exposition answers /-/metrics; nil means that it is served elsewhere.
	Exposition http.Handler
	// Logger receives the access log (slog.Default's handler is not used: nil
	// means silence).
	Logger *slog.Logger
}

// The words of Options.Anonymous.
const (
	anonymousUpstream = "upstream"
	anonymousNone     = "none"
)

// maxPackumentAge bounds how long clients may reuse a packument: longer would
// hide publishes and withdrawals from them.
const maxPackumentAge = 5 * time.Minute

func (o Options) withDefaults() Options {
	duration := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	duration(&o.MaxAge, maxPackumentAge)
	duration(&o.WriteStall, time.Minute)
	duration(&o.HeadTimeout, 30*time.Second)
	duration(&o.IdleTimeout, 2*time.Minute)
	duration(&o.AnswerTimeout, 2*time.Minute)
	duration(&o.TarballTimeout, time.Hour)
	o.MaxAge = min(o.MaxAge, maxPackumentAge)
	if o.ConnsPerAddress <= 0 {
		o.ConnsPerAddress = 4096
	}
	if o.UploadMemory <= 0 {
		o.UploadMemory = 40 << 20
	}
	if o.PackageLimit <= 0 {
		o.PackageLimit = 500 << 20
	}
	if o.DocumentLimit <= 0 {
		o.DocumentLimit = 32 << 20
	}
	if o.Anonymous == "" {
		o.Anonymous = anonymousUpstream
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// publicBase splits a configured public URL into the base of tarball URLs and
// its path, both without a slash at the end.
func publicBase(raw string) (base, mount string, err error) {
	if raw == "" {
		return "", "", nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", "", errors.New("public URL: not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", "", errors.New("public URL: must start with http:// or https://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", "", errors.New("public URL: must hold neither credentials, query nor fragment")
	case !validHost([]byte(u.Host)):
		return "", "", errors.New("public URL: its host is not a host")
	}
	mount = strings.TrimSuffix(u.EscapedPath(), "/")
	if !validPrefix([]byte(mount)) {
		return "", "", errors.New("public URL: its path may hold only letters, digits and - . _ ~ between single slashes")
	}
	f := forwarded{host: []byte(strings.ToLower(u.Host)), prefix: []byte(mount), secure: u.Scheme == "https"}
	return string(f.append(nil)), mount, nil
}
