package config

import (
	"strings"
	"time"
)

// Config is every setting of larder. Its yaml tags are the keys of the file;
// the environment variable of a key is its path in capitals ("cache.ttl" is
// LARDER_CACHE_TTL).
type Config struct {
	// Listen is the address of the npm registry, "host:port".
	Listen string `yaml:"listen"`
	// Data is the data folder. It has no key in the file, because the file may
	// lie inside it.
	Data string `yaml:"-"`
	// PublicURL, when set, is the only URL that tarball links start with.
	PublicURL string `yaml:"public_url"`
	// TrustedProxies are the addresses and networks whose Forwarded and
	// X-Forwarded-* headers are believed.
	TrustedProxies []string   `yaml:"trusted_proxies"`
	TLS            TLS        `yaml:"tls"`
	Upstreams      []Upstream `yaml:"upstreams"`
	Names          Names      `yaml:"names"`
	Policy         Policy     `yaml:"policy"`
	// Feeds are the advisories that the policy and npm audit go by.
	Feeds      []Feed     `yaml:"feeds"`
	Audit      Audit      `yaml:"audit"`
	Integrity  Integrity  `yaml:"integrity"`
	Signatures Signatures `yaml:"signatures"`
	Cache      Cache      `yaml:"cache"`
	Auth       Auth       `yaml:"auth"`
	Limits     Limits     `yaml:"limits"`
	Log        Log        `yaml:"log"`
	Metrics    Metrics    `yaml:"metrics"`
	// RootToken is the token that the first start gives the administrator. It
	// comes from the environment alone; empty means that one is made up.
	RootToken Secret `yaml:"-"`
}

// TLS names the files of the listener's certificate; both or neither.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Upstream is one registry that larder fetches from.
type Upstream struct {
	// Name is the upstream's word in logs and metrics.
	Name string `yaml:"name"`
	// URL is the registry's base URL. Empty is allowed for the upstream named
	// "default" alone and means: what npm on this machine uses.
	URL string `yaml:"url"`
	// Match are the name patterns that go to this upstream.
	Match []string `yaml:"match"`
	// TokenEnv and TokenFile say where the bearer token is; Token is what was
	// found there.
	TokenEnv  string `yaml:"token_env"`
	TokenFile string `yaml:"token_file"`
	Token     Secret `yaml:"-"`
	// TarballHosts are other hosts that tarballs may be fetched from.
	TarballHosts []string `yaml:"tarball_hosts"`
	// AllowPrivate allows private addresses behind the upstream's names.
	AllowPrivate bool   `yaml:"allow_private"`
	CAFile       string `yaml:"ca_file"`
	ClientCert   string `yaml:"client_cert"`
	ClientKey    string `yaml:"client_key"`
	// Proxy is a proxy URL; empty means what the environment says.
	Proxy string `yaml:"proxy"`
	// Time is registry or mirror: whether its publish times are believed.
	Time string `yaml:"time"`
}

// Names says which package names are whose.
type Names struct {
	// Private are the patterns of names that never reach an upstream.
	Private []string `yaml:"private"`
	// Publish maps scopes to the full paths of the projects that publishes at
	// the root go to: "@acme" to "acme/packages".
	Publish Table `yaml:"publish"`
	// Dual are the names that live here and upstream.
	Dual []Dual `yaml:"dual"`
}

// Dual lets a name of upstream have versions here as well.
type Dual struct {
	// Name is the exact name.
	Name string `yaml:"name"`
	// Versions is the pattern of the versions that may be published here, in
	// which "*" stands for any text.
	Versions string `yaml:"versions"`
}

// Auth says who gets in and for how long.
type Auth struct {
	// Anonymous says what is open to those who do not sign in: upstream, which
	// means its packages, or none.
	Anonymous string `yaml:"anonymous"`
	// SignUp lets npm's login create accounts.
	SignUp bool `yaml:"sign_up"`
	// TokenTTL is how long a token lives that was asked for without a date,
	// TokenMaxTTL the longest that may be asked for.
	TokenTTL    Duration `yaml:"token_ttl"`
	TokenMaxTTL Duration `yaml:"token_max_ttl"`
}

