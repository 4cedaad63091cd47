package accounts

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

func retryAfter(err error) time.Duration {
	var e *npm.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// TestBadTokensAreLimited: 2,000 requests with one bad token count once, other
// bad tokens of the address are refused with 429 past the limit, and whatever
// is valid always passes.
func TestBadTokensAreLimited(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 3 })
	u := o.user("kim", "correct horse")
	_, secret := o.token(NewToken{UserID: u.ID})
	password := Credential{Form: Basic, Username: "kim", Secret: "correct horse"}
	o.signIn(password)
	try := func(secret string, from netip.Addr) error {
		_, err := o.Authenticate(t.Context(), bearer(secret), from)
		return err
	}
	for range 2000 {
		if err := try("one bad token", home); !errors.Is(err, npm.ErrUnauthenticated) {
			t.Fatalf("the same bad token: %v", err)
		}
	}
	for i := range 2 {
		if err := try(fmt.Sprintf("bad token %d", i), home); !errors.Is(err, npm.ErrUnauthenticated) {
			t.Fatalf("bad token %d: %v", i, err)
		}
	}
	for i := range 5 {
		err := try(fmt.Sprintf("bad token %d", i), home)
		if wait := retryAfter(err); !errors.Is(err, npm.ErrTooMany) || wait <= 0 || wait > time.Minute {
			t.Errorf("past the limit: %v after %s", err, wait)
		}
	}
	o.signIn(bearer(secret))
	o.signIn(password)
	if err := try("bad token from elsewhere", away); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("another address: %v", err)
	}
	o.clock.Move(time.Minute)
	if err := try("bad token 9", home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("a minute later: %v", err)
	}
}

// TestPasswordsAreLimited: past the limit nothing is hashed, from whatever
// address an account is tried and whatever account an address tries.
func TestPasswordsAreLimited(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		try  func(i int) (Credential, netip.Addr)
	}{
		{"one address, many accounts", func(i int) (Credential, netip.Addr) {
			return Credential{Form: Basic, Username: fmt.Sprintf("user%d", i), Secret: "wrong"}, home
		}},
		{"one network of IPv6", func(i int) (Credential, netip.Addr) {
			return Credential{Form: Basic, Username: fmt.Sprintf("user%d", i), Secret: "wrong"},
				netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1::%x", i+1))
		}},
		{"one account, many addresses", func(i int) (Credential, netip.Addr) {
			return Credential{Form: Basic, Username: "kim", Secret: fmt.Sprintf("wrong %d", i)},
				netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, func(opt *Options) { opt.FailedLogins = 2 })
			u := o.user("kim", "correct horse")
			_, secret := o.token(NewToken{UserID: u.ID})
			for i := range 2 {
				c, from := tt.try(i)
				if _, err := o.Authenticate(t.Context(), c, from); !errors.Is(err, npm.ErrUnauthenticated) {
					t.Fatalf("try %d: %v", i, err)
				}
			}
			o.occupy() // nothing can be hashed now
			c, from := tt.try(2)
			_, err := o.Authenticate(t.Context(), c, from)
			if wait := retryAfter(err); !errors.Is(err, npm.ErrTooMany) || wait != time.Minute {
				t.Errorf("past the limit: %v after %s", err, wait)
			}
			if _, err := o.Authenticate(t.Context(), bearer(secret), from); err != nil {
				t.Errorf("a valid token: %v", err)
			}
		})
	}
}

// occupy takes all slots, so that whatever hashes waits for ever.
func (o *office) occupy() {
	o.tb.Helper()
	for range maxHashing {
		o.must(o.slots.take(o.tb.Context()))
	}
}

func TestRightPasswordsDoNotCount(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 2 })
	for i := range 4 {
		name := fmt.Sprintf("user%d", i)
		o.user(name, "correct horse")
		o.signIn(Credential{Form: Basic, Username: name, Secret: "correct horse"})
	}
	if got := len(entry(o.limits.addresses, home).times); got != 0 {
		t.Errorf("%d failures are counted", got)
	}
}

// TestSameWrongPasswordCountsOnce: an install sends what it has a thousand
// times.
func TestSameWrongPasswordCountsOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 2 })
	u := o.user("kim", "correct horse")
	for _, name := range []string{"kim", "nobody"} {
		c := Credential{Form: Basic, Username: name, Secret: "wrong"}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := o.Authenticate(t.Context(), c, home); !errors.Is(err, npm.ErrUnauthenticated) && !errors.Is(err, npm.ErrTooMany) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		if got := len(entry(o.limits.names, name).times); got != 1 {
			t.Errorf("%s has %d failures", name, got)
		}
	}
	o.clock.Move(time.Minute)
	o.must(o.SetPassword(t.Context(), operator, u.ID, nil, "wrong but now right"))
	o.signIn(Credential{Form: Basic, Username: "kim", Secret: "wrong but now right"})
}

// TestBurstDoesNotSlipThrough: tries at one moment are not all let through
// before the first has failed.
func TestBurstDoesNotSlipThrough(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 3 })
	o.user("kim", "correct horse")
	var all sync.WaitGroup
	var mu sync.Mutex
	wrong := 0
	for i := range 30 {
		all.Go(func() {
			c := Credential{Form: Basic, Username: "kim", Secret: fmt.Sprintf("guess %d", i)}
			_, err := o.Authenticate(t.Context(), c, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, npm.ErrUnauthenticated) {
				wrong++
			} else if !errors.Is(err, npm.ErrTooMany) {
				t.Errorf("guess %d: %v", i, err)
			}
		})
	}
	all.Wait()
	if wrong != 3 {
		t.Errorf("%d guesses were checked, want 3", wrong)
	}
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l, err := newLimiter(10, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0)
	for i := range maxCounted + 100 {
		from := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		l.count(from, fmt.Sprint(i), now)
		l.badToken(digest{byte(i), byte(i >> 8), byte(i >> 16)}, from, now)
	}
	if l.addresses.Len() > maxCounted || l.names.Len() > maxCounted || l.known.Len() > maxBadKnown {
		t.Errorf("%d addresses, %d accounts, %d tokens", l.addresses.Len(), l.names.Len(), l.known.Len())
	}
	w := &window{}
	for range 1000 {
		w.add(l, now)
	}
	if len(w.times) > l.max+1 {
		t.Errorf("%d times are kept", len(w.times))
	}
}

func TestRevokedTokensAreLimited(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 1 })
	u := o.user("kim", "")
	var secrets []string
	for range 3 {
		tok, secret := o.token(NewToken{UserID: u.ID})
		o.must(o.RevokeToken(t.Context(), operator, tok.ID))
		secrets = append(secrets, secret)
	}
	for i, want := range []error{npm.ErrUnauthenticated, npm.ErrTooMany, npm.ErrTooMany} {
		if _, err := o.Authenticate(t.Context(), bearer(secrets[i]), home); !errors.Is(err, want) {
			t.Errorf("revoked token %d: %v", i, err)
		}
	}
	if list, err := o.Tokens(t.Context(), u.ID); err != nil || len(list) != 0 {
		t.Errorf("Tokens = %v, %v", list, err)
	}
}
