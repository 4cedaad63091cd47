package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
)

// picker varies what is asked, so that no answer is remembered from the request
// before.
type picker struct {
	*caller
	*rand.Rand
	// n counts the requests.
	n int
}

// order is the next order and direction of lists of a group.
func (p *picker) order() string {
	orders := []string{"created_at", "name", "version", "type", "project_path"}
	return p.orderOf(orders)
}

// projectOrder is the next of lists of a project.
func (p *picker) projectOrder() string {
	return p.orderOf([]string{"created_at", "name", "version", "type"})
}

func (p *picker) orderOf(orders []string) string {
	n := p.n % (2 * len(orders))
	return fmt.Sprintf("order_by=%s&sort=%s", orders[n/2], []string{"asc", "desc"}[n%2])
}

func (p *picker) row() row { return p.rows[p.IntN(len(p.rows))] }

func (p *picker) word() string { return words[p.IntN(len(words))] }

// term is a part of some names: a word or a piece of one, often with what stands
// beside it, a number or a scope.
func (p *picker) term() string {
	word := p.word()
	switch p.IntN(6) {
	case 0:
		return word[:2]
	case 1:
		return fmt.Sprintf("%s-%s", word, p.word())
	case 2:
		return fmt.Sprintf("%d", p.IntN(1000))
	case 3:
		return fmt.Sprintf("%s-%d", word, p.IntN(10))
	case 4:
		return fmt.Sprintf("@%s-%d", word, p.IntN(100))
	}
	return word
}

func (p *picker) version() string { return fmt.Sprintf("%d.%d.%d", 1+p.IntN(4), p.IntN(10), p.IntN(3)) }

func (p *picker) group() int64 { return p.groups[p.IntN(len(p.groups))] }

// list is a page of the packages of a group.
func list(group any, query string) string {
	return fmt.Sprintf("/groups/%v/packages?%s", group, query)
}

func search(terms string) string { return "package_name=" + url.QueryEscape(terms) }
