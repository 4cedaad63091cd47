package main

import (
	"context"
	"errors"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// newUser asks for a user.
type newUser struct {
	Username string      `json:"username"`
	Name     string      `json:"name,omitempty"`
	Email    string      `json:"email,omitempty"`
	Password string      `json:"password,omitempty"`
	Admin    bool        `json:"admin,omitempty"`
	Members  []newMember `json:"members,omitempty"`
}

// newPassword asks for another password.
type newPassword struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// userView is a user as commands show it: without the hash of its password.
type userView struct {
	ID          int64       `json:"id"`
	Username    string      `json:"username"`
	Name        string      `json:"name"`
	Email       string      `json:"email,omitempty"`
	Admin       bool        `json:"admin"`
	Blocked     bool        `json:"blocked"`
	HasPassword bool        `json:"has_password"`
	CreatedAt   time.Time   `json:"created_at"`
	Members     memberViews `json:"memberships,omitempty"`
}

func viewUser(u record.User) userView {
	return userView{ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email, Admin: u.Admin, Blocked: u.Blocked,
		HasPassword: u.PasswordHash != "", CreatedAt: u.CreatedAt}
}

// state says what is special about a user.
func (u userView) state() string {
	switch {
	case u.Blocked:
		return "blocked"
	case u.Admin:
		return "administrator"
	}
	return "active"
}

// createUser makes a user and its memberships. All that can be wrong with those
// is found before.
func createUser(ctx context.Context, d *desk, in newUser) (userView, error) {
	var members []record.Member
	var views memberViews
	for _, m := range in.Members {
		src, path, err := d.accounts.SourceByPath(ctx, m.Path)
		if err != nil {
			return userView{}, err
		}
		level, err := memberLevel(m.Level)
		if err != nil {
			return userView{}, err
		}
		members = append(members, record.Member{Source: src, Level: level})
		views = append(views, memberView{Path: path, Username: in.Username, Level: m.Level})
	}
	u, err := d.accounts.CreateUser(ctx, consoleActor(), accounts.NewUser{
		Username: in.Username, Name: in.Name, Email: in.Email, Password: in.Password, Admin: in.Admin,
	})
	if err != nil {
		return userView{}, err
	}
	for _, m := range members {
		m.UserID = u.ID
		if err := d.accounts.SetMember(ctx, consoleActor(), m); err != nil {
			return userView{}, err
		}
	}
	v := viewUser(u)
	v.Members = views
	return v, nil
}

func listUsers(ctx context.Context, d *desk, _ struct{}) ([]userView, error) {
	list, err := all(func(after int64) ([]record.User, error) { return d.accounts.Users(ctx, after, page) },
		func(u record.User) int64 { return u.ID })
	out := []userView{}
	for _, u := range list {
		out = append(out, viewUser(u))
	}
	return out, err
}

func showUser(ctx context.Context, d *desk, in named) (userView, error) {
	u, err := d.accounts.UserByName(ctx, in.Name)
	if err != nil {
		return userView{}, about(in.Name, err)
	}
	v := viewUser(u)
	err = d.registry.View(ctx, func(tx record.Tx) error {
		v.Members = nil
		list, err := tx.Spaces().Memberships(u.ID)
		for _, m := range list {
			path, err := pathOf(tx, m.Source)
			if err != nil {
				return err
			}
			v.Members = append(v.Members, viewMember(m, path, u.Username))
		}
		return err
	})
	return v, err
}

func blockUser(ctx context.Context, d *desk, in named) (userView, error) {
	return d.withUser(ctx, in.Name, d.accounts.BlockUser)
}

func unblockUser(ctx context.Context, d *desk, in named) (userView, error) {
	return d.withUser(ctx, in.Name, d.accounts.UnblockUser)
}

func removeUser(ctx context.Context, d *desk, in named) (userView, error) {
	return d.withUser(ctx, in.Name, d.accounts.RemoveUser)
}

// withUser does something to the user of that name.
func (d *desk) withUser(ctx context.Context, name string, do func(context.Context, accounts.Actor, int64) error) (userView, error) {
	u, err := d.accounts.UserByName(ctx, name)
	if err != nil {
		return userView{}, about(name, err)
	}
	return viewUser(u), do(ctx, consoleActor(), u.ID)
}

func setPassword(ctx context.Context, d *desk, in newPassword) (userView, error) {
	if in.Password == "" {
		return userView{}, errors.New("the password is empty")
	}
	return d.withUser(ctx, in.Username, func(ctx context.Context, by accounts.Actor, id int64) error {
		return d.accounts.SetPassword(ctx, by, id, nil, in.Password)
	})
}
