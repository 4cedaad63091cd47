package main

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// newMember asks for a role, or names whose role is to go.
type newMember struct {
	Path      string    `json:"path"`
	Username  string    `json:"username,omitempty"`
	Level     string    `json:"level,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// memberView is a role as commands show it.
type memberView struct {
	// Path is the group or project that the role was given in.
	Path      string    `json:"path"`
	Username  string    `json:"username"`
	Level     string    `json:"level"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

type memberViews []memberView

// rows writes members below the facts about what they are members of.
func (list memberViews) rows(r *rows) {
	for _, m := range list {
		r.add("member", fmt.Sprintf("%s, %s%s", m.Username, m.Level, until(m.ExpiresAt)))
	}
}

func viewMember(m record.Member, path, username string) memberView {
	return memberView{Path: path, Username: username, Level: m.Level.String(), ExpiresAt: m.ExpiresAt}
}

// memberLevel reads a role that a member can have.
func memberLevel(word string) (record.AccessLevel, error) {
	level, err := record.ParseAccessLevel(word)
	if err != nil || level < record.Guest || level > record.Owner {
		return record.NoAccess, fmt.Errorf("%q is not a role: give guest, reporter, developer, maintainer or owner", word)
	}
	return level, nil
}

func addMember(ctx context.Context, d *desk, in newMember) (memberView, error) {
	level, err := memberLevel(in.Level)
	if err != nil {
		return memberView{}, err
	}
	m, v, err := d.member(ctx, in)
	if err != nil {
		return memberView{}, err
	}
	m.Level, m.ExpiresAt = level, in.ExpiresAt
	v.Level, v.ExpiresAt = in.Level, in.ExpiresAt
	return v, d.accounts.SetMember(ctx, consoleActor(), m)
}

// member finds the user and the source of a role.
func (d *desk) member(ctx context.Context, in newMember) (record.Member, memberView, error) {
	src, path, err := d.accounts.SourceByPath(ctx, in.Path)
	if err != nil {
		return record.Member{}, memberView{}, err
	}
	u, err := d.accounts.UserByName(ctx, in.Username)
	if err != nil {
		return record.Member{}, memberView{}, about(in.Username, err)
	}
	return record.Member{Source: src, UserID: u.ID}, memberView{Path: path, Username: u.Username}, nil
}

func listMembers(ctx context.Context, d *desk, in named) (memberViews, error) {
	src, path, err := d.accounts.SourceByPath(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return d.members(ctx, src, path)
}

// members lists those who have a role right there.
func (d *desk) members(ctx context.Context, src record.Source, path string) (memberViews, error) {
	list, err := all(func(after int64) ([]accounts.Member, error) { return d.accounts.Members(ctx, src, after, page) },
		func(m accounts.Member) int64 { return m.UserID })
	out := memberViews{}
	for _, m := range list {
		out = append(out, viewMember(m.Member, path, m.User.Username))
	}
	return out, err
}

func removeMember(ctx context.Context, d *desk, in newMember) (memberView, error) {
	m, v, err := d.member(ctx, in)
	if err != nil {
		return memberView{}, err
	}
	return v, d.accounts.RemoveMember(ctx, consoleActor(), m.Source, m.UserID)
}

// pathOf returns the full path of a group or project.
func pathOf(tx record.Tx, src record.Source) (string, error) {
	if src.Kind == record.GroupSource {
		g, err := tx.Spaces().Group(src.ID)
		return g.FullPath, err
	}
	p, err := tx.Spaces().Project(src.ID)
	return p.FullPath, err
}
