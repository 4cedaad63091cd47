package accounts

import (
	"context"

	"github.com/larderhq/larder/registry/record"
)

// Actor is who does something, for the audit log.
type Actor struct {
	// Name is Principal.Actor, or "console" for the commands of larder.
	Name string
	// Address is where it came from; may be empty.
	Address string
	// UserID is zero where no user did it.
	UserID int64
}

// note is what a write says in the audit log. The zero note says nothing:
// nothing was changed.
type note struct{ action, target, detail string }

// update writes to the store with a line in the audit log, and then forgets
// what that outdates. It forgets after a failure too: the store may have
// written before it failed.
func (s *Service) update(ctx context.Context, actor Actor, forget func(), change func(record.Tx) (note, error)) error {
	if forget != nil {
		defer forget()
	}
	return s.store.Update(ctx, func(tx record.Tx) error {
		n, err := change(tx)
		if err != nil || n.action == "" {
			return err
		}
		_, err = tx.Audit().Append(record.Entry{At: s.now(), Actor: actor.Name, Address: actor.Address,
			Action: n.action, Target: n.target, Detail: n.detail})
		return err
	})
}
