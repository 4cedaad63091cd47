package accounts

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// settingForwarding is GitLab's name of the instance's setting.
const settingForwarding = "npm_package_requests_forwarding"

// Forwarding tells whether names that are not local go upstream where no group
// or project decides.
func (s *Service) Forwarding(ctx context.Context) (bool, error) {
	if on, ok := s.settings.Get(settingForwarding); ok {
		return on, nil
	}
	generation := s.settings.Begin()
	var on bool
	err := s.view(ctx, "read setting", func(tx record.Tx) (err error) {
		on, err = s.instanceForwarding(tx)
		return err
	})
	if err != nil {
		return false, err
	}
	s.settings.Keep(settingForwarding, on, generation)
	return on, nil
}

// SetForwarding sets the value of the instance.
func (s *Service) SetForwarding(ctx context.Context, actor Actor, enabled bool) error {
	return s.update(ctx, actor, s.forgetForwarding, func(tx record.Tx) (note, error) {
		word := strconv.FormatBool(enabled)
		return note{"setting.forwarding", settingForwarding, word}, tx.Settings().Put(settingForwarding, word)
	})
}

func (s *Service) instanceForwarding(tx record.Tx) (bool, error) {
	word, err := tx.Settings().Get(settingForwarding)
	switch {
	case errors.Is(err, npm.ErrNotFound):
		return s.opt.Forwarding, nil
	case err != nil:
		return false, err
	}
	on, err := strconv.ParseBool(word)
	if err != nil {
		return false, fmt.Errorf("setting %s is %q: %w", settingForwarding, word, record.ErrCorrupt)
	}
	return on, nil
}

// cascade finds the value that counts: each level inherits from the one above
// unless it chose, and below a locked one nobody chooses. above begins with the
// nearest.
func cascade(instance bool, above []record.Group, own record.Forwarding) bool {
	on := instance
	for i := len(above) - 1; i >= 0; i-- {
		f := above[i].Forwarding
		if f.Enabled != nil {
			on = *f.Enabled
		}
		if f.Locked {
			return on
		}
	}
	if own.Enabled != nil {
		on = *own.Enabled
	}
	return on
}

// checkForwarding refuses a choice that a lock above takes away.
func checkForwarding(above []record.Group, f record.Forwarding) error {
	if f.Enabled == nil {
		return nil
	}
	for _, g := range above {
		if g.Forwarding.Locked {
			return invalid("%s cannot be changed because it is locked by an ancestor", settingForwarding)
		}
	}
	return nil
}
