package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Served tells who was given a version, and how often.
type Served struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Principal is who: a username, "deploy-token:name", or empty for nobody in
	// particular.
	Principal string `json:"principal,omitempty"`
	// Address is where the requests came from.
	Address string    `json:"address,omitempty"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Count   int64     `json:"count"`
}

// Validate refuses a serving that no store may keep.
func (s Served) Validate() error {
	err := errors.Join(check("name", s.Name, 1, maxName), check("version", s.Version, 1, maxVersion),
		check("principal", s.Principal, 0, maxText), check("address", s.Address, 0, maxText))
	if s.Count < 1 || s.First.IsZero() || s.Last.Before(s.First) {
		err = errors.Join(err, fmt.Errorf("serving of %s@%s, %d times from %v to %v: %w", s.Name, s.Version, s.Count, s.First, s.Last, npm.ErrInvalid))
	}
	return err
}

// Cursor returns the cursor that a list goes on from behind s.
func (s Served) Cursor() ServedCursor { return ServedCursor{s.Version, s.Principal, s.Address} }

// ServedCursor is a place in the servings of a name. The zero value is their
// beginning.
type ServedCursor struct{ Version, Principal, Address string }
