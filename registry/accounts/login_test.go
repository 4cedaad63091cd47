package accounts

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.user("kim", "correct horse")
	p, secret, err := o.Login(t.Context(), "kim", "correct horse", home)
	o.must(err)
	if q := o.signIn(bearer(secret)); p.Key() != q.Key() || q.Token.Name != loginTokenName || p.Token.ID != q.Token.ID || !q.ManagesAccount() {
		t.Errorf("Login = %+v, then %+v", p, q)
	}
	for name, c := range map[string][2]string{"wrong": {"kim", "wrong horse"}, "unknown": {"pat", "correct horse"},
		"no name": {"", "correct horse"}, "no password": {"kim", ""}, "endless": {strings.Repeat("x", 1<<16), "x"}} {
		if p, secret, err := o.Login(t.Context(), c[0], c[1], home); !errors.Is(err, npm.ErrUnauthenticated) || p != nil || secret != "" {
			t.Errorf("%s: %v, %q, %v", name, p, secret, err)
		}
	}
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.SignUp, opt.FailedLogins = true, 3 })
	p, secret, err := o.Login(t.Context(), "Kim", "correct horse", home)
	o.must(err)
	if p.Username != "Kim" || o.signIn(bearer(secret)).UserID != p.UserID || p.Admin {
		t.Errorf("signed up as %+v", p)
	}
	if _, _, err := o.Login(t.Context(), "kim", "another horse", home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("signing up as somebody else: %v", err)
	}
	if _, _, err := o.Login(t.Context(), "pat", "short", home); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("a short password: %v", err)
	}
	if _, _, err := o.Login(t.Context(), "many", "correct horse", home); !errors.Is(err, npm.ErrTooMany) {
		t.Errorf("many users from one address: %v", err)
	}
	if got := o.entries()[0]; got.Action != "user.create" || got.Actor != "Kim" || got.Address != "192.0.2.1" {
		t.Errorf("audit %+v", got)
	}
}

func TestWebLogin(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "correct horse")
	id, err := o.StartLogin(t.Context(), home)
	o.must(err)
	if err := o.PendingLogin(t.Context(), id); err != nil {
		t.Errorf("PendingLogin: %v", err)
	}
	if secret, ready, err := o.FinishLogin(t.Context(), id); secret != "" || ready || err != nil {
		t.Errorf("before the approval: %q, %v, %v", secret, ready, err)
	}
	if err := o.ApproveLogin(t.Context(), id, "kim", "wrong horse", home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := o.ApproveLogin(t.Context(), id+"x", "kim", "correct horse", home); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("another id: %v", err)
	}
	o.must(o.ApproveLogin(t.Context(), id, "kim", "correct horse", home))
	if err := o.ApproveLogin(t.Context(), id, "kim", "correct horse", home); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("a second approval: %v", err)
	}
	// Clients of two pollers: one gets the token.
	var all sync.WaitGroup
	var got atomic.Int32
	for range 8 {
		all.Go(func() {
			secret, ready, err := o.FinishLogin(t.Context(), id)
			switch {
			case ready && o.signIn(bearer(secret)).UserID == u.ID:
				got.Add(1)
			case !errors.Is(err, npm.ErrNotFound):
				t.Errorf("another poller: %v, %v", ready, err)
			}
		})
	}
	all.Wait()
	if got.Load() != 1 {
		t.Errorf("%d pollers got a token", got.Load())
	}
	if list, err := o.Tokens(t.Context(), u.ID); err != nil || len(list) != 1 {
		t.Errorf("Tokens = %v, %v", list, err)
	}
}

func TestWebLoginEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "correct horse")
	late, err := o.StartLogin(t.Context(), home)
	o.must(err)
	o.must(o.ApproveLogin(t.Context(), late, "kim", "correct horse", home))
	blocked, err := o.StartLogin(t.Context(), home)
	o.must(err)
	o.must(o.ApproveLogin(t.Context(), blocked, "kim", "correct horse", home))
	o.must(o.BlockUser(t.Context(), operator, u.ID))
	if _, ready, err := o.FinishLogin(t.Context(), blocked); ready || !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("a blocked user: %v, %v", ready, err)
	}
	o.clock.Move(loginTTL)
	if _, ready, err := o.FinishLogin(t.Context(), late); ready || !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("after ten minutes: %v, %v", ready, err)
	}
	o.clock.Move(time.Second)
	o.must(o.pruneLogins(t.Context()))
	o.must(o.store.View(t.Context(), func(tx record.Tx) error {
		if _, err := tx.Accounts().Login(o.loginDigest(late)); !errors.Is(err, npm.ErrNotFound) {
			t.Errorf("a login is still kept: %v", err)
		}
		return nil
	}))
}

func TestStartsAreBounded(t *testing.T) {
	t.Parallel()
	s, now := &starts{}, time.Unix(1000, 0)
	for i := range maxStarts {
		if wait := s.take(netip.AddrFrom4([4]byte{10, 0, byte(i / maxStartsOfOne), 1}), now); wait != 0 {
			t.Fatalf("wait %s", wait)
		}
	}
	if wait := s.take(away, now.Add(time.Minute)); wait != 9*time.Minute {
		t.Errorf("wait %s", wait)
	}
	if wait := s.take(away, now.Add(loginTTL)); wait != 0 {
		t.Errorf("later: wait %s", wait)
	}
	for range maxStartsOfOne - 1 {
		s.take(away, now.Add(loginTTL))
	}
	if wait := s.take(away, now.Add(loginTTL)); wait != loginTTL {
		t.Errorf("one address without end: wait %s", wait)
	}
	if wait := s.take(home, now.Add(loginTTL)); wait != 0 {
		t.Errorf("another address: wait %s", wait)
	}
}

func TestUsesAreWrittenBehind(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "")
	tok, secret := o.token(NewToken{UserID: u.ID})
	before, err := o.store.Sequence(t.Context())
	o.must(err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }()
	first := o.clock.Now()
	for range 100 {
		o.signIn(bearer(secret))
		o.clock.Move(time.Millisecond)
	}
	stop()
	o.must(<-done)
	kept, err := o.Token(t.Context(), tok.ID)
	if err != nil || !kept.LastUsedAt.Equal(first) {
		t.Errorf("last used %s, want %s; %v", kept.LastUsedAt, first, err)
	}
	if after, err := o.store.Sequence(t.Context()); err != nil || after != before {
		t.Errorf("the use was told to others: %d changes, %v", after-before, err)
	}
	// A token that was revoked before its use is written stays so.
	o.clock.Move(usedEvery)
	o.signIn(bearer(secret))
	o.must(o.RevokeToken(t.Context(), operator, tok.ID))
	o.must(o.flush(t.Context()))
	if kept, err = o.Token(t.Context(), tok.ID); err != nil || kept.RevokedAt.IsZero() || !kept.LastUsedAt.After(first) {
		t.Errorf("token %+v, %v", kept, err)
	}
	if len(o.used.uses) != 0 {
		t.Errorf("%d uses wait", len(o.used.uses))
	}
}

// TestManyUsesAreWritten: more than one transaction takes are written all, and
// tokens that are gone do not matter.
func TestManyUsesAreWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	tok, _ := o.token(NewToken{UserID: o.user("kim", "").ID})
	now := o.clock.Now()
	for id := range int64(2*flushBatch + 10) {
		o.used.uses[id] = now
	}
	o.must(o.flush(t.Context()))
	if kept, err := o.Token(t.Context(), tok.ID); err != nil || !kept.LastUsedAt.Equal(now) {
		t.Errorf("token %+v, %v", kept, err)
	}
}
