package accounts

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// loginTTL is how long a sign-in through a browser may take.
	loginTTL = 10 * time.Minute
	// maxStarts and maxStartsOfOne bound how many sign-ins may be begun within
	// loginTTL, by all and from one address, because anybody may begin one.
	maxStarts      = 1000
	maxStartsOfOne = 60
)

// starts counts the sign-ins that were begun.
type starts struct {
	mu    sync.Mutex
	since time.Time
	n     int
	from  map[netip.Addr]int
}

// take counts one and returns how long to wait where there were too many.
func (s *starts) take(from netip.Addr, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.since) >= loginTTL {
		s.since, s.n, s.from = now, 0, map[netip.Addr]int{}
	}
	if from = client(from); s.n >= maxStarts || s.from[from] >= maxStartsOfOne {
		return s.since.Add(loginTTL).Sub(now)
	}
	s.n++
	s.from[from]++
	return 0
}

// StartLogin begins a sign-in through a browser and returns its id, a secret
// that is good for ten minutes.
func (s *Service) StartLogin(ctx context.Context, from netip.Addr) (string, error) {
	now := s.now()
	if wait := s.starts.take(from, now); wait > 0 {
		return "", &npm.Error{Kind: npm.ErrTooMany, RetryAfter: wait, Text: "too many people sign in at the moment"}
	}
	id, err := newSecret(loginPrefix)
	if err != nil {
		return "", err
	}
	login := record.Login{Digest: s.loginDigest(id), CreatedAt: now, ExpiresAt: now.Add(loginTTL)}
	err = s.store.Update(ctx, func(tx record.Tx) error { return tx.Accounts().PutLogin(login) })
	if err != nil {
		return "", err
	}
	return id, nil
}

func (s *Service) loginDigest(id string) digest { return s.digests.sum(loginDomain, id, "") }

func errLogin() error {
	return &npm.Error{Kind: npm.ErrNotFound, Text: "this sign-in is unknown or took too long: begin again"}
}

// PendingLogin fails with npm.ErrNotFound where no sign-in of that id waits for
// somebody.
func (s *Service) PendingLogin(ctx context.Context, id string) error {
	return s.view(ctx, "find login", func(tx record.Tx) error {
		l, err := s.login(tx, id)
		if err == nil && l.UserID != 0 {
			return errLogin()
		}
		return err
	})
}

func (s *Service) login(tx record.Tx, id string) (record.Login, error) {
	if len(id) > maxSecret {
		return record.Login{}, errLogin()
	}
	l, err := tx.Accounts().Login(s.loginDigest(id))
	if err != nil {
		return l, instead(err, errLogin())
	}
	if !s.opt.Now().Before(l.ExpiresAt) {
		return l, errLogin()
	}
	return l, nil
}

// ApproveLogin signs in for whoever waits for the sign-in of that id.
func (s *Service) ApproveLogin(ctx context.Context, id, username, password string, from netip.Addr) error {
	if err := s.PendingLogin(ctx, id); err != nil {
		return err
	}
	p, err := s.verify(ctx, username, password, from)
	if err != nil {
		return err
	}
	actor := Actor{Name: p.Actor(), Address: addressText(from), UserID: p.UserID}
	return s.update(ctx, actor, nil, func(tx record.Tx) (note, error) {
		l, err := s.login(tx, id)
		if err != nil {
			return note{}, err
		}
		if l.UserID != 0 {
			return note{}, errLogin()
		}
		l.UserID = p.UserID
		return note{"login.approve", p.Username, ""}, tx.Accounts().PutLogin(l)
	})
}

// FinishLogin returns the secret of a new token once somebody approved the
// sign-in, and forgets that. Until then it is not ready.
func (s *Service) FinishLogin(ctx context.Context, id string) (secret string, ready bool, err error) {
	waiting := false
	err = s.view(ctx, "find login", func(tx record.Tx) error {
		l, err := s.login(tx, id)
		waiting = l.UserID == 0
		return err
	})
	if err != nil || waiting {
		return "", false, err
	}
	t, secret, err := s.newToken(NewToken{Name: loginTokenName})
	if err != nil {
		return "", false, err
	}
	err = s.store.Update(ctx, func(tx record.Tx) error { return s.finishLogin(tx, id, &t) })
	if err != nil {
		return "", false, err
	}
	return secret, true, nil
}

// finishLogin reads the login again, so that one of two who ask at the same
// time gets the token.
func (s *Service) finishLogin(tx record.Tx, id string, t *record.Token) error {
	l, err := s.login(tx, id)
	if err != nil {
		return err
	}
	n, u, err := s.createLoginToken(tx, t, l.UserID)
	if err != nil {
		return err
	}
	if err := tx.Accounts().RemoveLogin(l.Digest); err != nil {
		return err
	}
	_, err = tx.Audit().Append(record.Entry{At: s.now(), Actor: u.Username, Action: n.action, Target: n.target, Detail: n.detail})
	return err
}
