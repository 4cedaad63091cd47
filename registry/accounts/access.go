package accounts

import (
	"slices"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// Access is what somebody may do with a project or group.
type Access struct {
	// Level is the caller's role there, inherited ones included. Deploy tokens
	// have none.
	Level record.AccessLevel
	// See is whether the caller may know of it.
	See bool
	// Read is whether the caller may get its packages. It can be true without
	// See, where a private project lets everybody pull.
	Read bool
	// Push is whether the caller may publish and set tags.
	Push bool
	// Destroy is whether the caller may delete and deprecate.
	Destroy bool
	// Manage is whether the caller may change its rules and settings. Limited
	// credentials may not: rules are about more than what they are for.
	Manage bool
}

// ProjectAccess tells what p may do with pr, as docs.gitlab.com ("Package
// registry visibility permissions", "Roles and permissions") has it. It does no
// I/O and does not allocate.
func (s *Service) ProjectAccess(p *Principal, pr *Project) Access {
	if p.Kind == Deploy {
		return deployAccess(p, pr)
	}
	a := Access{}
	if p.reads {
		a.Level = p.level(p.projects[pr.ID], pr.Groups, s.opt.Now)
	}
	a.See = visible(p, pr.Visibility) || a.Level >= record.Guest
	on := pr.Registry != record.RegistryDisabled
	switch pr.Registry {
	case record.RegistryMembers:
		a.Read = a.Level >= record.Guest
	case record.RegistryEnabled:
		a.Read = a.See
	case record.RegistryEveryone:
		a.Read = true
	}
	a.Push = on && p.writes && a.Level >= record.Developer
	a.Destroy = on && p.writes && a.Level >= record.Maintainer
	a.Manage = p.ManagesAccount() && a.Level >= record.Maintainer
	return a
}

// deployAccess is that of a deploy token: to its own project or those below its
// group by its scopes, to all others as the anonymous has it.
func deployAccess(p *Principal, pr *Project) Access {
	src := p.Token.Source
	own := src.Kind == record.ProjectSource && src.ID == pr.ID ||
		src.Kind == record.GroupSource && slices.Contains(pr.Groups, src.ID)
	on := pr.Registry != record.RegistryDisabled
	if own && p.reads {
		return Access{See: true, Read: on, Push: on && p.writes, Destroy: on && p.writes}
	}
	see := pr.Visibility == record.PublicVisibility
	return Access{See: see, Read: pr.Registry == record.RegistryEveryone || see && pr.Registry == record.RegistryEnabled}
}

// GroupAccess tells what p may do with g. Members of anything below a group may
// see it. It does no I/O and does not allocate.
func (s *Service) GroupAccess(p *Principal, g *Group) Access {
	if p.Kind == Deploy {
		src := p.Token.Source
		own := p.reads && src.Kind == record.GroupSource && (src.ID == g.ID || slices.Contains(g.Ancestors, src.ID))
		see := own || g.Visibility == record.PublicVisibility
		return Access{See: see, Read: see, Push: own && p.writes, Destroy: own && p.writes}
	}
	a := Access{}
	below := record.NoAccess
	if p.reads {
		a.Level = p.level(p.groups[g.ID], g.Ancestors, s.opt.Now)
		below = p.above[g.ID].now(s.opt.Now)
	}
	a.See = visible(p, g.Visibility) || a.Level >= record.Guest || below >= record.Guest
	a.Read = a.See
	a.Push = p.writes && a.Level >= record.Developer
	a.Destroy = p.writes && a.Level >= record.Maintainer
	a.Manage = p.ManagesAccount() && a.Destroy
	return a
}

// visible tells whether p sees what has that visibility without being a member.
func visible(p *Principal, v record.Visibility) bool {
	switch v {
	case record.PublicVisibility:
		return true
	case record.InternalVisibility:
		return p.reads && (p.Kind == Person || p.Kind == Job)
	}
	return false
}

// now is at, which asks for the time only where it counts.
func (g grant) now(clock func() time.Time) record.AccessLevel {
	if g.until == 0 {
		return g.level
	}
	return g.at(clock())
}

// level is the highest of a caller's own role and those in the groups above.
func (p *Principal) level(own grant, above []int64, clock func() time.Time) record.AccessLevel {
	if p.admin {
		return record.Admin
	}
	return max(own.now(clock), p.highest(above, clock))
}
