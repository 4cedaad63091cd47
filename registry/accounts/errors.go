package accounts

import (
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// The guards that refuse here: of what tokens may do, and of how often signing
// in may fail.
const (
	guardTokens   = "G46"
	guardThrottle = "G61"
)

func invalid(format string, args ...any) error {
	return &npm.Error{Kind: npm.ErrInvalid, Text: fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) error {
	return &npm.Error{Kind: npm.ErrConflict, Text: fmt.Sprintf(format, args...)}
}

func forbidden(format string, args ...any) error {
	return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Text: fmt.Sprintf(format, args...)}
}

func unauthenticated(format string, args ...any) error {
	return &npm.Error{Kind: npm.ErrUnauthenticated, Message: "Unauthorized", Text: fmt.Sprintf(format, args...)}
}

// refusedToken is unauthenticated with the code of a token that is known but
// may not be used.
func refusedToken(code, format string, args ...any) error {
	return &npm.Error{Kind: npm.ErrUnauthenticated, Message: "Unauthorized", Guard: guardTokens, Code: code,
		Text: fmt.Sprintf(format, args...)}
}

func tooMany(wait time.Duration) error {
	return &npm.Error{Kind: npm.ErrTooMany, RetryAfter: wait, Message: "Too Many Requests", Guard: guardThrottle, Code: "E_TOO_MANY_FAILURES",
		Text: "too many failed attempts to sign in: wait before the next one"}
}

func errProject() error { return &npm.Error{Kind: npm.ErrNotFound, Text: "Project not found"} }
func errGroup() error   { return &npm.Error{Kind: npm.ErrNotFound, Text: "Group not found"} }
func errUser() error    { return &npm.Error{Kind: npm.ErrNotFound, Text: "User not found"} }
func errToken() error   { return &npm.Error{Kind: npm.ErrNotFound, Text: "Token not found"} }

// instead returns other where err is a miss, else err.
func instead(err, other error) error {
	if errors.Is(err, npm.ErrNotFound) {
		return other
	}
	return err
}
