package accounts

import "time"

// Policy is what the configuration says about accounts.
type Policy struct {
	// SignUp tells that "npm login" makes users.
	SignUp bool
	// TokenMaxTTL is the longest that a token may live.
	TokenMaxTTL time.Duration
	// MinPassword is the length of the shortest password, in characters.
	MinPassword int
}

// Policy returns what the configuration says about accounts.
func (s *Service) Policy() Policy {
	return Policy{SignUp: s.opt.SignUp, TokenMaxTTL: s.opt.TokenMaxTTL, MinPassword: minPassword}
}
