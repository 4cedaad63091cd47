package rest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// userQuery is which users are wanted, and in which order.
type userQuery struct {
	checks  []func(*record.User) bool
	compare func(a, b *record.User) int
}

// pick returns the users that pass all checks, in order.
func (q *userQuery) pick(everyone []record.User) []*record.User {
	var out []*record.User
	for i := range everyone {
		u := &everyone[i]
		if !slices.ContainsFunc(q.checks, func(check func(*record.User) bool) bool { return !check(u) }) {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, q.compare)
	return out
}

// only adds a check.
func (q *userQuery) only(check func(*record.User) bool) { q.checks = append(q.checks, check) }

func isBlocked(u *record.User) bool { return u.Blocked }
func isActive(u *record.User) bool  { return !u.Blocked }
func isNobody(*record.User) bool    { return false }

// userQuery reads the filters and the order of "GET /users". Others than
// administrators do not see the blocked and choose no order (GitLab
// documentation, Users API).
func (r *Request) userQuery() (*userQuery, error) {
	q := &userQuery{}
	if err := q.readWords(r); err != nil {
		return nil, err
	}
	if err := q.readFlags(r); err != nil {
		return nil, err
	}
	if err := q.readTimes(r); err != nil {
		return nil, err
	}
	if !r.Principal.Admin {
		q.only(isActive)
	}
	return q, q.readOrder(r)
}

// readWords reads the filters that are texts.
func (q *userQuery) readWords(r *Request) error {
	username, err := r.Params.Word("username", "")
	if err != nil {
		return err
	}
	if username != "" {
		q.only(func(u *record.User) bool { return strings.EqualFold(u.Username, username) })
	}
	search, err := r.Params.Word("search", "")
	if err != nil {
		return err
	}
	if search != "" {
		q.only(userSearch(search, r.Principal.Admin))
	}
	uid, err := r.Params.Word("extern_uid", "")
	if err != nil {
		return err
	}
	public, err := r.Params.Word("public_email", "")
	if err != nil {
		return err
	}
	if uid != "" && r.Params.Has("provider") || public != "" {
		q.only(isNobody)
	}
	factor, err := r.Params.OneOf("two_factor", "", "enabled", "disabled")
	if factor == "enabled" {
		q.only(isNobody)
	}
	return err
}

// userSearch finds users by words of which all are in the name, or all in the
// username. Addresses are found whole, and only where they may be known.
func userSearch(text string, emails bool) func(*record.User) bool {
	whole := strings.TrimPrefix(strings.TrimSpace(text), "@")
	words := wordsOf(whole)
	holds := func(s string) bool {
		s = strings.ToLower(s)
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(s, w) })
	}
	return func(u *record.User) bool {
		return holds(u.Name) || holds(u.Username) || emails && strings.EqualFold(u.Email, whole)
	}
}

// readFlags reads the filters that are on or off. Off means nothing, as in
// GitLab.
func (q *userQuery) readFlags(r *Request) error {
	for _, flag := range []struct {
		name  string
		check func(*record.User) bool
	}{
		{"active", isActive}, {"blocked", isBlocked}, {"exclude_active", isBlocked},
		{"external", isNobody}, {"exclude_humans", isNobody},
		{"admins", func(u *record.User) bool { return u.Admin || !r.Principal.Admin }},
	} {
		on, err := r.Params.Truth(flag.name)
		if err != nil {
			return err
		}
		if on {
			q.only(flag.check)
		}
	}
	return nil
}

// readTimes reads the filters by time, which are for administrators.
func (q *userQuery) readTimes(r *Request) error {
	within, err := r.period("created")
	if err == nil && r.Principal.Admin {
		q.only(func(u *record.User) bool { return within(u.CreatedAt) })
	}
	return err
}

// readOrder reads the order. Ties are broken by number.
func (q *userQuery) readOrder(r *Request) error {
	by, err := r.Params.OneOf("order_by", "id", "id", "name", "username", "created_at", "updated_at")
	if err != nil {
		return err
	}
	desc, err := r.Params.descending("desc")
	if err != nil {
		return err
	}
	if !r.Principal.Admin {
		by, desc = "id", true
	}
	compare := map[string]func(a, b *record.User) int{
		"id":   func(*record.User, *record.User) int { return 0 },
		"name": func(a, b *record.User) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
		"username": func(a, b *record.User) int {
			return cmp.Compare(strings.ToLower(a.Username), strings.ToLower(b.Username))
		},
		"created_at": func(a, b *record.User) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"updated_at": func(a, b *record.User) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
	}[by]
	sign := 1
	if desc {
		sign = -1
	}
	q.compare = func(a, b *record.User) int { return sign * cmp.Or(compare(a, b), cmp.Compare(a.ID, b.ID)) }
	return nil
}

// period reads the parameters NAME_after and NAME_before, which are within it.
// Once one of them is given, what never happened is not.
func (r *Request) period(name string) (func(time.Time) bool, error) {
	after, err := r.Params.Date(name + "_after")
	if err != nil {
		return nil, err
	}
	before, err := r.Params.Date(name + "_before")
	if err != nil {
		return nil, err
	}
	given := func(at *time.Time) bool { return at != nil && !at.IsZero() }
	return func(at time.Time) bool {
		switch {
		case given(after) && at.Before(*after), given(before) && at.After(*before):
			return false
		}
		return !at.IsZero() || !given(after) && !given(before)
	}, nil
}
