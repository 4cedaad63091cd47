package guard

import (
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// maxContact bounds Options.Contact in bytes: it ends every refusal.
const maxContact = 100

// Options are the configuration of a service.
type Options struct {
	// Policy is the policy as configured. Its Since is not looked at.
	Policy policy.Config
	// Grandfather lets the cooldown pass what was served before the policy
	// began. That moment is kept in the store.
	Grandfather bool
	// Sources are the feeds.
	Sources []advisory.Source
	// MaxAge is how old the newest record of the feeds may be before they are
	// stale; zero means that they never are.
	MaxAge time.Duration
	// Contact is whom refusals tell to ask: ASCII, at most 100 bytes.
	Contact string
	// Now tells the time; nil means time.Now. Reload does not look at it.
	Now func() time.Time
}

func (o Options) validate() error {
	if o.MaxAge < 0 {
		return fmt.Errorf("feeds: max_age of %s: %w", o.MaxAge, npm.ErrInvalid)
	}
	if len(o.Contact) > maxContact {
		return fmt.Errorf("contact: it is longer than %d bytes: %w", maxContact, npm.ErrInvalid)
	}
	for _, c := range []byte(o.Contact) {
		if c < ' ' || c > '~' {
			return fmt.Errorf("contact: it is not plain ASCII: %w", npm.ErrInvalid)
		}
	}
	return nil
}

func (o Options) clock() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// waiverMax is the longest that a waiver may last.
func (o Options) waiverMax() time.Duration {
	if o.Policy.WaiverMax == 0 {
		return 24 * time.Hour
	}
	return o.Policy.WaiverMax
}
