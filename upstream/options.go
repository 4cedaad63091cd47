package upstream

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Options describe one upstream registry. They print without their secrets.
type Options struct {
	// Name is what texts, logs and metrics call the upstream.
	Name string
	// URL is the registry's address, with any path prefix. Credentials do not
	// belong here.
	URL string
	// Match lists the names that are asked here; empty means all ("**").
	Match []npm.Pattern
	// Token is the upstream credential: a bearer token, or a whole
	// Authorization value that begins with "Bearer " or "Basic ". Empty asks
	// without credentials.
	Token string `json:"-"`
	// TarballHosts are the hosts, besides the upstream's own, that tarballs may
	// come from: "cdn.example.com", "cdn.example.com:8443", or with
	// "http://" in front where plain http is meant.
	TarballHosts []string
	// AllowPrivate permits tarball hosts and redirects on private addresses.
	AllowPrivate bool
	// CAFile is a PEM file of authorities trusted besides the system's.
	CAFile string
	// ClientCert and ClientKey are PEM files for mutual TLS.
	ClientCert, ClientKey string
	// Proxy is the URL of the HTTP or SOCKS5 proxy for every request to this
	// upstream; empty means what the environment says.
	Proxy string `json:"-"`
}

// Format prints the options with the token and the proxy masked, whatever the
// verb.
func (o Options) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, o.masked())
}

// LogValue masks the options for slog.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.masked()) }

func (o Options) masked() string {
	where := "***"
	if base, err := parseBase(o.URL); err == nil {
		where = base.String()
	}
	return fmt.Sprintf("upstream{name: %s, url: %s, token: %s, proxy: %s}",
		o.Name, where, masked(o.Token), masked(o.Proxy))
}

func masked(secret string) string {
	if secret == "" {
		return "none"
	}
	return "***"
}

// Timeouts are the deadlines of a call. Zero fields take defaults.
type Timeouts struct {
	// Connect bounds name look-up with connecting, and then the TLS handshake.
	Connect time.Duration
	// Header bounds the wait for an answer's head once the request is written.
	Header time.Duration
	// Idle bounds the wait for the next byte of a body.
	Idle time.Duration
	// Total bounds a whole call, body included.
	Total time.Duration
	// Retry is the time within which the last try must begin.
	Retry time.Duration
}

// Breaker says when calls to a failing upstream stop. Zero fields take
// defaults.
type Breaker struct {
	// Failures in a row open the breaker.
	Failures uint32
	// Open is how long it stays open before one probe is let through.
	Open time.Duration
}

// Shared holds what all upstreams have in common.
type Shared struct {
	// InstanceID identifies this larder in Via; empty sends no Via.
	InstanceID string
	// UserAgent is sent with every request.
	UserAgent string
	// DocumentLimit bounds a decoded document in bytes.
	DocumentLimit int64
	// PackageLimit bounds a tarball in bytes.
	PackageLimit int64
	Timeouts     Timeouts
	Breaker      Breaker
	// Metrics hears what happens; nil is fine.
	Metrics Recorder
	Logger  *slog.Logger
	// Now is the clock of the retry budget and of dates in Retry-After.
	Now func() time.Time
	// Sleep waits between tries, until the context ends at most.
	Sleep func(context.Context, time.Duration) error
	// Resolver looks host names up; nil means the system's.
	Resolver *net.Resolver
}

func (s Shared) withDefaults() Shared {
	if s.UserAgent == "" {
		s.UserAgent = "larder"
	}
	s.DocumentLimit = positive(s.DocumentLimit, 128<<20)
	s.PackageLimit = positive(s.PackageLimit, 500<<20)
	s.Timeouts.Connect = positive(s.Timeouts.Connect, 10*time.Second)
	s.Timeouts.Header = positive(s.Timeouts.Header, 30*time.Second)
	s.Timeouts.Idle = positive(s.Timeouts.Idle, 30*time.Second)
	s.Timeouts.Total = positive(s.Timeouts.Total, 30*time.Minute)
	s.Timeouts.Retry = positive(s.Timeouts.Retry, 20*time.Second)
	s.Breaker.Failures = positive(s.Breaker.Failures, 10)
	s.Breaker.Open = positive(s.Breaker.Open, 10*time.Second)
	if s.Metrics == nil {
		s.Metrics = silent{}
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Sleep == nil {
		s.Sleep = sleep
	}
	return s
}

func positive[T int64 | uint32 | time.Duration](value, fallback T) T {
	if value > 0 {
		return value
	}
	return fallback
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
