package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// The targets: at most for 99 of 100 requests.
const (
	firstTarget  = 10 * time.Millisecond
	searchTarget = 30 * time.Millisecond
	deepTarget   = 100 * time.Millisecond
	keysetTarget = 5 * time.Millisecond
)

// deepPage is a page far behind the first.
const deepPage = 10_000

// shape is a kind of request.
type shape struct {
	name   string
	target time.Duration
	// path makes the next request; empty where there is nothing to ask for.
	path func(p *picker) string
}

// lists are first pages of lists.
func lists() []shape {
	var out []shape
	for _, size := range []int{20, 100} {
		for _, group := range []string{wholeGroup, wholeGroup + "/" + halfGroup, wholeGroup + "/" + otherGroup} {
			out = append(out, shape{fmt.Sprintf("first page of the group `%s`, %d rows", group, size), firstTarget, func(p *picker) string {
				if p.name != "all" && strings.HasSuffix(group, otherGroup) {
					return "" // the others read nothing there
				}
				return list(url.PathEscape(group), fmt.Sprintf("per_page=%d&%s", size, p.order()))
			}})
		}
		out = append(out, shape{fmt.Sprintf("first page of the largest project, %d rows", size), firstTarget, func(p *picker) string {
			return fmt.Sprintf("/projects/%d/packages?per_page=%d&%s", p.project, size, p.projectOrder())
		}})
	}
	return out
}

// filtered are first pages of everything with one filter each.
func filtered() []shape {
	first := func(name string, query func(p *picker) string) shape {
		return shape{name, firstTarget, func(p *picker) string {
			return list(wholeGroup, query(p)+"&"+p.order())
		}}
	}
	return []shape{
		first("`package_type`", func(p *picker) string {
			types := append([]record.PackageType{record.NPM}, otherTypes...)
			return "package_type=" + string(types[p.IntN(len(types))])
		}),
		first("`status`", func(p *picker) string {
			all := append([]record.Status{record.StatusDefault, record.StatusDeprecated}, otherStatuses...)
			return "status=" + string(all[p.IntN(len(all))])
		}),
		first("`package_version`", func(p *picker) string { return "package_version=" + p.version() }),
		first("`include_versionless`", func(*picker) string { return "include_versionless=true" }),
		first("`package_name`, one term", func(p *picker) string { return search(p.term()) }),
		{"`exclude_subgroups`, any group", firstTarget, func(p *picker) string {
			return list(p.group(), "exclude_subgroups=true&"+p.order())
		}},
		first("all of these at once", func(p *picker) string {
			return "package_type=npm&status=default&include_versionless=true&package_version=" + p.version() + "&" + search(p.term())
		}),
		{"`package_name`, two terms", searchTarget, func(p *picker) string {
			return list(wholeGroup, search(p.term()+" "+p.term())+"&"+p.order())
		}},
	}
}

// deep are pages far behind the first.
func deep() []shape {
	return []shape{
		{"page 10,000 and on, 20 rows", deepTarget, func(p *picker) string {
			page := deepPage + p.IntN(50)
			if page*20 > p.total {
				return ""
			}
			return list(wholeGroup, fmt.Sprintf("per_page=20&page=%d&%s", page, p.order()))
		}},
		{"any page, 100 rows", deepTarget, func(p *picker) string {
			return list(wholeGroup, fmt.Sprintf("per_page=100&page=%d&%s", 1+p.IntN(max(p.total/100, 1)), p.order()))
		}},
		keysetShape(20), keysetShape(walkSize),
	}
}

// keysetShape is any page of a walk by keys, in the orders that were walked.
func keysetShape(size int) shape {
	return shape{fmt.Sprintf("any page by `pagination=keyset`, %d rows", size), keysetTarget, func(p *picker) string {
		w := p.walks[p.n%len(p.walks)]
		if len(w.pages) == 0 {
			return ""
		}
		return resized(w.pages[p.IntN(len(w.pages))], size)
	}}
}

// resized is a page of a walk with another number of rows.
func resized(page string, size int) string {
	return strings.Replace(page, fmt.Sprintf("per_page=%d", walkSize), fmt.Sprintf("per_page=%d", size), 1)
}

// singles are about one package each.
func singles() []shape {
	one := func(name, suffix string) shape {
		return shape{name, firstTarget, func(p *picker) string {
			r := p.row()
			return fmt.Sprintf("/projects/%d/packages/%d%s", r.ProjectID, r.ID, suffix)
		}}
	}
	return []shape{one("one package", ""), one("its files", "/package_files"), one("its pipelines", "/pipelines")}
}
