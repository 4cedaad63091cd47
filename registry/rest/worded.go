package rest

import (
	"errors"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// worded gives errors of the rooms below the form that GitLab gives them.
func worded(err error) error {
	var field *accounts.FieldError
	if errors.As(err, &field) {
		return errField(field.Field, field.Text)
	}
	return err
}

// noRecord is GitLab's answer where what a path names within a group or project
// is not there.
func noRecord(err error) error {
	if errors.Is(err, npm.ErrNotFound) {
		return errNoRecord()
	}
	return err
}
