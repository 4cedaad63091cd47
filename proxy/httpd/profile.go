package httpd

import (
	"encoding/json"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// profileKeys are what npm's profile commands show and set besides the email
// and the password.
var profileKeys = [...]string{"fullname", "homepage", "freenode", "twitter", "github"}

// profile answers "GET /-/npm/v1/user".
func (s *Server) profile(x *exchange) error {
	if err := x.needsPerson(); err != nil {
		return err
	}
	u, err := s.sources.Accounts.UserByName(x.deadline(s.options.AnswerTimeout), x.principal.Username)
	if err != nil {
		return err
	}
	x.writeProfile(u)
	return nil
}

func (x *exchange) writeProfile(u record.User) {
	out := map[string]any{
		"tfa": false, "name": u.Username, "email": u.Email, "email_verified": u.Email != "",
		"created": u.CreatedAt.Format(time.RFC3339), "updated": u.UpdatedAt.Format(time.RFC3339),
		"cidr_whitelist": nil,
	}
	for _, key := range profileKeys {
		out[key] = u.Profile[key]
	}
	if u.Profile["fullname"] == "" {
		out["fullname"] = u.Name
	}
	x.writeJSON(out)
}

// passwordInput is the member with which "npm profile set password" changes it.
type passwordInput struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// setProfile answers "POST /-/npm/v1/user". npm sends back all that it was
// shown, with null for what is empty.
func (s *Server) setProfile(x *exchange) error {
	if err := x.needsOwner(); err != nil {
		return err
	}
	var in map[string]json.RawMessage
	if err := s.readJSON(x, &in); err != nil {
		return err
	}
	if tfa := string(in["tfa"]); tfa != "" && tfa != "null" && tfa != "false" {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "two-factor authentication is not supported here"}
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	if text, ok := in["password"]; ok {
		var p passwordInput
		if err := json.Unmarshal(text, &p); err != nil {
			return &npm.Error{Kind: npm.ErrInvalid, Text: "password must have the members old and new", Err: err}
		}
		if err := s.sources.Accounts.SetPassword(ctx, x.actor(), x.principal.UserID, &p.Old, p.New); err != nil {
			return err
		}
	}
	changes, err := profileChanges(in)
	if err != nil {
		return err
	}
	if len(changes) > 0 {
		if _, err := s.sources.Accounts.SetProfile(ctx, x.actor(), x.principal.UserID, changes); err != nil {
			return err
		}
	}
	return s.profile(x)
}

// profileChanges picks what may be set.
func profileChanges(in map[string]json.RawMessage) (map[string]string, error) {
	changes := make(map[string]string)
	for _, key := range append([]string{"email"}, profileKeys[:]...) {
		text, ok := in[key]
		if !ok {
			continue
		}
		var value *string
		if err := json.Unmarshal(text, &value); err != nil {
			return nil, &npm.Error{Kind: npm.ErrInvalid, Text: key + " must be a text", Err: err}
		}
		changes[key] = ""
		if value != nil {
			changes[key] = *value
		}
	}
	return changes, nil
}
