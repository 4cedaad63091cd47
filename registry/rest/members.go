package rest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// memberRoutes are those of GitLab documentation, "Group and project members
// API".
func memberRoutes() []Route {
	var all []Route
	for _, at := range []struct {
		name, path string
		in         func(spaceRun) func(*API, context.Context, *Request) (*Response, error)
	}{{"project", "/projects/:id/members", inProject}, {"group", "/groups/:id/members", inGroup}} {
		all = append(all,
			Route{Name: at.name + "_members", Method: "GET", Path: at.path, SignedIn: true, Run: at.in((*API).listMembers)},
			Route{Name: at.name + "_members", Method: "POST", Path: at.path, SignedIn: true, Run: at.in((*API).addMember)},
			Route{Name: at.name + "_members_all", Method: "GET", Path: at.path + "/all", SignedIn: true, Run: at.in((*API).listAllMembers)},
			Route{Name: at.name + "_member_all", Method: "GET", Path: at.path + "/all/:user_id", SignedIn: true, Run: at.in((*API).showAnyMember)},
			Route{Name: at.name + "_member", Method: "GET", Path: at.path + "/:user_id", SignedIn: true, Run: at.in((*API).showMember)},
			Route{Name: at.name + "_member", Method: "PUT", Path: at.path + "/:user_id", SignedIn: true, Run: at.in((*API).changeMember)},
			Route{Name: at.name + "_member", Method: "DELETE", Path: at.path + "/:user_id", SignedIn: true, Run: at.in((*API).removeMember)},
		)
	}
	return all
}

// memberView is a member as GitLab shows it.
type memberView struct {
	basicUser
	AccessLevel record.AccessLevel `json:"access_level"`
	CreatedAt   timestamp          `json:"created_at"`
	ExpiresAt   date               `json:"expires_at"`
}

func viewMember(m accounts.Member) memberView {
	return memberView{basicUser: viewBasicUser(m.User), AccessLevel: m.Level,
		CreatedAt: timestamp(m.CreatedAt), ExpiresAt: date(m.ExpiresAt)}
}

// seesMembers refuses machines, and those who know of a private group only
// because they are members of something in it.
func (s *space) seesMembers(r *Request) error {
	if r.Principal.Kind != accounts.Person || s.private && s.access.Level == record.NoAccess {
		return errForbidden("")
	}
	return nil
}

// listMembers answers "GET …/members".
func (a *API) listMembers(ctx context.Context, r *Request, at *space) (*Response, error) {
	return a.memberList(ctx, r, at, at.source)
}

// listAllMembers answers "GET …/members/all", with those of the groups above.
func (a *API) listAllMembers(ctx context.Context, r *Request, at *space) (*Response, error) {
	return a.memberList(ctx, r, at, at.sources()...)
}

func (a *API) memberList(ctx context.Context, r *Request, at *space, sources ...record.Source) (*Response, error) {
	if err := at.seesMembers(r); err != nil {
		return nil, err
	}
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	fits, err := r.memberFilter()
	if err != nil {
		return nil, err
	}
	list, err := a.deps.Accounts.Holders(ctx, sources...)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(m accounts.Member) bool { return !fits(m) })
	views := []memberView{}
	for _, m := range window(list, page) {
		views = append(views, viewMember(m))
	}
	return r.paged(page, len(list), views), nil
}

// memberFilter reads query and user_ids.
func (r *Request) memberFilter() (func(accounts.Member) bool, error) {
	query, err := r.Params.Word("query", "")
	if err != nil {
		return nil, err
	}
	words, err := r.Params.List("user_ids")
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, word := range words {
		id, err := strconv.ParseInt(strings.TrimSpace(word), 10, 64)
		if err != nil {
			return nil, errWrong("user_ids is invalid")
		}
		ids = append(ids, id)
	}
	query = strings.ToLower(query)
	return func(m accounts.Member) bool {
		named := strings.Contains(strings.ToLower(m.User.Name), query) || strings.Contains(strings.ToLower(m.User.Username), query)
		return named && (len(ids) == 0 || slices.Contains(ids, m.UserID))
	}, nil
}

// showMember answers "GET …/members/:user_id".
func (a *API) showMember(ctx context.Context, r *Request, at *space) (*Response, error) {
	return a.oneMember(ctx, r, at, at.source)
}

// showAnyMember answers "GET …/members/all/:user_id".
func (a *API) showAnyMember(ctx context.Context, r *Request, at *space) (*Response, error) {
	return a.oneMember(ctx, r, at, at.sources()...)
}

func (a *API) oneMember(ctx context.Context, r *Request, at *space, sources ...record.Source) (*Response, error) {
	id, err := r.Params.ID("user_id")
	if err == nil {
		err = at.seesMembers(r)
	}
	if err != nil {
		return nil, err
	}
	m, err := a.deps.Accounts.Holder(ctx, id, sources...)
	if err != nil {
		return nil, noRecord(err)
	}
	return ok(viewMember(m)), nil
}

// role reads access_level and expires_at. The day that it returns is nil where
// none was sent, and zero where it is to go.
func (r *Request) role() (record.AccessLevel, *time.Time, error) {
	level, err := r.Params.Int("access_level")
	switch {
	case err != nil:
		return 0, nil, err
	case level == nil:
		return 0, nil, errWrong("access_level is invalid")
	}
	switch l := record.AccessLevel(*level); l {
	case record.Guest, record.Reporter, record.Developer, record.Maintainer, record.Owner:
		until, err := r.Params.Date("expires_at")
		if until != nil && !until.IsZero() {
			day := time.Date(until.Year(), until.Month(), until.Day(), 0, 0, 0, 0, time.UTC)
			until = &day
		}
		return l, until, err
	}
	return 0, nil, errValue("access_level")
}
