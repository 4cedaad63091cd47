package accounts

import (
	"strconv"

	"github.com/larderhq/larder/registry/record"
)

// Changed forgets what a change of the store outdates. Who a user is goes
// before the tokens that were read with it: a token that is being read
// meanwhile is not kept then.
func (s *Service) Changed(c record.Change) {
	switch c.Kind {
	case record.UserChanged, record.MemberChanged:
		id, err := strconv.ParseInt(c.Key, 10, 64)
		if err != nil {
			s.Reset() // a key of another version of larder
			return
		}
		s.forgetPerson(id)
	case record.TokenChanged:
		s.tokens.Purge()
	case record.SpaceChanged:
		s.forgetSpaces()
	case record.SettingChanged:
		if c.Key == settingForwarding || c.Key == settingLock {
			s.forgetForwarding()
		}
	}
}

// Reset forgets everything that was read from the store.
func (s *Service) Reset() {
	s.forgetForwarding()
	s.forgetSpaces()
}

func (s *Service) forgetPerson(id int64) {
	s.people.Drop(id)
	s.tokens.Purge()
}

// forgetSpaces forgets people too, because they know what lies above that which
// they are members of.
func (s *Service) forgetSpaces() {
	s.projects.Purge()
	s.groups.Purge()
	s.paths.Purge()
	s.people.Purge()
	s.tokens.Purge()
}

func (s *Service) forgetForwarding() {
	s.settings.Purge()
	s.projects.Purge()
	s.groups.Purge()
}
