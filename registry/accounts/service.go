// Package accounts knows who somebody is and what they may do: users, passwords,
// tokens, sign-ins, groups, projects, members and pipelines. It refuses to know
// what packages contain and how requests travel.
package accounts

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/larderhq/larder/cache/recall"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// The bounds keep what is remembered under about 30 MB.
const (
	maxTokens    = 8 << 10
	maxPeople    = 8 << 10
	maxPasswords = 8 << 10
	maxSpaces    = 8 << 10
)

// Options adjust a service.
type Options struct {
	// Key makes the digests of secrets; 32 bytes. Another key makes all tokens
	// unknown.
	Key []byte
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// TokenTTL is how long a token lives when nobody says; 90 days by default.
	TokenTTL time.Duration
	// TokenMaxTTL is the longest that anybody may say; 365 days by default.
	TokenMaxTTL time.Duration
	// SignUp lets "npm login" make users.
	SignUp bool
	// FailedLogins is how often each address and each account may fail within
	// FailedPer; 10 by default.
	FailedLogins int
	// FailedPer is a minute by default.
	FailedPer time.Duration
	// Forwarding is whether names that are not local go upstream where no
	// setting says.
	Forwarding bool
	// Logger gets what nobody waits for; nil drops it.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenTTL == 0 {
		o.TokenTTL = 90 * 24 * time.Hour
	}
	if o.TokenMaxTTL == 0 {
		o.TokenMaxTTL = 365 * 24 * time.Hour
	}
	if o.FailedLogins == 0 {
		o.FailedLogins = 10
	}
	if o.FailedPer == 0 {
		o.FailedPer = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	switch {
	case len(o.Key) != keySize:
		return fmt.Errorf("token key of %d bytes, want %d: %w", len(o.Key), keySize, npm.ErrInvalid)
	case o.TokenTTL < 0 || o.TokenMaxTTL < o.TokenTTL:
		return fmt.Errorf("tokens live %s but at most %s: %w", o.TokenTTL, o.TokenMaxTTL, npm.ErrInvalid)
	case o.FailedLogins < 0 || o.FailedPer < 0:
		return fmt.Errorf("%d failed logins per %s: %w", o.FailedLogins, o.FailedPer, npm.ErrInvalid)
	}
	return nil
}

// Service answers who somebody is. All methods are safe for concurrent use. It
// follows a store: Changed and Reset tell it what others wrote.
type Service struct {
	store   record.Store
	opt     Options
	digests *digester
	slots   *slots
	decoy   passwordHash
	limits  *limiter
	flights singleflight.Group
	used    *usage
	starts  *starts

	tokens    *recall.Memory[digest, *tokenEntry]
	people    *recall.Memory[int64, *account]
	everyone  *recall.Memory[struct{}, []record.User]
	passwords *recall.Memory[digest, remembered]
	wrong     *recall.Memory[digest, string]
	projects  *recall.Memory[int64, *Project]
	groups    *recall.Memory[int64, *Group]
	paths     *recall.Memory[pathKey, int64]
	settings  *recall.Memory[string, record.Forwarding]
	trees     *trees
}

// New returns a service over store.
func New(store record.Store, o Options) (*Service, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	decoy, err := newDecoy()
	if err != nil {
		return nil, err
	}
	limits, err := newLimiter(o.FailedLogins, o.FailedPer)
	if err != nil {
		return nil, err
	}
	s := &Service{store: store, opt: o, digests: newDigester(o.Key), slots: newSlots(), decoy: decoy,
		limits: limits, used: newUsage(), starts: &starts{}, trees: newTrees()}
	if err := s.makeMemories(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Service) makeMemories() (err error) {
	if s.tokens, err = recall.New[digest, *tokenEntry](maxTokens); err != nil {
		return err
	}
	if s.people, err = recall.New[int64, *account](maxPeople); err != nil {
		return err
	}
	if s.everyone, err = recall.New[struct{}, []record.User](1); err != nil {
		return err
	}
	if s.passwords, err = recall.New[digest, remembered](maxPasswords); err != nil {
		return err
	}
	if s.wrong, err = recall.New[digest, string](maxPasswords); err != nil {
		return err
	}
	if s.projects, err = recall.New[int64, *Project](maxSpaces); err != nil {
		return err
	}
	if s.groups, err = recall.New[int64, *Group](maxSpaces); err != nil {
		return err
	}
	if s.paths, err = recall.New[pathKey, int64](maxSpaces); err != nil {
		return err
	}
	s.settings, err = recall.New[string, record.Forwarding](1)
	return err
}

func (s *Service) now() time.Time { return s.opt.Now().UTC() }

// view reads from the store; what says what for, in errors.
func (s *Service) view(ctx context.Context, what string, fn func(record.Tx) error) error {
	if err := s.store.View(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
