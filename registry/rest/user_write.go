package rest

import (
	"context"
	"errors"
	"net/http"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// createUser answers "POST /users".
func (a *API) createUser(ctx context.Context, r *Request) (*Response, error) {
	if err := r.admin(); err != nil {
		return nil, err
	}
	if err := r.Params.Need("email", "name", "username"); err != nil {
		return nil, err
	}
	if err := r.Params.NeedOne("password", "reset_password", "force_random_password"); err != nil {
		return nil, err
	}
	c, err := r.userChange()
	if err != nil {
		return nil, err
	}
	random, err := r.randomPassword()
	if err != nil {
		return nil, err
	}
	n := accounts.NewUser{Username: *c.Username, Name: *c.Name, Email: *c.Email, Profile: c.Profile,
		Admin: c.Admin != nil && *c.Admin}
	switch {
	case random:
	case c.Password == nil:
		return nil, errField("password", "can't be blank")
	default:
		n.Password = *c.Password
	}
	u, err := a.deps.Accounts.CreateUser(ctx, r.actor(), n)
	if err != nil {
		return nil, conflicting(err)
	}
	return created(viewWholeUser(u)), nil
}

// randomPassword tells whether nobody is to know the password: then none works.
func (r *Request) randomPassword() (bool, error) {
	reset, err := r.Params.Truth("reset_password")
	if err != nil {
		return false, err
	}
	random, err := r.Params.Truth("force_random_password")
	return reset || random, err
}

// userChange reads the fields of a user.
func (r *Request) userChange() (accounts.UserChange, error) {
	c := accounts.UserChange{Profile: map[string]string{}}
	err := fill(r.notBlank, slot[*string]{"username", &c.Username}, slot[*string]{"name", &c.Name}, slot[*string]{"email", &c.Email})
	if err != nil {
		return c, err
	}
	var twitter, website, password *string
	err = fill(r.Params.Text, slot[*string]{"twitter", &twitter}, slot[*string]{"website_url", &website}, slot[*string]{"password", &password})
	if err != nil {
		return c, err
	}
	if twitter != nil {
		c.Profile[profileTwitter] = *twitter
	}
	if website != nil {
		c.Profile[profileWebsite] = *website
	}
	if password != nil && *password != "" { // an empty one changes nothing, as in GitLab
		c.Password = password
	}
	if c.Admin, err = r.Params.Bool("admin"); err != nil {
		return c, err
	}
	// An external user sees less than others. Whoever asks for one must not get
	// one that sees more.
	external, err := r.Params.Truth("external")
	if err == nil && external {
		err = errField("external", "is not supported")
	}
	return c, err
}

// notBlank reads a field that must not be empty; nil where it is absent.
func (r *Request) notBlank(name string) (*string, error) {
	text, err := r.Params.Text(name)
	if err == nil && text != nil && *text == "" {
		err = errField(name, "can't be blank")
	}
	return text, err
}

// updateUser answers "PUT /users/:id".
func (a *API) updateUser(ctx context.Context, r *Request) (*Response, error) {
	id, err := r.userID()
	if err != nil {
		return nil, err
	}
	c, err := r.userChange()
	if err != nil {
		return nil, err
	}
	u, err := a.deps.Accounts.UpdateUser(ctx, r.actor(), id, c)
	if err != nil {
		return nil, conflicting(err)
	}
	return ok(viewWholeUser(u)), nil
}

// userID reads whom an administrator asks about.
func (r *Request) userID() (int64, error) {
	if err := r.admin(); err != nil {
		return 0, err
	}
	return r.Params.ID("id")
}

// removeUser answers "DELETE /users/:id".
func (a *API) removeUser(ctx context.Context, r *Request) (*Response, error) {
	id, err := r.userID()
	if err != nil {
		return nil, err
	}
	hard, err := r.Params.Truth("hard_delete")
	if err != nil {
		return nil, err
	}
	u, err := a.deps.Accounts.User(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := r.unmodifiedSince(u.UpdatedAt); err != nil {
		return nil, err
	}
	remove := a.deps.Accounts.DismissUser
	if hard {
		remove = a.deps.Accounts.RemoveUser
	}
	if err := remove(ctx, r.actor(), id); err != nil {
		return nil, conflicting(err)
	}
	return noContent(), nil
}

// conflicting gives a conflict the form that GitLab gives it for users: the text
// alone, without a status.
func conflicting(err error) error {
	var e *npm.Error
	if errors.As(err, &e) && errors.Is(e.Kind, npm.ErrConflict) {
		return &Refusal{Status: http.StatusConflict, Text: e.Text}
	}
	return worded(err)
}
