package accounts

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// settingBootstrapped remembers the first start, so that an administrator who
// was removed does not come back with the next one.
const settingBootstrapped = "bootstrapped_at"

// What the first start creates.
const (
	rootName     = "root"
	rootGroup    = "local"
	rootProject  = "local/npm"
	minRootToken = 20
)

// BootstrapInput says what the first start needs to know.
type BootstrapInput struct {
	// RootToken is the administrator's token; one is made where it is empty.
	RootToken string
}

// Bootstrap prepares an empty store at the first start: an administrator
// without a password and its token, the group local and the project local/npm.
// It returns the token and whether it created anything; later starts change
// nothing and return no token.
func (s *Service) Bootstrap(ctx context.Context, in BootstrapInput) (rootToken string, created bool, err error) {
	secret := in.RootToken
	if secret == "" {
		if secret, err = NewSecret(record.PersonalToken); err != nil {
			return "", false, err
		}
	}
	if err := checkRootToken(secret); err != nil {
		return "", false, err
	}
	err = s.update(ctx, Actor{Name: consoleName}, s.Reset, func(tx record.Tx) (_ note, err error) {
		created = false
		_, err = tx.Settings().Get(settingBootstrapped)
		if !errors.Is(err, npm.ErrNotFound) {
			return note{}, err
		}
		created = true
		return note{"instance.bootstrap", rootProject, "first start"}, s.bootstrap(tx, secret)
	})
	if err != nil || !created {
		return "", false, err
	}
	return secret, true, nil
}

func checkRootToken(secret string) error {
	switch {
	case len(secret) < minRootToken || len(secret) > maxSecret || strings.ContainsFunc(secret, unicode.IsSpace):
		return invalid("the administrator's token needs %d to %d characters without spaces", minRootToken, maxSecret)
	case shapeOf(secret) == damaged:
		return invalid("the administrator's token begins like a token of larder but is damaged")
	}
	return nil
}

func (s *Service) bootstrap(tx record.Tx, secret string) error {
	now := s.now()
	root, err := tx.Accounts().PutUser(record.User{Username: rootName, Name: "Administrator", Admin: true, CreatedAt: now, UpdatedAt: now})
	if err != nil {
		return err
	}
	if _, err := s.createGroup(tx, Actor{}, NewGroup{Path: rootGroup, Visibility: record.InternalVisibility}); err != nil {
		return err
	}
	_, err = s.createProject(tx, Actor{UserID: root.ID}, NewProject{Path: rootProject, Visibility: record.InternalVisibility})
	if err != nil {
		return err
	}
	t := s.tokenOf(record.PersonalToken, secret)
	t.UserID, t.Name, t.Scopes, t.ExpiresAt = root.ID, "first start", []string{ScopeAPI}, now.Add(s.opt.TokenMaxTTL)
	if _, err := s.putToken(tx, &t, rootName); err != nil {
		return err
	}
	return tx.Settings().Put(settingBootstrapped, now.Format(time.RFC3339))
}
