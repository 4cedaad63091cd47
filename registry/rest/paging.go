package rest

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
)

// Sizes of pages (docs.gitlab.com, "REST API pagination").
const (
	pageSize    = 20
	maxPageSize = 100
)

// paging is which page of a list is wanted.
type paging struct{ page, size int }

// offset is how many rows come before the page.
func (p paging) offset() int { return (p.page - 1) * p.size }

// paging reads page and per_page.
func (r *Request) paging() (paging, error) {
	page, err := r.Params.Int("page")
	if err != nil {
		return paging{}, err
	}
	size, err := r.pageSize()
	if err != nil {
		return paging{}, err
	}
	p := paging{page: 1, size: size}
	if page != nil {
		if *page < 1 {
			return paging{}, errValue("page")
		}
		p.page = int(min(*page, 1<<40))
	}
	return p, nil
}

// pageSize reads per_page. More than the largest page is the largest page.
func (r *Request) pageSize() (int, error) {
	size, err := r.Params.Int("per_page")
	switch {
	case err != nil:
		return 0, err
	case size == nil:
		return pageSize, nil
	case *size == 0:
		return 0, errWrong("per_page has a value not allowed")
	case *size < 0:
		return 0, errValue("per_page")
	}
	return int(min(*size, maxPageSize)), nil
}

// window returns a page of a list that is whole in memory.
func window[T any](list []T, p paging) []T {
	from := min(max(p.offset(), 0), len(list))
	return list[from:min(from+p.size, len(list))]
}

// paged answers with one page of a list of total rows. The headers are GitLab's
// for offset pages; the total is sent for lists of any length.
func (r *Request) paged(p paging, total int, body any) *Response {
	pages := max((total+p.size-1)/p.size, 1)
	next, prev := "", ""
	if p.page < pages {
		next = strconv.Itoa(p.page + 1)
	}
	if p.page > 1 {
		prev = strconv.Itoa(p.page - 1)
	}
	var links []string
	link := func(page, rel string) {
		if page != "" {
			links = append(links, r.link(rel, map[string]string{"page": page, "per_page": strconv.Itoa(p.size)}))
		}
	}
	link(prev, "prev")
	link(next, "next")
	link("1", "first")
	link(strconv.Itoa(pages), "last")
	return &Response{Body: body, Header: []Header{
		{"X-Page", strconv.Itoa(p.page)}, {"X-Per-Page", strconv.Itoa(p.size)},
		{"X-Next-Page", next}, {"X-Prev-Page", prev},
		{"X-Total", strconv.Itoa(total)}, {"X-Total-Pages", strconv.Itoa(pages)},
		{"Link", strings.Join(links, ", ")},
	}}
}

// keyed answers with one page of a list that is walked by keys. next, where not
// nil, are the parameters that lead to the next page.
func (r *Request) keyed(body any, next map[string]string) *Response {
	resp := &Response{Body: body}
	if next != nil {
		resp.Header = []Header{{"Link", r.link("next", next)}}
	}
	return resp
}

// link writes one link of a Link header (RFC 8288): the request's own URL with
// some parameters changed.
func (r *Request) link(rel string, set map[string]string) string {
	query := r.links()
	for name, value := range set {
		query.Set(name, value)
	}
	return "<" + r.Base + r.Path + "?" + query.Encode() + `>; rel="` + rel + `"`
}

// links returns the parameters that links repeat: all of the query but
// credentials.
func (r *Request) links() url.Values {
	query := url.Values{}
	for name, values := range r.Query {
		if !accounts.IsCredential(name) {
			query[name] = values
		}
	}
	return query
}