// Cache bounds the age and the memory of what is kept.
type Cache struct {
	TTL            Duration `yaml:"ttl"`
	RevalidateWait Duration `yaml:"revalidate_wait"`
	StaleIfError   Duration `yaml:"stale_if_error"`
	NegativeTTL    Duration `yaml:"negative_ttl"`
	// Memory is the budget of ready answers in memory.
	Memory  ByteSize `yaml:"memory"`
	Offline bool     `yaml:"offline"`
	// Lookahead has the documents of dependencies fetched before they are asked
	// for.
	Lookahead bool `yaml:"lookahead"`
}

// Limits bounds what is accepted and how long a shutdown may take.
type Limits struct {
	// Package is the largest tarball.
	Package ByteSize `yaml:"package"`
	// Document is the largest packument, decoded.
	Document ByteSize `yaml:"document"`
	// Drain is how long running requests may go on during a shutdown.
	Drain Duration `yaml:"drain"`
	// FailedLogins is how often each address and each account may fail to sign
	// in.
	FailedLogins Rate `yaml:"failed_logins"`
	// ConnsPerAddress is the most connections that one address may hold.
	ConnsPerAddress Count `yaml:"conns_per_address"`
	// Rate is how many requests each token may make, or each address without
	// one.
	Rate Optional[Rate] `yaml:"rate"`
}

// Log says what is logged and how.
type Log struct {
	// Level is debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is auto, text or json.
	Format string `yaml:"format"`
}

// Metrics says where metrics are served.
type Metrics struct {
	// Listen is the address of a listener of their own, "host:port", which
	// serves profiles too unless a "-" is in front; empty means the main one.
	Listen string `yaml:"listen"`
}

// Address returns the address of the listener, and whether it serves profiles.
// An empty address means that there is none.
func (m Metrics) Address() (addr string, profiles bool) {
	addr, bare := strings.CutPrefix(m.Listen, "-")
	return addr, !bare && addr != ""
}

// DefaultUpstream is the name of the upstream that --upstream sets and that
// npm's own configuration fills when nothing else does.
const DefaultUpstream = "default"

// The words of an upstream's time.
const (
	// TimeRegistry believes the publish times that it states.
	TimeRegistry = "registry"
	// TimeMirror does not, because they may be those of copies.
	TimeMirror = "mirror"
)

// The words of auth.anonymous.
const (
	// AnonymousUpstream opens upstream packages to everybody who reaches the
	// port.
	AnonymousUpstream = "upstream"
	// AnonymousNone closes them.
	AnonymousNone = "none"
)

// Default returns the settings of a larder that nobody configured.
func Default() *Config {
	return &Config{
		Listen:    "127.0.0.1:4873",
		Data:      "./larder-data",
		Upstreams: []Upstream{{Name: DefaultUpstream, Match: []string{"**"}, Time: TimeRegistry}},
		Policy:    defaultPolicy(),
		Integrity: Integrity{Reread: wholePercent / 100},
		Cache: Cache{
			Lookahead:      true,
			TTL:            Duration(5 * time.Minute),
			RevalidateWait: Duration(1500 * time.Millisecond),
			StaleIfError:   Duration(7 * 24 * time.Hour),
			NegativeTTL:    Duration(time.Minute),
			Memory:         256 << 20,
		},
		Auth: Auth{
			Anonymous:   AnonymousUpstream,
			TokenTTL:    Duration(90 * day),
			TokenMaxTTL: Duration(365 * day),
		},
		Limits: Limits{
			Package:         500 << 20,
			Document:        128 << 20,
			Drain:           Duration(30 * time.Second),
			FailedLogins:    Rate{Count: 10, Per: time.Minute},
			ConnsPerAddress: 4096,
		},
		Log: Log{Level: "info", Format: "auto"},
	}
}

// MainUpstream returns the upstream named "default", or nil when the file lists
// others only.
func (c *Config) MainUpstream() *Upstream {
	for i := range c.Upstreams {
		if c.Upstreams[i].Name == DefaultUpstream {
			return &c.Upstreams[i]
		}
	}
	return nil
}
