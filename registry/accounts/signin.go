package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// rememberFor is how long a password that was right needs no slow hash.
	rememberFor = 5 * time.Minute
	// checkTime bounds a check that several requests wait for.
	checkTime = 30 * time.Second
)

// attempt is a username with a password, as it is remembered.
type attempt struct {
	digest digest
	name   string // in lower case
}

// remembered is a password that was right. It counts as long as the user still
// has the hash that it was right for.
type remembered struct {
	userID int64
	hash   string
	until  time.Time
}

func (s *Service) attempt(username, password string) attempt {
	name := strings.ToLower(username)
	return attempt{digest: s.digests.sum(passwordDomain, name, password), name: name}
}

// recallPassword returns who signed in with the same name and password a short
// time ago.
func (s *Service) recallPassword(ctx context.Context, try attempt) (*Principal, bool, error) {
	r, ok := s.passwords.Get(try.digest)
	if !ok || !s.opt.Now().Before(r.until) {
		return nil, false, nil
	}
	a, err := s.person(ctx, r.userID)
	if errors.Is(err, npm.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if a.user.PasswordHash != r.hash || !strings.EqualFold(a.user.Username, try.name) {
		return nil, false, nil
	}
	if a.user.Blocked {
		return nil, false, errBlocked()
	}
	return a.self, true, nil
}

// verify signs in with a password, remembered or not.
func (s *Service) verify(ctx context.Context, username, password string, from netip.Addr) (*Principal, error) {
	if len(username) > maxSecret || len(password) > maxSecret || username == "" || password == "" {
		return nil, errWrong()
	}
	try := s.attempt(username, password)
	if p, ok, err := s.recallPassword(ctx, try); ok || err != nil {
		return p, err
	}
	a, err := s.checkPassword(ctx, try, password, from)
	if err != nil {
		return nil, err
	}
	return a.self, nil
}

// checkPassword does the slow check, once for all who wait for the same.
func (s *Service) checkPassword(ctx context.Context, try attempt, password string, from netip.Addr) (*account, error) {
	flight := s.flights.DoChan(string(try.digest[:]), func() (any, error) {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
		defer cancel()
		return s.checkOnce(detached, try, password, from)
	})
	select {
	case r := <-flight:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*account), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("check password: %w", ctx.Err())
	}
}

func errWrong() error { return unauthenticated("Incorrect username or password") }

func (s *Service) checkOnce(ctx context.Context, try attempt, password string, from netip.Addr) (*account, error) {
	if wait := s.limits.wait(from, try.name, s.opt.Now()); wait > 0 {
		return nil, s.limited(ctx, wait, from, try.name)
	}
	generation := s.wrong.Begin()
	u, err := s.userOrNone(ctx, try.name)
	if err != nil {
		return nil, err
	}
	if hash, ok := s.wrong.Get(try.digest); ok && hash == u.PasswordHash {
		return nil, errWrong() // and counted already
	}
	h := s.decoy
	if u.PasswordHash != "" {
		if h, err = parseHash(u.PasswordHash); err != nil {
			return nil, err
		}
	}
	right, err := s.slowCheck(ctx, h, countedTry{attempt: try, password: password, from: from})
	if err != nil {
		return nil, err
	}
	if !right || u.PasswordHash == "" {
		s.wrong.Keep(try.digest, u.PasswordHash, generation)
		return nil, errWrong()
	}
	return s.signedIn(ctx, u, try)
}

// countedTry is one check of a password that counts against the limits.
type countedTry struct {
	attempt
	password string
	from     netip.Addr
}

// slowCheck hashes. The limits are asked again once it is the try's turn,
// because others may have failed while it waited.
func (s *Service) slowCheck(ctx context.Context, h passwordHash, try countedTry) (bool, error) {
	if err := s.slots.take(ctx); err != nil {
		return false, err
	}
	defer s.slots.free()
	now := s.opt.Now()
	if wait := s.limits.wait(try.from, try.name, now); wait > 0 {
		return false, s.limited(ctx, wait, try.from, try.name)
	}
	s.limits.count(try.from, try.name, now)
	if !h.matches(try.password) {
		return false, nil
	}
	s.limits.forgive(try.from, try.name, now)
	return true, nil
}

// signedIn remembers a password that was right for a user.
func (s *Service) signedIn(ctx context.Context, u record.User, try attempt) (*account, error) {
	generation := s.passwords.Begin()
	a, err := s.person(ctx, u.ID)
	if err != nil {
		return nil, instead(err, errWrong())
	}
	switch {
	case a.user.PasswordHash != u.PasswordHash:
		return nil, errWrong() // changed since it was checked
	case a.user.Blocked:
		return nil, errBlocked()
	}
	s.passwords.Keep(try.digest, remembered{userID: u.ID, hash: u.PasswordHash,
		until: s.opt.Now().Add(rememberFor)}, generation)
	return a, nil
}

// userOrNone returns a user by name, or the zero user where there is none.
func (s *Service) userOrNone(ctx context.Context, name string) (record.User, error) {
	if name == "" || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return record.User{}, nil
	}
	var u record.User
	err := s.view(ctx, "find user", func(tx record.Tx) (err error) {
		u, err = tx.Accounts().UserByName(name)
		return err
	})
	if errors.Is(err, npm.ErrNotFound) {
		return record.User{}, nil
	}
	return u, err
}
