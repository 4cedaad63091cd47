package rest

import "github.com/larderhq/larder/registry/record"

// basicUser is a user as GitLab shows it within other things. There are no
// pictures and no pages of users.
type basicUser struct {
	ID        int64   `json:"id"`
	Username  string  `json:"username"`
	Name      string  `json:"name"`
	State     string  `json:"state"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    *string `json:"web_url"`
}

func viewBasicUser(u record.User) basicUser {
	return basicUser{ID: u.ID, Username: u.Username, Name: u.Name, State: userState(u)}
}

// userState is GitLab's word for whether somebody can sign in.
func userState(u record.User) string {
	if u.Blocked {
		return "blocked"
	}
	return "active"
}
