package accounts

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TestPasswordIsHashedOnce: what was right a short time ago needs no slow hash,
// and what changed since is checked again.
func TestPasswordIsHashedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "correct horse")
	right := Credential{Form: Basic, Username: "kim", Secret: "correct horse"}
	wrong := Credential{Form: Basic, Username: "kim", Secret: "wrong horse"}
	o.signIn(right)
	if _, err := o.Authenticate(t.Context(), wrong, home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Fatal(err)
	}
	hashless := func(c Credential) error {
		for range maxHashing {
			o.must(o.slots.take(t.Context()))
		}
		defer o.slots.free()
		defer o.slots.free()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := o.Authenticate(ctx, c, home)
		return err
	}
	for range 3 {
		if err := hashless(right); err != nil {
			t.Errorf("a remembered password: %v", err)
		}
		if err := hashless(wrong); !errors.Is(err, npm.ErrUnauthenticated) {
			t.Errorf("a password that was wrong: %v", err)
		}
	}
	o.clock.Move(rememberFor)
	if err := hashless(right); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after five minutes: %v", err)
	}
	o.signIn(right)
	o.must(o.SetPassword(t.Context(), operator, u.ID, nil, "another horse"))
	if err := hashless(right); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after another password: %v", err)
	}
	if _, err := o.Authenticate(t.Context(), right, home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("the old password: %v", err)
	}
}

// TestManyRequestsHashOnce: what an install sends at one moment is one check.
// As many checks would neither find room to wait nor stay within the limit.
func TestManyRequestsHashOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 1 })
	o.user("kim", "correct horse")
	c := Credential{Form: Basic, Username: "kim", Secret: "correct horse"}
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if _, err := o.Authenticate(t.Context(), c, home); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestUnknownUsersCostAsMuch: a user that does not exist, or has no password, is
// hashed for like any other.
func TestUnknownUsersCostAsMuch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.user("silent", "")
	o.user("kim", "correct horse")
	o.occupy()
	for _, name := range []string{"nobody", "silent", "kim"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := o.Authenticate(ctx, Credential{Form: Basic, Username: name, Secret: "wrong"}, home)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: refused without a hash: %v", name, err)
		}
	}
	o.slots.free() // lets those who still wait go
	o.slots.free()
	for _, name := range []string{"nobody", "silent", "kim"} {
		_, err := o.Authenticate(t.Context(), Credential{Form: Basic, Username: name, Secret: "wrong"}, home)
		if text(err) != "Incorrect username or password" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCrowdIsTurnedAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.occupy()
	for range maxWaiting {
		o.slots.waiting <- struct{}{}
	}
	_, err := o.Authenticate(t.Context(), Credential{Form: Basic, Username: "kim", Secret: "x"}, home)
	if !errors.Is(err, npm.ErrUnavailable) || retryAfter(err) == 0 {
		t.Errorf("Authenticate: %v", err)
	}
}

func TestCorruptHashFails(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "correct horse")
	u.PasswordHash = "plain"
	o.must(o.store.Update(t.Context(), func(tx record.Tx) error {
		_, err := tx.Accounts().PutUser(u)
		return err
	}))
	_, err := o.Authenticate(t.Context(), Credential{Form: Basic, Username: "kim", Secret: "plain"}, netip.Addr{})
	if !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("Authenticate: %v", err)
	}
}
