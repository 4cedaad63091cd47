package advisory

import (
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// Advisory is a record as npm's clients read it from
// /-/npm/v1/security/advisories/bulk. The members that are not in JSON are for
// the caller.
type Advisory struct {
	// ID is a number that is made of Record: clients want one.
	ID int64 `json:"id"`
	// URL is the page that describes it.
	URL string `json:"url"`
	// Title is one line.
	Title string `json:"title"`
	// Severity is info, low, moderate, high or critical.
	Severity string `json:"severity"`
	// Vulnerable is a range as npm writes it, of which clients take
	// prereleases to be part.
	Vulnerable string `json:"vulnerable_versions"`
	// CWE are kinds of weakness ("CWE-79"), never nil.
	CWE []string `json:"cwe"`
	// CVSS is how bad it is in numbers.
	CVSS CVSS `json:"cvss"`

	// Record is its identifier in the feed.
	Record string `json:"-"`
	// Aliases are other identifiers of it.
	Aliases []string `json:"-"`
	// Fixed are versions that fix it, one for each range.
	Fixed []string `json:"-"`
	// Malware means that it is a report of malware.
	Malware bool `json:"-"`
	// Reviewed means that the database's curators have checked it.
	Reviewed bool `json:"-"`
}

// CVSS is a score of version 3, or zero.
type CVSS struct {
	// Score is from 0 to 10.
	Score float64 `json:"score"`
	// Vector is what it is made of; nil where nobody has rated it.
	Vector *string `json:"vectorString"`
}

// Advisories returns all that is said about the name, in a fixed order.
func (p Package) Advisories() []Advisory {
	return p.advisories(func(*says) bool { return true })
}

// Affecting returns the records that are about any of some versions. Records
// that are aliases of one another are told once.
func (p Package) Affecting(versions []string) []Advisory {
	read := make([]npm.Version, len(versions))
	for i, text := range versions {
		read[i] = parse(text)
	}
	all := p.advisories(func(s *says) bool {
		for i, text := range versions {
			if s.affects(read[i], text) {
				return true
			}
		}
		return false
	})
	told := map[string]bool{}
	all = slices.DeleteFunc(all, func(a Advisory) bool {
		ids := append([]string{a.Record}, a.Aliases...)
		again := slices.ContainsFunc(ids, func(id string) bool { return told[id] })
		for _, id := range ids {
			told[id] = true
		}
		return again
	})
	// Clients know advisories by number. Two may have the same by chance.
	numbers := map[int64]bool{}
	for i := range all {
		for numbers[all[i].ID] {
			all[i].ID++
		}
		numbers[all[i].ID] = true
	}
	return all
}

func (p Package) advisories(want func(*says) bool) []Advisory {
	var all []Advisory
	for i := range p.says {
		if s := &p.says[i]; want(s) {
			all = append(all, s.advisory(p.name))
		}
	}
	return all
}

// advisory writes a record.
func (s *says) advisory(name string) Advisory {
	r := s.record
	id := s.set.text(r.id)
	a := Advisory{
		ID: number(id), URL: page(id), Title: s.set.text(r.title), Severity: r.severity.String(),
		CWE:    append([]string{}, strings.Fields(s.set.text(r.cwes))...),
		Record: id, Aliases: strings.Fields(s.set.text(r.aliases)), Malware: r.malware, Reviewed: r.reviewed,
	}
	if a.Title == "" {
		a.Title = id
		if r.malware {
			a.Title = maliciousTitle(name)
		}
	}
	if vector := s.set.text(r.vector); vector != "" {
		// A float32 of one decimal place is that again as a float64 when rounded.
		a.CVSS = CVSS{Score: math.Round(float64(r.score)*10) / 10, Vector: &vector}
	}
	var ranges []string
	for _, in := range s.spans {
		if in.kind == exactly && in.low.IsZero() {
			continue
		}
		ranges = append(ranges, in.text())
		if in.kind == before {
			a.Fixed = append(a.Fixed, in.to)
		}
	}
	a.Vulnerable = strings.Join(ranges, " || ")
	if a.Vulnerable == "" {
		// Nothing that clients read as a version is affected.
		a.Vulnerable = "<0.0.0-0"
	}
	return a
}

// number makes a number of an identifier that fits 31 bits: some clients keep
// no more.
func number(id string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int64(h.Sum32() &^ (1 << 31))
}

// page is where a record is described.
func page(id string) string {
	if strings.HasPrefix(id, "GHSA-") {
		return "https://github.com/advisories/" + id
	}
	return "https://osv.dev/vulnerability/" + id
}

// Bulk answers a question about versions by name with the records that are
// about them. Names of which nothing is said are not in it.
func (s *Set) Bulk(versions map[string][]string) map[string][]Advisory {
	answer := map[string][]Advisory{}
	for name, asked := range versions {
		at, ok := s.find(name)
		if !ok {
			continue
		}
		if all := s.packageAt(at).Affecting(asked); len(all) > 0 {
			answer[name] = all
		}
	}
	return answer
}
