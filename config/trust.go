package config

// Feed is one file or folder of advisories.
type Feed struct {
	// Path is made absolute: in the file it is relative to the file's folder.
	Path string `yaml:"path"`
	// Format is how records are kept; empty means what the path looks like.
	Format string `yaml:"format"`
	// Key is a public key that must have signed the feed, or empty.
	Key string `yaml:"key"`
	// MaxAge is how old the newest record may be.
	MaxAge Duration `yaml:"max_age"`
}

// Audit says who answers npm audit.
type Audit struct {
	// Mode is upstream, local or off; empty means local where there are feeds,
	// else upstream.
	Mode string `yaml:"mode"`
}

// The words of audit.mode.
const (
	// AuditUpstream asks upstream, but for private names.
	AuditUpstream = "upstream"
	// AuditLocal answers from the feeds.
	AuditLocal = "local"
	// AuditOff answers that nothing is known.
	AuditOff = "off"
)

// AuditMode returns what audit.mode means: one of its words, never empty.
func (c *Config) AuditMode() string {
	switch {
	case c.Audit.Mode != "":
		return c.Audit.Mode
	case len(c.Feeds) > 0:
		return AuditLocal
	}
	return AuditUpstream
}

// Integrity says how stored bytes are watched.
type Integrity struct {
	// Reread is the share of stored tarballs that are hashed again when they
	// are read.
	Reread Percent `yaml:"reread"`
}

// Signatures says whose signatures are believed.
type Signatures struct {
	// KeysFile is a file in the form of npm's keys endpoint. Its keys are
	// trusted besides those that were pinned at first sight.
	KeysFile string `yaml:"keys_file"`
}

// defaultMaxAge is how old a feed may be that does not say.
const defaultMaxAge = Duration(2 * day)
