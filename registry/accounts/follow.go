package accounts

import (
	"strconv"
	"strings"

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
		s.forgetInTree(c.Key)
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
	s.everyone.Purge()
	s.trees.forgetAll()
}

func (s *Service) forgetPerson(id int64) {
	s.everyone.Purge()
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

// forgetSpace is forgetSpaces after this service wrote one group or project.
func (s *Service) forgetSpace(kind record.SourceKind, id int64) {
	s.forgetSpaces()
	s.trees.forget(record.Source{Kind: kind, ID: id})
}

// forgetInTree reads the key of a change of a group or project.
func (s *Service) forgetInTree(key string) {
	kind, number, _ := strings.Cut(key, "/")
	src := record.Source{Kind: record.SourceKind(kind)}
	var err error
	src.ID, err = strconv.ParseInt(number, 10, 64)
	if err != nil || src.Kind != record.GroupSource && src.Kind != record.ProjectSource {
		s.trees.forgetAll() // a key of another version of larder
		return
	}
	s.trees.forget(src)
}

func (s *Service) forgetForwarding() {
	s.settings.Purge()
	s.projects.Purge()
	s.groups.Purge()
	s.trees.forgetSetting()
}
