package site

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/web"
)

// Sizes of the lists on pages.
const (
	listSize  = 50
	childSize = 100
	// maxPage bounds what a page number may be.
	maxPage = 1 << 30
)

// pageNumber reads the number of a page from a parameter; whatever is none is 1.
func (v Visit) pageNumber(param string) int {
	n, err := strconv.Atoi(v.Query.Get(param))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, maxPage)
}

// pager describes one page of a list and leads to those beside it.
func (v Visit) pager(param string, size, shown, total int) web.Pager {
	page := v.pageNumber(param)
	first := (page-1)*size + 1
	p := web.Pager{Total: total}
	if shown > 0 {
		p.First, p.Last = first, first+shown-1
	}
	if page > 1 {
		last := max((total+size-1)/size, 1)
		p.Previous = v.withPage(param, min(page-1, last))
	}
	if first-1+shown < total && shown > 0 {
		p.Next = v.withPage(param, page+1)
	}
	return p
}

// withPage is the address of the same page with another number.
func (v Visit) withPage(param string, page int) string {
	query := url.Values{}
	for name, values := range v.Query {
		if !accounts.IsCredential(name) {
			query[name] = values
		}
	}
	query.Set(param, strconv.Itoa(page))
	path, _, _ := strings.Cut(v.Here, "?")
	return v.Mount + path + "?" + query.Encode()
}

// children is one page of a list that is whole in memory.
func (v Visit) children(param string, list []web.Child) web.Children {
	from := min((v.pageNumber(param)-1)*childSize, len(list))
	rows := list[from:min(from+childSize, len(list))]
	return web.Children{Rows: rows, Pager: v.pager(param, childSize, len(rows), len(list))}
}

// search is the text that was searched for.
func (v Visit) search() string { return strings.TrimSpace(v.Query.Get("search")) }
