package accounts

import "github.com/larderhq/larder/registry/npm"

// FieldError refuses one field of a record that was to be written. It is an
// npm.ErrInvalid.
type FieldError struct {
	// Field is GitLab's name of the field: "access_level".
	Field string
	// Text is what is wrong with it, in GitLab's words: "can't be blank".
	Text string
}

// Error implements error.
func (e *FieldError) Error() string { return e.Field + " " + e.Text }

// Unwrap lets errors.Is find the kind.
func (e *FieldError) Unwrap() error { return npm.ErrInvalid }
