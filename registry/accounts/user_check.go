package accounts

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// refuseField refuses a field of a user or token. People are told the field and
// the text in one line, clients of the REST API the field by name.
func refuseField(field, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &npm.Error{Kind: npm.ErrInvalid, Text: field + " " + text,
		Err: &FieldError{Field: strings.ToLower(field), Text: text}}
}

// reservedUsernames mean something else where usernames stand.
var reservedUsernames = map[string]bool{anonymousName: true, consoleName: true, "gitlab-ci-token": true}

// checkUsername refuses what GitLab refuses, and what has another meaning.
func checkUsername(name string) error {
	const low, high = 2, 255
	switch {
	case len(name) < low:
		return refuseField("Username", "is too short (minimum is %d characters)", low)
	case len(name) > high:
		return refuseField("Username", "is too long (maximum is %d characters)", high)
	case strings.Trim(name, base62+"_-.") != "" || strings.ContainsAny(name[:1], "-.") || strings.HasSuffix(name, ".") ||
		strings.HasSuffix(name, ".git") || strings.HasSuffix(name, ".atom"):
		return refuseField("Username", "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-' or '.' or end in '.', '.git' or '.atom'.")
	case reservedUsernames[strings.ToLower(name)]:
		return refuseField("Username", "is a reserved name")
	}
	return nil
}

// checkText refuses what no page could show.
func checkText(what, text string) error {
	const high = 255
	switch {
	case len(text) > high:
		return refuseField(what, "is too long (maximum is %d bytes)", high)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return refuseField(what, "holds characters that cannot be shown")
	}
	return nil
}

func checkEmail(email string) error {
	const high = 254
	if email == "" {
		return nil
	}
	before, after, ok := strings.Cut(email, "@")
	if !ok || before == "" || after == "" || strings.Contains(after, "@") || len(email) > high ||
		!utf8.ValidString(email) || strings.ContainsFunc(email, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return refuseField("Email", "is invalid")
	}
	return nil
}

// emailFree refuses an address that another user has, in any case. It reads all
// users: addresses change rarely.
func emailFree(tx record.Tx, email string, id int64) error {
	if email == "" {
		return nil
	}
	return each(tx.Accounts().Users, userNumber, func(u record.User) error {
		if u.ID != id && strings.EqualFold(u.Email, email) {
			return conflict("Email has already been taken")
		}
		return nil
	})
}

func userNumber(u record.User) int64 { return u.ID }

// usernameTaken words a conflict of usernames.
func usernameTaken(err error) error {
	if errors.Is(err, npm.ErrConflict) {
		return conflict("Username has already been taken")
	}
	return err
}
