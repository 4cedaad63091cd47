package registry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// AuditQuery asks for entries of the audit log. Empty fields do not restrict it.
type AuditQuery struct {
	// Actor and Action are exact, Target is what targets begin with.
	Actor, Action, Target string
	// From and Until are the times of the first and the last entry.
	From, Until time.Time
	// Before is the number that the list begins below, Limit its length.
	Before int64
	Limit  int
}

func (q AuditQuery) wants(e record.Entry) bool {
	return (q.Actor == "" || e.Actor == q.Actor) && (q.Action == "" || e.Action == q.Action) &&
		strings.HasPrefix(e.Target, q.Target) &&
		(q.From.IsZero() || !e.At.Before(q.From)) && (q.Until.IsZero() || !e.At.After(q.Until))
}

// clockSlack is how far behind the clock may have been when an entry was made.
const clockSlack = 24 * time.Hour

// over tells whether all further entries are too old.
func (q AuditQuery) over(e record.Entry) bool {
	return !q.From.IsZero() && !e.At.IsZero() && e.At.Before(q.From.Add(-clockSlack))
}

const (
	// auditStep is how many entries one transaction of a list reads.
	auditStep = 500
	// maxEntriesPassed is how many entries a list passes over before it hands
	// out what it found, so that no page takes long.
	maxEntriesPassed = 20_000
)

// AuditLog lists what was done for administrators, newest first. next is the
// number that the next page begins below, zero where this page is the last. A
// page may be shorter than the limit, even empty, and not be the last.
func (s *Service) AuditLog(ctx context.Context, c Caller, q AuditQuery) (found []record.Entry, next int64, err error) {
	if !c.Principal.Admin {
		return nil, 0, errAdmin("read the audit log")
	}
	found = []record.Entry{}
	for passed := 0; passed < maxEntriesPassed; passed += auditStep {
		var step []record.Entry
		err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
			step, err = tx.Audit().Entries(q.Before, auditStep)
			return err
		})
		if err != nil {
			return nil, 0, fmt.Errorf("read the audit log: %w", err)
		}
		for _, e := range step {
			if q.over(e) {
				return found, 0, nil
			}
			wanted := q.wants(e)
			if wanted && len(found) == q.Limit {
				return found, q.Before, nil
			}
			if wanted {
				found = append(found, e)
			}
			q.Before = e.ID
		}
		if len(step) < auditStep {
			return found, 0, nil
		}
	}
	return found, q.Before, nil
}

// Note adds to the audit log what an administrator is about to do to something
// that is not of record, such as the cache. Where that fails it must not be
// done.
func (s *Service) Note(ctx context.Context, c Caller, action, target string) error {
	if !c.Principal.Admin {
		return errAdmin("do this")
	}
	err := s.deps.Store.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Audit().Append(c.entry(action, target, ""))
		return err
	})
	if err != nil {
		return fmt.Errorf("note %s: %w", action, err)
	}
	return nil
}
