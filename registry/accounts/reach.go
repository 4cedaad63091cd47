package accounts

import (
	"time"

	"github.com/larderhq/larder/registry/record"
)

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

// Roles are the roles that somebody was given, which administrators need not
// have to do anything.
type Roles struct {
	// Own is the role in the group or project itself.
	Own record.AccessLevel
	// Inherited is the highest role in the groups above it.
	Inherited record.AccessLevel
	// Below tells of a role in something below the group.
	Below bool
}

// Level is the role that counts.
func (r Roles) Level() record.AccessLevel { return max(r.Own, r.Inherited) }

// ProjectRoles tells which roles p was given in a project.
func (s *Service) ProjectRoles(p *Principal, pr *Project) Roles {
	if !p.reads {
		return Roles{}
	}
	return Roles{Own: p.projects[pr.ID].now(s.opt.Now), Inherited: p.highest(pr.Groups, s.opt.Now)}
}

// GroupRoles tells which roles p was given in a group.
func (s *Service) GroupRoles(p *Principal, g *Group) Roles {
	if !p.reads {
		return Roles{}
	}
	return Roles{Own: p.groups[g.ID].now(s.opt.Now), Inherited: p.highest(g.Ancestors, s.opt.Now),
		Below: p.above[g.ID].now(s.opt.Now) >= record.Guest}
}

// highest returns the highest role in some groups.
func (p *Principal) highest(groups []int64, clock func() time.Time) record.AccessLevel {
	level := record.NoAccess
	for _, id := range groups {
		level = max(level, p.groups[id].now(clock))
	}
	return level
}
