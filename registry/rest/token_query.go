package rest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// tokenFilter reads the filters of "GET /personal_access_tokens".
func (r *Request) tokenFilter(now time.Time) (func(record.Token) bool, error) {
	state, err := r.Params.OneOf("state", "", "active", "inactive")
	if err != nil {
		return nil, err
	}
	revoked, err := r.Params.Bool("revoked")
	if err != nil {
		return nil, err
	}
	search, err := r.Params.Word("search", "")
	if err != nil {
		return nil, err
	}
	within, err := r.tokenPeriods()
	if err != nil {
		return nil, err
	}
	search = strings.ToLower(search)
	return func(t record.Token) bool {
		active := activeToken(t, now)
		switch {
		case state == "active" && !active, state == "inactive" && active:
			return false
		case revoked != nil && *revoked == t.RevokedAt.IsZero():
			return false
		}
		return strings.Contains(strings.ToLower(t.Name), search) && within(t)
	}, nil
}

// tokenPeriods reads the filters by time. Of the days of expiry the last one is
// not within (GitLab documentation, Personal access tokens API).
func (r *Request) tokenPeriods() (func(record.Token) bool, error) {
	created, err := r.period("created")
	if err != nil {
		return nil, err
	}
	used, err := r.period("last_used")
	if err != nil {
		return nil, err
	}
	after, err := r.Params.Date("expires_after")
	if err != nil {
		return nil, err
	}
	before, err := r.Params.Date("expires_before")
	if err != nil {
		return nil, err
	}
	return func(t record.Token) bool {
		early := after != nil && t.ExpiresAt.Before(*after)
		late := before != nil && !before.IsZero() && !t.ExpiresAt.Before(*before)
		return created(t.CreatedAt) && used(t.LastUsedAt) && !early && !late
	}, nil
}

// tokenOrder reads the order of a list of tokens: by number, or as asked for
// with ties by number, the highest first.
func (r *Request) tokenOrder() (func([]record.Token), error) {
	word, err := r.Params.Word("sort", "")
	if err != nil {
		return nil, err
	}
	field, descending := strings.CutSuffix(word, "_desc")
	if !descending {
		field = strings.TrimSuffix(word, "_asc")
	}
	compare := map[string]func(a, b record.Token) int{
		"created":   func(a, b record.Token) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"expires":   func(a, b record.Token) int { return a.ExpiresAt.Compare(b.ExpiresAt) },
		"last_used": func(a, b record.Token) int { return a.LastUsedAt.Compare(b.LastUsedAt) },
		"name":      func(a, b record.Token) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
	}[field]
	return func(list []record.Token) {
		slices.SortFunc(list, func(a, b record.Token) int {
			switch {
			case compare == nil || field == word: // no such order: GitLab keeps its own
				return cmp.Compare(a.ID, b.ID)
			case descending:
				a, b = b, a
				return cmp.Or(compare(a, b), cmp.Compare(a.ID, b.ID))
			}
			return cmp.Or(compare(a, b), cmp.Compare(b.ID, a.ID))
		})
	}, nil
}
