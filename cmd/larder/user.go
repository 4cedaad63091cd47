package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// userCommand manages who signs in.
type userCommand struct {
	Create   userCreateCommand   `cmd:"" help:"Create a user."`
	List     userListCommand     `cmd:"" help:"List all users."`
	Show     userShowCommand     `cmd:"" help:"Show a user and where it is a member."`
	Block    userBlockCommand    `cmd:"" help:"Block a user: neither its password nor its tokens work any more."`
	Unblock  userUnblockCommand  `cmd:"" help:"Let a blocked user in again."`
	Remove   userRemoveCommand   `cmd:"" help:"Remove a user with its tokens and memberships."`
	Password userPasswordCommand `cmd:"" help:"Set a user's password."`
}

// userCreateCommand creates a user.
type userCreateCommand struct {
	Username string   `arg:"" help:"Name to sign in with."`
	Name     string   `help:"Name that pages and documents show." placeholder:"TEXT"`
	Email    string   `help:"Address of the user." placeholder:"ADDRESS"`
	Admin    bool     `help:"Make an administrator, who may do everything."`
	Member   []string `help:"Make the user a member: acme/packages:developer." placeholder:"PATH:LEVEL" sep:"none"`
	stdinPassword
	output
}

// stdinPassword reads a password where no other process sees it.
type stdinPassword struct {
	PasswordStdin bool `help:"Read the password from the first line of standard input."`
}

// Run implements the command.
func (c *userCreateCommand) Run(ctx context.Context, a *app) error {
	in := newUser{Username: c.Username, Name: c.Name, Email: c.Email, Admin: c.Admin}
	for _, text := range c.Member {
		path, level, ok := cutLast(text, ":")
		if !ok {
			return fmt.Errorf("%q is not a membership: write it like acme/packages:developer", text)
		}
		in.Members = append(in.Members, newMember{Path: path, Level: level})
	}
	var err error
	if in.Password, err = c.read(a); err != nil {
		return err
	}
	var u userView
	if err := a.do(ctx, call{name: "user.create", in: in}, &u); err != nil {
		return err
	}
	return c.print(a.stdout, u, func(r *rows) {
		r.add(fmt.Sprintf("user %s was created%s", u.Username, yes(!c.PasswordStdin, "; it has no password yet")))
		for _, m := range u.Members {
			r.add(fmt.Sprintf("and is %s of %s", m.Level, m.Path))
		}
	})
}

// read returns the password, if one is to be read.
func (c *stdinPassword) read(a *app) (string, error) {
	if !c.PasswordStdin {
		return "", nil
	}
	line, err := bufio.NewReader(io.LimitReader(a.stdin, 1<<16)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errors.New("standard input has no password in its first line")
	}
	return line, nil
}

// cutLast cuts a text at its last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// userListCommand lists users.
type userListCommand struct{ output }

// Run implements the command.
func (c *userListCommand) Run(ctx context.Context, a *app) error {
	var list []userView
	if err := a.do(ctx, call{name: "user.list", in: struct{}{}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "USERNAME", "NAME", "EMAIL", "CREATED", "STATE")
		for _, u := range list {
			r.add(u.ID, u.Username, u.Name, u.Email, date(u.CreatedAt, "-"), u.state())
		}
	})
}

// userShowCommand shows a user.
type userShowCommand struct {
	Username string `arg:"" help:"Name of the user."`
	output
}

// Run implements the command.
func (c *userShowCommand) Run(ctx context.Context, a *app) error {
	var u userView
	if err := a.do(ctx, call{name: "user.show", in: named{c.Username}}, &u); err != nil {
		return err
	}
	return c.print(a.stdout, u, func(r *rows) {
		r.add("user", fmt.Sprintf("%s (number %d)", u.Username, u.ID))
		r.add("name", u.Name)
		r.add("email", u.Email)
		r.add("created", date(u.CreatedAt, "-"))
		r.add("password", map[bool]string{true: "set", false: "none"}[u.HasPassword])
		r.add("state", u.state())
		for _, m := range u.Members {
			r.add("member", fmt.Sprintf("%s of %s%s", m.Level, m.Path, until(m.ExpiresAt)))
		}
	})
}

// userBlockCommand blocks a user.
type userBlockCommand struct {
	Username string `arg:"" help:"Name of the user."`
}

// Run implements the command.
func (c *userBlockCommand) Run(ctx context.Context, a *app) error {
	return a.toUser(ctx, "user.block", c.Username, "is blocked")
}

// userUnblockCommand ends that.
type userUnblockCommand struct {
	Username string `arg:"" help:"Name of the user."`
}

// Run implements the command.
func (c *userUnblockCommand) Run(ctx context.Context, a *app) error {
	return a.toUser(ctx, "user.unblock", c.Username, "may sign in again")
}

// userRemoveCommand removes a user.
type userRemoveCommand struct {
	Username string `arg:"" help:"Name of the user."`
}

// Run implements the command.
func (c *userRemoveCommand) Run(ctx context.Context, a *app) error {
	return a.toUser(ctx, "user.remove", c.Username, "was removed")
}

// toUser does something to a user and says so.
func (a *app) toUser(ctx context.Context, operation, username, done string) error {
	var u userView
	if err := a.do(ctx, call{name: operation, in: named{username}}, &u); err != nil {
		return err
	}
	return a.say("user %s %s", u.Username, done)
}

// say prints what was done.
func (a *app) say(format string, args ...any) error {
	_, err := fmt.Fprintln(a.stdout, visible(fmt.Sprintf(format, args...)))
	return err
}

// userPasswordCommand sets a password.
type userPasswordCommand struct {
	Username string `arg:"" help:"Name of the user."`
	stdinPassword
}

// Run implements the command.
func (c *userPasswordCommand) Run(ctx context.Context, a *app) error {
	if !c.PasswordStdin {
		return errors.New("give the password on standard input, with --password-stdin: other users can see what a command line holds")
	}
	password, err := c.read(a)
	if err != nil {
		return err
	}
	var u userView
	if err := a.do(ctx, call{name: "user.password", in: newPassword{c.Username, password}}, &u); err != nil {
		return err
	}
	return a.say("user %s has a new password", u.Username)
}
