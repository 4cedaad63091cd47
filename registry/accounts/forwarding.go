package accounts

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// GitLab's names of the instance's settings.
const (
	settingForwarding = "npm_package_requests_forwarding"
	settingLock       = "lock_npm_package_requests_forwarding"
)

// Forwarding tells whether names that are not local go upstream where no group
// or project decides.
func (s *Service) Forwarding(ctx context.Context) (bool, error) {
	f, err := s.InstanceForwarding(ctx)
	return err == nil && *f.Enabled, err
}

// InstanceForwarding returns the choice of the instance, which is never nil, and
// whether groups and projects may choose otherwise.
func (s *Service) InstanceForwarding(ctx context.Context) (record.Forwarding, error) {
	if f, ok := s.settings.Get(settingForwarding); ok {
		return f, nil
	}
	generation := s.settings.Begin()
	var f record.Forwarding
	err := s.view(ctx, "read setting", func(tx record.Tx) (err error) {
		f, err = s.instanceForwarding(tx)
		return err
	})
	if err != nil {
		return record.Forwarding{}, err
	}
	s.settings.Keep(settingForwarding, f, generation)
	return f, nil
}

// SetForwarding sets the value of the instance.
func (s *Service) SetForwarding(ctx context.Context, actor Actor, enabled bool) error {
	return s.setSwitch(ctx, actor, settingForwarding, enabled)
}

// LockForwarding takes the choice from groups and projects, or gives it back.
func (s *Service) LockForwarding(ctx context.Context, actor Actor, locked bool) error {
	return s.setSwitch(ctx, actor, settingLock, locked)
}

func (s *Service) setSwitch(ctx context.Context, actor Actor, key string, on bool) error {
	return s.update(ctx, actor, s.forgetForwarding, func(tx record.Tx) (note, error) {
		word := strconv.FormatBool(on)
		return note{"setting.forwarding", key, word}, tx.Settings().Put(key, word)
	})
}

func (s *Service) instanceForwarding(tx record.Tx) (record.Forwarding, error) {
	on, err := readSwitch(tx, settingForwarding, s.opt.Forwarding)
	if err != nil {
		return record.Forwarding{}, err
	}
	locked, err := readSwitch(tx, settingLock, false)
	return record.Forwarding{Enabled: &on, Locked: locked}, err
}

// readSwitch reads a setting that is on or off.
func readSwitch(tx record.Tx, key string, def bool) (bool, error) {
	word, err := tx.Settings().Get(key)
	switch {
	case errors.Is(err, npm.ErrNotFound):
		return def, nil
	case err != nil:
		return false, err
	}
	on, err := strconv.ParseBool(word)
	if err != nil {
		return false, fmt.Errorf("setting %s is %q: %w", key, word, record.ErrCorrupt)
	}
	return on, nil
}

// cascade finds the value that counts: each level inherits from the one above
// unless it chose, and below a locked one nobody chooses. above begins with the
// nearest; the instance is above all.
func cascade(instance record.Forwarding, above []record.Group, own record.Forwarding) bool {
	on := *instance.Enabled
	if instance.Locked {
		return on
	}
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
			return errLocked()
		}
	}
	return nil
}

// checkInstanceLock is checkForwarding for the lock of the instance; nil chooses
// nothing.
func (s *Service) checkInstanceLock(tx record.Tx, f *record.Forwarding) error {
	if f == nil || f.Enabled == nil {
		return nil
	}
	instance, err := s.instanceForwarding(tx)
	if err == nil && instance.Locked {
		err = errLocked()
	}
	return err
}

func errLocked() error {
	const text = "cannot be changed because it is locked by an ancestor"
	return wrongField(settingForwarding, text, settingForwarding+" "+text)
}
