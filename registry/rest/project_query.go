package rest

import (
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// projectQuery is which projects are wanted, and in which order.
type projectQuery struct {
	search     terms
	fullPath   bool
	visibility string
	// least is the role that the caller must have; NoAccess asks for none.
	least record.AccessLevel
	// after and before bound the numbers; nil does not.
	after, before *int64
	// none is set by what no project can be.
	none   bool
	simple bool
	order  string
	desc   bool
	keyset bool
}

func (r *Request) projectQuery() (q projectQuery, err error) {
	p := r.Params
	if q.search, err = p.terms("search"); err != nil {
		return q, err
	}
	if q.visibility, err = p.visibility(""); err != nil {
		return q, err
	}
	if q.after, err = p.Int("id_after"); err != nil {
		return q, err
	}
	if q.before, err = p.Int("id_before"); err != nil {
		return q, err
	}
	if err = q.readTruths(p); err != nil {
		return q, err
	}
	if err = q.readRole(p); err != nil {
		return q, err
	}
	q.order, err = p.OneOf("order_by", "created_at", "id", "name", "path", "created_at", "updated_at", "last_activity_at",
		"similarity", "star_count")
	if err != nil {
		return q, err
	}
	if q.desc, err = p.descending("desc"); err != nil {
		return q, err
	}
	pages, err := p.Word("pagination", "")
	q.keyset = pages == "keyset"
	return q, err
}

// readTruths reads what is true or false.
func (q *projectQuery) readTruths(p Params) error {
	if err := fill(p.Truth, slot[bool]{"search_namespaces", &q.fullPath}, slot[bool]{"simple", &q.simple}); err != nil {
		return err
	}
	for _, name := range []string{"archived", "starred", "imported"} {
		on, err := p.Truth(name)
		if err != nil {
			return err
		}
		q.none = q.none || on
	}
	return nil
}

// readRole reads what the caller must have to do with a project.
func (q *projectQuery) readRole(p Params) error {
	member, err := p.Truth("membership")
	if err != nil {
		return err
	}
	if q.least, err = p.leastRole(); err != nil {
		return err
	}
	if member {
		q.least = max(q.least, record.Guest)
	}
	return nil
}

func (q projectQuery) matches(pr *accounts.Project) bool {
	if q.none || q.visibility != "" && q.visibility != string(pr.Visibility) ||
		q.after != nil && pr.ID <= *q.after || q.before != nil && pr.ID >= *q.before {
		return false
	}
	if q.fullPath {
		return q.search.match(pr.Name, pr.Path, pr.Description, pr.FullPath)
	}
	return q.search.match(pr.Name, pr.Path, pr.Description)
}

// wantsProject tells whether the caller has to do with a project as the query
// asks.
func (a *API) wantsProject(r *Request, q projectQuery, pr *accounts.Project) bool {
	if !a.deps.Accounts.ProjectAccess(r.Principal, pr).See {
		return false
	}
	return q.least == record.NoAccess || a.deps.Accounts.ProjectRoles(r.Principal, pr).Level() >= q.least
}

func (q projectQuery) arrange(list []*accounts.Project) {
	id := func(pr *accounts.Project) int64 { return pr.ID }
	switch q.order {
	case "name":
		sortBy(list, q.desc, func(pr *accounts.Project) string { return strings.ToLower(pr.Name) }, id)
	case "path":
		sortBy(list, q.desc, func(pr *accounts.Project) string { return strings.ToLower(pr.Path) }, id)
	case "created_at":
		sortBy(list, q.desc, func(pr *accounts.Project) int64 { return pr.CreatedAt.UnixNano() }, id)
	case "updated_at", "last_activity_at":
		sortBy(list, q.desc, func(pr *accounts.Project) int64 { return pr.UpdatedAt.UnixNano() }, id)
	default:
		sortBy(list, q.desc, id, id)
	}
}
