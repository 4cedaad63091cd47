package accounts

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// NewDeployToken says what a deploy token is to be.
type NewDeployToken struct {
	// Source is the project or group that it is for.
	Source record.Source
	Name   string
	// Username signs in with it; "gitlab+deploy-token-N" where it is empty.
	Username string
	// Scopes are read_package_registry and write_package_registry.
	Scopes []string
	// ExpiresAt is zero for one that does not expire, as in GitLab.
	ExpiresAt time.Time
}

// CreateDeployToken creates a token of a project or group and returns it with
// its secret.
func (s *Service) CreateDeployToken(ctx context.Context, actor Actor, n NewDeployToken) (record.Token, string, error) {
	err := errors.Join(checkTokenName(n.Name), checkScopes(n.Scopes, ScopeReadRegistry, ScopeWriteRegistry),
		checkDeployUsername(n.Username))
	if err == nil && !n.ExpiresAt.IsZero() {
		err = s.checkExpiry(n.ExpiresAt, false)
	}
	if err != nil {
		return record.Token{}, "", first(err)
	}
	secret, err := NewSecret(record.DeployToken)
	if err != nil {
		return record.Token{}, "", err
	}
	t := s.tokenOf(record.DeployToken, secret)
	t.UserID, t.Source, t.Name, t.Scopes, t.ExpiresAt = actor.UserID, n.Source, n.Name, n.Scopes, n.ExpiresAt
	err = s.update(ctx, actor, nil, func(tx record.Tx) (note, error) {
		path, err := sourcePath(tx.Spaces(), n.Source)
		if err != nil {
			return note{}, err
		}
		t.Username = n.Username
		made, err := s.putToken(tx, &t, path)
		if err != nil || t.Username != "" {
			return made, err
		}
		t.Username = "gitlab+deploy-token-" + strconv.FormatInt(t.ID, 10)
		_, err = tx.Accounts().PutToken(t)
		return made, err
	})
	if err != nil {
		return record.Token{}, "", err
	}
	return t, secret, nil
}

// DeployTokens lists the deploy tokens of a project or group that were not
// revoked.
func (s *Service) DeployTokens(ctx context.Context, source record.Source) ([]record.Token, error) {
	var out []record.Token
	err := s.view(ctx, "list deploy tokens", func(tx record.Tx) (err error) {
		out, err = standing(func(after int64, limit int) ([]record.Token, error) {
			return tx.Accounts().DeployTokens(source, after, limit)
		})
		return err
	})
	return out, err
}

func checkDeployUsername(name string) error {
	if strings.Trim(name, base62+"_-+.") != "" {
		return invalid("Username can contain only letters, digits, '_', '-', '+', and '.'")
	}
	return checkText("Username", name)
}

// sourcePath returns the full path of a project or group.
func sourcePath(spaces record.Spaces, src record.Source) (string, error) {
	switch src.Kind {
	case record.GroupSource:
		g, err := spaces.Group(src.ID)
		return g.FullPath, instead(err, errGroup())
	case record.ProjectSource:
		p, err := spaces.Project(src.ID)
		return p.FullPath, instead(err, errProject())
	}
	return "", invalid("%q is neither a group nor a project", src.Kind)
}
