package accounts

import "github.com/larderhq/larder/registry/record"

// Readable returns the numbers of those projects in list whose packages p may
// read and whose registry is on, in the order of list. It does no I/O.
func (s *Service) Readable(p *Principal, list []*Project) []int64 {
	out := make([]int64, 0, len(list))
	all := p.Kind != Deploy && p.admin && p.reads
	for _, pr := range list {
		if pr.Registry == record.RegistryDisabled {
			continue
		}
		if all || s.ProjectAccess(p, pr).Read {
			out = append(out, pr.ID)
		}
	}
	return out
}
