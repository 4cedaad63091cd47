package guard

import "github.com/larderhq/larder/registry/record"

// Changed implements record.Listener. What was decided elsewhere is in force once
// Run has read it.
func (s *Service) Changed(c record.Change) {
	switch c.Kind {
	case record.OrderChanged:
		s.outdate()
	case record.ClaimChanged:
		s.looks.note(c.Key)
	}
}

// Reset implements record.Listener.
func (s *Service) Reset() {
	s.looks.noteAll()
	s.outdate()
}

// outdate tells Run that what was read of the store is no longer what is there.
func (s *Service) outdate() {
	select {
	case s.outdated <- struct{}{}:
	default:
	}
}
