package rest

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// The settings of the instance, of groups and of projects that can be changed, in
// GitLab's names. Projects have no lock.
const (
	settingForwarding = "npm_package_requests_forwarding"
	settingLock       = "lock_npm_package_requests_forwarding"
)

// settingsRoutes are those of GitLab documentation, "Application settings API".
func settingsRoutes() []Route {
	return []Route{
		{Name: "application_settings", Method: "GET", Path: "/application/settings", SignedIn: true, Run: (*API).showSettings},
		{Name: "application_settings", Method: "PUT", Path: "/application/settings", SignedIn: true, Run: (*API).updateSettings},
	}
}

// settingsView are the settings of the instance.
type settingsView struct {
	ID                  int64               `json:"id"`
	Forwarding          bool                `json:"npm_package_requests_forwarding"`
	Lock                bool                `json:"lock_npm_package_requests_forwarding"`
	SignUp              bool                `json:"signup_enabled"`
	TokensExpire        bool                `json:"require_personal_access_token_expiry"`
	TokenDays           int                 `json:"max_personal_access_token_lifetime"`
	MinPassword         int                 `json:"minimum_password_length"`
	GroupVisibility     record.Visibility   `json:"default_group_visibility"`
	ProjectVisibility   record.Visibility   `json:"default_project_visibility"`
	RestrictedLevels    []record.Visibility `json:"restricted_visibility_levels"`
	AnyoneMayPullOption bool                `json:"package_registry_allow_anyone_to_pull_option"`
}

// showSettings answers "GET /application/settings".
func (a *API) showSettings(ctx context.Context, r *Request) (*Response, error) {
	if err := r.admin(); err != nil {
		return nil, err
	}
	return a.settings(ctx)
}

func (a *API) settings(ctx context.Context) (*Response, error) {
	f, err := a.deps.Accounts.InstanceForwarding(ctx)
	if err != nil {
		return nil, err
	}
	policy := a.deps.Accounts.Policy()
	return ok(settingsView{ID: 1, Forwarding: *f.Enabled, Lock: f.Locked, SignUp: policy.SignUp, TokensExpire: true,
		TokenDays: int(policy.TokenMaxTTL / (24 * time.Hour)), MinPassword: policy.MinPassword,
		GroupVisibility: record.PrivateVisibility, ProjectVisibility: record.PrivateVisibility,
		RestrictedLevels: []record.Visibility{}, AnyoneMayPullOption: true}), nil
}

// updateSettings answers "PUT /application/settings". GitLab's other settings
// are accepted and change nothing.
func (a *API) updateSettings(ctx context.Context, r *Request) (*Response, error) {
	if err := r.admin(); err != nil {
		return nil, err
	}
	if len(r.Params) == 0 {
		return nil, r.Params.NeedOne(settingForwarding, settingLock)
	}
	on, err := r.Params.Bool(settingForwarding)
	if err != nil {
		return nil, err
	}
	locked, err := r.Params.Bool(settingLock)
	if err != nil {
		return nil, err
	}
	if on != nil {
		if err := a.deps.Accounts.SetForwarding(ctx, r.actor(), *on); err != nil {
			return nil, err
		}
	}
	if locked != nil {
		if err := a.deps.Accounts.LockForwarding(ctx, r.actor(), *locked); err != nil {
			return nil, err
		}
	}
	return a.settings(ctx)
}
