package record

import (
	"errors"
	"time"
)

// Entry is one line of the audit log: who did what to what. Entries are only
// ever added.
type Entry struct {
	// ID is assigned by the store and grows.
	ID int64     `json:"id"`
	At time.Time `json:"at"`
	// Actor is who did it: a username, "deploy-token:name", or "console" for
	// the commands of larder.
	Actor string `json:"actor"`
	// Address is where the request came from; empty for the console.
	Address string `json:"address,omitempty"`
	// Action is what was done, a verb phrase from a closed list:
	// "package.publish", "token.create".
	Action string `json:"action"`
	// Target is what it was done to: "@acme/lib@1.0.0", "acme/web".
	Target string `json:"target,omitempty"`
	// Detail says more, without secrets.
	Detail string `json:"detail,omitempty"`
}

// Validate refuses an entry that no store may keep.
func (e Entry) Validate() error {
	return errors.Join(check("actor", e.Actor, 1, maxText), check("address", e.Address, 0, maxText),
		check("action", e.Action, 1, 64), check("target", e.Target, 0, 2*maxText), check("detail", e.Detail, 0, maxDeclared))
}
