package accounts

import (
	"context"
	"slices"

	"github.com/larderhq/larder/registry/record"
)

// profileKeys are what npm's "profile set" writes besides email and password
// (npm-profile, "profile.set"); npm sends all of them each time.
var profileKeys = []string{"fullname", "homepage", "freenode", "twitter", "github"}

// SetProfile changes what a user says of itself: email and npm's profile
// properties. An empty value removes one; others stay as they are.
func (s *Service) SetProfile(ctx context.Context, actor Actor, userID int64, set map[string]string) (record.User, error) {
	for key, value := range set {
		err := checkText(key, value)
		switch {
		case key == "email":
			err = checkEmail(value)
		case !slices.Contains(profileKeys, key):
			err = invalid("profiles have no property %q", key)
		}
		if err != nil {
			return record.User{}, err
		}
	}
	return s.changeUser(ctx, actor, userID, func(_ record.Tx, u *record.User) (note, error) {
		profile := map[string]string{}
		for _, key := range profileKeys {
			value, ok := set[key]
			if !ok {
				value = u.Profile[key]
			}
			if value != "" {
				profile[key] = value
			}
		}
		u.Profile = profile
		if email, ok := set["email"]; ok {
			u.Email = email
		}
		if set["fullname"] != "" {
			u.Name = set["fullname"]
		}
		return note{"user.profile", u.Username, ""}, nil
	})
}
