package accounts

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/record"
)

// profileKeys are what npm's "profile set" writes besides email and password
// (npm-profile, "profile.set"); npm sends all of them each time.
var profileKeys = []string{"fullname", "homepage", "freenode", "twitter", "github"}

// SetProfile changes what a user says of itself: email and npm's profile
// properties. An empty value removes one; others stay as they are.
func (s *Service) SetProfile(ctx context.Context, actor Actor, userID int64, set map[string]string) (record.User, error) {
	rest := maps.Clone(set)
	delete(rest, "email")
	_, err := changedProfile(nil, rest)
	if err == nil {
		err = checkEmail(set["email"])
	}
	if err != nil {
		return record.User{}, err
	}
	return s.changeUser(ctx, actor, userID, func(tx record.Tx, u *record.User) (_ note, err error) {
		if u.Profile, err = changedProfile(u.Profile, rest); err != nil {
			return note{}, err
		}
		if email, ok := set["email"]; ok {
			if err := setEmail(tx, u, email); err != nil {
				return note{}, err
			}
		}
		if set["fullname"] != "" {
			u.Name = set["fullname"]
		}
		return note{"user.profile", u.Username, ""}, nil
	})
}

// changedProfile returns a profile with some properties set; an empty value
// removes one.
func changedProfile(old, set map[string]string) (map[string]string, error) {
	profile := map[string]string{}
	for key, value := range set {
		if !slices.Contains(profileKeys, key) {
			return nil, invalid("profiles have no property %q", key)
		}
		if err := checkText(key, value); err != nil {
			return nil, err
		}
	}
	for _, key := range profileKeys {
		value, ok := set[key]
		if !ok {
			value = old[key]
		}
		if value != "" {
			profile[key] = value
		}
	}
	return profile, nil
}

// setEmail gives a user another address.
func setEmail(tx record.Tx, u *record.User, email string) error {
	if !strings.EqualFold(u.Email, email) {
		if err := emailFree(tx, email, u.ID); err != nil {
			return err
		}
	}
	u.Email = email
	return nil
}
