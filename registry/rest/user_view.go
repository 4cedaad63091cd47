package rest

import "github.com/larderhq/larder/registry/record"

// listedUser is a user as others see it in lists.
type listedUser struct {
	basicUser
	// Locked is about failed sign-ins, which lock nobody out here.
	Locked bool `json:"locked"`
}

func viewListedUser(u record.User) listedUser { return listedUser{basicUser: viewBasicUser(u)} }

// shownUser is a user as others see it alone. What larder does not know of
// people is empty, because GitLab's clients expect it.
type shownUser struct {
	listedUser
	// CreatedAt is not shown of the blocked.
	CreatedAt    *timestamp `json:"created_at,omitempty"`
	Bio          string     `json:"bio"`
	Location     string     `json:"location"`
	PublicEmail  string     `json:"public_email"`
	LinkedIn     string     `json:"linkedin"`
	Twitter      string     `json:"twitter"`
	WebsiteURL   string     `json:"website_url"`
	Organization string     `json:"organization"`
	JobTitle     string     `json:"job_title"`
	Bot          bool       `json:"bot"`
}

func viewShownUser(u record.User) shownUser {
	v := shownUser{listedUser: viewListedUser(u)}
	if u.Blocked {
		return v
	}
	created := timestamp(u.CreatedAt)
	v.CreatedAt = &created
	v.Twitter, v.WebsiteURL = u.Profile[profileTwitter], u.Profile[profileWebsite]
	return v
}

// ownUser is a user as it sees itself.
type ownUser struct {
	shownUser
	Email            string     `json:"email"`
	CommitEmail      string     `json:"commit_email"`
	ConfirmedAt      timestamp  `json:"confirmed_at"`
	LastSignInAt     timestamp  `json:"last_sign_in_at"`
	CurrentSignInAt  timestamp  `json:"current_sign_in_at"`
	LastActivityOn   date       `json:"last_activity_on"`
	Identities       []struct{} `json:"identities"`
	ProjectsLimit    int        `json:"projects_limit"`
	CanCreateGroup   bool       `json:"can_create_group"`
	CanCreateProject bool       `json:"can_create_project"`
	TwoFactorEnabled bool       `json:"two_factor_enabled"`
	External         bool       `json:"external"`
	PrivateProfile   bool       `json:"private_profile"`
}

func viewOwnUser(u record.User) ownUser {
	v := ownUser{shownUser: viewShownUser(u), Email: u.Email, CommitEmail: u.Email,
		ConfirmedAt: timestamp(u.CreatedAt), Identities: []struct{}{}, CanCreateGroup: u.Admin, CanCreateProject: u.Admin}
	created := timestamp(u.CreatedAt)
	v.CreatedAt = &created
	v.Twitter, v.WebsiteURL = u.Profile[profileTwitter], u.Profile[profileWebsite]
	return v
}

// wholeUser is a user as administrators see it.
type wholeUser struct {
	ownUser
	IsAdmin     bool       `json:"is_admin"`
	Note        *string    `json:"note"`
	NamespaceID *int64     `json:"namespace_id"`
	CreatedBy   *basicUser `json:"created_by"`
}

func viewWholeUser(u record.User) wholeUser {
	return wholeUser{ownUser: viewOwnUser(u), IsAdmin: u.Admin}
}

// What npm calls the properties of a profile that GitLab has too.
const (
	profileTwitter = "twitter"
	profileWebsite = "homepage"
)
