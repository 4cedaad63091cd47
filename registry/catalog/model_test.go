package catalog

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/record"
)

// model answers as the index must, from a slice, without any cleverness.
type model struct {
	packages map[int64]record.Package
	paths    map[int64]string
}

func (m *model) meant(q Query, p record.Package) bool {
	_, project := slices.BinarySearch(q.Projects, p.ProjectID)
	statuses := q.Statuses
	if len(statuses) == 0 {
		statuses = []record.Status{"default", "error", "deprecated"}
	}
	for _, term := range parseTerms(q.Search) {
		if !strings.Contains(strings.ToLower(p.Name), term) {
			return false
		}
	}
	return (q.All || project) && slices.Contains(statuses, p.Status) &&
		(q.Type == "" && p.Type != "terraform_module" || q.Type == p.Type) &&
		(q.Name == "" || q.Name == p.Name) && (q.Version == "" || q.Version == p.Version) &&
		(q.Versionless || p.Version != "") && !(q.whole && p.Hollow)
}

func (m *model) compare(q Query, a, b record.Package) int {
	id := cmp.Compare(a.ID, b.ID)
	by := map[Order]int{ByCreated: a.CreatedAt.Compare(b.CreatedAt), ByName: strings.Compare(a.Name, b.Name),
		ByVersion: strings.Compare(a.Version, b.Version), ByType: cmp.Compare(a.Type.Number(), b.Type.Number()),
		ByProjectPath: strings.Compare(m.paths[a.ProjectID], m.paths[b.ProjectID])}[q.Order]
	if q.Desc {
		by, id = -by, -id
	}
	if q.Order == ByProjectPath {
		id = cmp.Compare(b.ID, a.ID)
	}
	return cmp.Or(by, id)
}

func (m *model) list(q Query) []record.Package {
	var list []record.Package
	for _, p := range m.packages {
		if m.meant(q, p) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b record.Package) int { return m.compare(q, a, b) })
	return list
}

func numbers(list []record.Package) []int64 {
	ids := []int64{}
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return ids
}

func window(ids []int64, offset, limit int) []int64 {
	ids = ids[min(offset, len(ids)):]
	return ids[:min(limit, len(ids))]
}

func (m *model) counts(q Query) Counts {
	c, names := Counts{ByProject: map[int64]int{}}, map[string]bool{}
	for _, p := range m.list(q) {
		c.Packages++
		c.ByProject[p.ProjectID]++
		names[p.Name] = true
	}
	c.Names = len(names)
	return c
}

func (m *model) names(q Query) []Hit {
	q.Type, q.Statuses, q.Versionless, q.Order, q.Desc, q.whole =
		"npm", []record.Status{"default", "hidden", "deprecated"}, false, ByName, false, true
	var hits []Hit
	for _, p := range m.list(q) {
		if n := len(hits); n == 0 || hits[n-1].Name != p.Name {
			hits = append(hits, Hit{Name: p.Name})
		}
		last := &hits[len(hits)-1]
		last.Projects = append(last.Projects, p.ProjectID)
	}
	for i := range hits {
		slices.Sort(hits[i].Projects)
		hits[i].Projects = slices.Compact(hits[i].Projects)
	}
	return hits
}

func (m *model) projectsOf(name string) []int64 {
	ids := []int64{}
	for _, p := range m.packages {
		if p.Name == name {
			ids = append(ids, p.ProjectID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

const everything = math.MaxInt
