package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Limits of what accounts may hold, so that every row stays small.
const (
	maxUsername = 255
	maxText     = 1024
	maxHash     = 512
	maxListed   = 100
)

// User is a person or a machine that signs in.
type User struct {
	// ID is assigned by the store.
	ID int64 `json:"id"`
	// Username signs in; it is unique in any case.
	Username string `json:"username"`
	// Name is what pages and documents show.
	Name string `json:"name"`
	// Email may be empty.
	Email string `json:"email,omitempty"`
	// PasswordHash is an encoded slow hash; empty means that no password works.
	PasswordHash string `json:"password_hash,omitempty"`
	// Admin may do everything everywhere.
	Admin bool `json:"admin,omitempty"`
	// Blocked accounts cannot sign in and their tokens do not work.
	Blocked bool `json:"blocked,omitempty"`
	// Profile holds what npm's profile commands may set: fullname, homepage,
	// github, twitter, freenode.
	Profile   map[string]string `json:"profile,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
}

// Validate refuses a user that no store may keep.
func (u User) Validate() error {
	err := errors.Join(check("username", u.Username, 1, maxUsername), check("name", u.Name, 0, maxText),
		check("email", u.Email, 0, maxText), check("password hash", u.PasswordHash, 0, maxHash))
	if len(u.Profile) > maxListed {
		err = errors.Join(err, tooMany("profile", len(u.Profile)))
	}
	for k, v := range u.Profile {
		err = errors.Join(err, check("profile key", k, 1, maxText), check("profile value", v, 0, maxText))
	}
	return err
}

// TokenKind tells whose a token is and how long it lives.
type TokenKind string

// The kinds of tokens.
const (
	// PersonalToken acts as its user.
	PersonalToken TokenKind = "personal"
	// DeployToken acts for one project or group, with a username of its own.
	DeployToken TokenKind = "deploy"
	// JobToken acts as the user of a pipeline until that ends.
	JobToken TokenKind = "job"
)

// Token is a credential. Its secret is not kept: Digest recognises it.
type Token struct {
	// ID is assigned by the store. Kinds share the numbers.
	ID   int64     `json:"id"`
	Kind TokenKind `json:"kind"`
	// Digest is a keyed hash of the secret; unique.
	Digest [32]byte `json:"-"`
	// Hint is the first characters of the secret, to recognise it in lists.
	Hint string `json:"hint,omitempty"`
	Name string `json:"name"`
	// Description says what it is for; may be empty.
	Description string `json:"description,omitempty"`
	// UserID is whose token it is: of a personal token its owner, of a job
	// token the user of the pipeline, of a deploy token who made it.
	UserID int64 `json:"user_id,omitempty"`
	// Username signs in with a deploy token.
	Username string `json:"username,omitempty"`
	// Source is the project or group of a deploy token.
	Source Source `json:"source,omitzero"`
	// PipelineID and ProjectID are those of a job token.
	PipelineID int64 `json:"pipeline_id,omitempty"`
	ProjectID  int64 `json:"project_id,omitempty"`
	// Scopes are GitLab's words: api, read_api, read_package_registry,
	// write_package_registry.
	Scopes []string `json:"scopes,omitempty"`
	// Packages are the name patterns that the token is limited to; none means
	// all.
	Packages []string `json:"packages,omitempty"`
	// CIDR are the networks that it may be used from; none means all.
	CIDR      []string  `json:"cidr,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// ExpiresAt is zero for a token that does not expire.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// RevokedAt is zero for a token that was not revoked.
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
}

// Validate refuses a token that no store may keep.
func (t Token) Validate() error {
	if t.Digest == [32]byte{} {
		return fmt.Errorf("token without a digest: %w", npm.ErrInvalid)
	}
	switch t.Kind {
	case PersonalToken, DeployToken, JobToken:
	default:
		return fmt.Errorf("token of kind %q: %w", t.Kind, npm.ErrInvalid)
	}
	err := errors.Join(check("token name", t.Name, 0, maxText),
		check("description", t.Description, 0, maxText), check("hint", t.Hint, 0, maxUsername),
		check("username", t.Username, 0, maxUsername))
	for what, list := range map[string][]string{"scope": t.Scopes, "package pattern": t.Packages, "network": t.CIDR} {
		err = errors.Join(err, checkList(what, list))
	}
	return err
}

// Login is a sign-in through a browser that a client waits for. Its id is known
// to the client alone; the store keeps a hash.
type Login struct {
	// Digest is a keyed hash of the id.
	Digest [32]byte `json:"-"`
	// UserID is who signed in; zero until somebody did.
	UserID    int64     `json:"user_id,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Validate refuses a login that no store may keep.
func (l Login) Validate() error {
	if l.Digest == [32]byte{} {
		return fmt.Errorf("login without a digest: %w", npm.ErrInvalid)
	}
	return nil
}

func checkList(what string, list []string) error {
	if len(list) > maxListed {
		return tooMany(what, len(list))
	}
	var errs []error
	for _, s := range list {
		errs = append(errs, check(what, s, 1, maxName))
	}
	return errors.Join(errs...)
}

func tooMany(what string, n int) error {
	return fmt.Errorf("%d entries of %s in a record: %w", n, what, npm.ErrInvalid)
}
