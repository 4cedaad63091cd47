package accounts

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// noteTime bounds the writing of a refusal that no request waits for any more.
const noteTime = 10 * time.Second

// limited refuses who failed to sign in too often, from an address and, unless
// it is empty, with a username. The first refusal of a burst gets a line in the
// audit log; what is refused is refused whether or not that can be written.
func (s *Service) limited(ctx context.Context, wait time.Duration, from netip.Addr, name string) error {
	if s.limits.tell(from, name, s.opt.Now()) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
		defer cancel()
		if err := s.noteLimit(ctx, from, name); err != nil {
			s.opt.Logger.Warn("refused sign-ins are not in the audit log", "err", err)
		}
	}
	return tooMany(wait)
}

func (s *Service) noteLimit(ctx context.Context, from netip.Addr, name string) error {
	e := record.Entry{At: s.now(), Actor: anonymousName, Address: addressText(from), Action: "login.limit",
		Target: triedName(name), Detail: fmt.Sprintf("%d failures within %s", s.limits.max, s.limits.per)}
	return s.store.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Audit().Append(e)
		return err
	})
}

// maxTriedName is how much of a username is kept that may be none, in bytes.
const maxTriedName = 100

// triedName makes a text of a username that somebody tried.
func triedName(name string) string {
	if len(name) > maxTriedName {
		name = name[:maxTriedName]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(name, ""), "\x00", "")
}
