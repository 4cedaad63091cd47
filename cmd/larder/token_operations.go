package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// newToken asks for a token of a user, or a deploy token of a path.
type newToken struct {
	Username  string    `json:"username,omitempty"`
	Path      string    `json:"path,omitempty"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	Packages  []string  `json:"packages,omitempty"`
	CIDR      []string  `json:"cidr,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// tokenView is a token as commands show it: without its digest.
type tokenView struct {
	ID         int64            `json:"id"`
	Kind       record.TokenKind `json:"kind"`
	Name       string           `json:"name"`
	Username   string           `json:"username"`
	Hint       string           `json:"hint,omitempty"`
	Scopes     []string         `json:"scopes"`
	Packages   []string         `json:"packages,omitempty"`
	CIDR       []string         `json:"cidr,omitempty"`
	CreatedAt  time.Time        `json:"created_at"`
	ExpiresAt  time.Time        `json:"expires_at,omitzero"`
	LastUsedAt time.Time        `json:"last_used_at,omitzero"`
	// State is active, expired or revoked.
	State string `json:"state"`
}

// createdToken is a token with its secret, which nobody can read again.
type createdToken struct {
	tokenView
	Token string `json:"token"`
}

func viewToken(t record.Token, username string) tokenView {
	v := tokenView{ID: t.ID, Kind: t.Kind, Name: t.Name, Username: username, Hint: t.Hint, Scopes: t.Scopes,
		Packages: t.Packages, CIDR: t.CIDR, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt,
		State: "active"}
	switch {
	case !t.RevokedAt.IsZero():
		v.State = "revoked"
	case !t.ExpiresAt.IsZero() && !time.Now().Before(t.ExpiresAt):
		v.State = "expired"
	}
	return v
}

func createToken(ctx context.Context, d *desk, in newToken) (createdToken, error) {
	u, err := d.accounts.UserByName(ctx, in.Username)
	if err != nil {
		return createdToken{}, about(in.Username, err)
	}
	t, secret, err := d.accounts.CreateToken(ctx, consoleActor(), accounts.NewToken{
		UserID: u.ID, Name: in.Name, Scopes: in.Scopes, Packages: in.Packages, CIDR: in.CIDR, ExpiresAt: in.ExpiresAt,
	})
	if err != nil {
		return createdToken{}, err
	}
	return createdToken{viewToken(t, u.Username), secret}, nil
}

func createDeployToken(ctx context.Context, d *desk, in newToken) (createdToken, error) {
	src, _, err := d.accounts.SourceByPath(ctx, in.Path)
	if err != nil {
		return createdToken{}, err
	}
	t, secret, err := d.accounts.CreateDeployToken(ctx, consoleActor(), accounts.NewDeployToken{
		Source: src, Name: in.Name, Username: in.Username, Scopes: in.Scopes, ExpiresAt: in.ExpiresAt,
	})
	if err != nil {
		return createdToken{}, err
	}
	return createdToken{viewToken(t, t.Username), secret}, nil
}

func listTokens(ctx context.Context, d *desk, in named) ([]tokenView, error) {
	u, err := d.accounts.UserByName(ctx, in.Name)
	if err != nil {
		return nil, about(in.Name, err)
	}
	list, err := d.accounts.Tokens(ctx, u.ID)
	out := []tokenView{}
	for _, t := range list {
		out = append(out, viewToken(t, u.Username))
	}
	return out, err
}

func listDeployTokens(ctx context.Context, d *desk, in named) ([]tokenView, error) {
	src, _, err := d.accounts.SourceByPath(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	list, err := d.accounts.DeployTokens(ctx, src)
	out := []tokenView{}
	for _, t := range list {
		out = append(out, viewToken(t, t.Username))
	}
	return out, err
}

func revokeToken(ctx context.Context, d *desk, in numbered) (tokenView, error) {
	t, err := d.accounts.Token(ctx, in.ID)
	if err != nil {
		return tokenView{}, about(fmt.Sprintf("number %d", in.ID), err)
	}
	who := t.Username
	if t.Kind != record.DeployToken {
		u, err := d.accounts.User(ctx, t.UserID)
		if err != nil {
			return tokenView{}, err
		}
		who = u.Username
	}
	return viewToken(t, who), d.accounts.RevokeToken(ctx, consoleActor(), in.ID)
}
