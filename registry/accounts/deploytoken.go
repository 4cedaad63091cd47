package accounts

import (
	"cmp"
	"context"
	"errors"
	"slices"
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

// DeployToken returns a deploy token of a project or group that was not revoked.
func (s *Service) DeployToken(ctx context.Context, source record.Source, id int64) (record.Token, error) {
	var out record.Token
	err := s.view(ctx, "read deploy token", func(tx record.Tx) (err error) {
		out, err = deployTokenOf(tx, source, id)
		return err
	})
	return out, err
}

// RevokeDeployToken ends a deploy token of a project or group at once.
func (s *Service) RevokeDeployToken(ctx context.Context, actor Actor, source record.Source, id int64) error {
	return s.update(ctx, actor, s.tokens.Purge, func(tx record.Tx) (note, error) {
		t, err := deployTokenOf(tx, source, id)
		if err != nil {
			return note{}, err
		}
		return s.revoke(tx, t)
	})
}

func deployTokenOf(tx record.Tx, source record.Source, id int64) (record.Token, error) {
	t, err := tx.Accounts().Token(id)
	if err != nil {
		return record.Token{}, instead(err, errToken())
	}
	if t.Kind != record.DeployToken || t.Source != source || !t.RevokedAt.IsZero() {
		return record.Token{}, errToken()
	}
	return t, nil
}

// AllDeployTokens lists the deploy tokens of all groups and projects that were
// not revoked, by number.
func (s *Service) AllDeployTokens(ctx context.Context) ([]record.Token, error) {
	tree, err := s.Tree(ctx)
	if err != nil {
		return nil, err
	}
	sources := make([]record.Source, 0, len(tree.Groups())+len(tree.Projects()))
	for _, g := range tree.Groups() {
		sources = append(sources, record.Source{Kind: record.GroupSource, ID: g.ID})
	}
	for _, p := range tree.Projects() {
		sources = append(sources, record.Source{Kind: record.ProjectSource, ID: p.ID})
	}
	var out []record.Token
	err = s.view(ctx, "list deploy tokens", func(tx record.Tx) error {
		out = nil
		for _, source := range sources {
			some, err := standing(func(after int64, limit int) ([]record.Token, error) {
				return tx.Accounts().DeployTokens(source, after, limit)
			})
			if err != nil {
				return err
			}
			out = append(out, some...)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b record.Token) int { return cmp.Compare(a.ID, b.ID) })
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
