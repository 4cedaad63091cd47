package rest

import (
	"errors"

	"github.com/larderhq/larder/registry/accounts"
)

// worded gives errors of the rooms below the form that GitLab gives them.
func worded(err error) error {
	var field *accounts.FieldError
	if errors.As(err, &field) {
		return errField(field.Field, field.Text)
	}
	return err
}
