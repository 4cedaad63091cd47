package advisory

import (
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// Advisory is a record as npm's clients read it from
// /-/npm/v1/security/advisories/bulk. The members that are not in JSON are for
// the caller.
type Advisory struct {
	// ID is a number that is made of Record and the name: clients want one, and
	// keep what they are told about all names by it.
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
	// Patched is the range of versions that a fix is in; empty where there is
	// none.
	Patched string `json:"-"`
	// Versions are those of the versions that were asked about that it is
	// about; nil where none were asked about.
	Versions []string `json:"-"`
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
	all := make([]Advisory, 0, len(p.says))
	for i := range p.says {
		all = append(all, p.says[i].advisory(p.name))
	}
	return all
}

// Affecting returns the records that are about any of some versions. One that is
// an alias of another is left out, unless it is about more of them.
func (p Package) Affecting(versions []string) []Advisory {
	read := make([]npm.Version, len(versions))
	for i, text := range versions {
		read[i] = parse(text)
	}
	var all []Advisory
	for i := range p.says {
		s := &p.says[i]
		var about []string
		for i, text := range versions {
			if s.affects(read[i], text) {
				about = append(about, text)
			}
		}
		if len(about) == 0 {
			continue
		}
		a := s.advisory(p.name)
		a.Versions = about
		if !slices.ContainsFunc(all, func(told Advisory) bool { return told.covers(&a) }) {
			all = append(all, a)
		}
	}
	return all
}

// covers tells whether a is an alias of o that says no more.
func (o *Advisory) covers(a *Advisory) bool {
	ids := append([]string{o.Record}, o.Aliases...)
	same := slices.ContainsFunc(append([]string{a.Record}, a.Aliases...), func(id string) bool { return slices.Contains(ids, id) })
	return same && !slices.ContainsFunc(a.Versions, func(v string) bool { return !slices.Contains(o.Versions, v) })
}

// advisory writes a record.
func (s *says) advisory(name string) Advisory {
	r := s.record
	id := s.set.text(r.id)
	a := Advisory{
		ID: number(id, name), URL: page(id), Title: s.set.text(r.title), Severity: r.severity.String(),
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
	a.Vulnerable, a.Patched = strings.Join(ranges, " || "), s.patched()
	if a.Vulnerable == "" {
		// Nothing that clients read as a version is affected.
		a.Vulnerable = "<0.0.0-0"
	}
	return a
}

// number makes a number of an identifier and a name that fits 31 bits: some
// clients keep no more.
func number(id, name string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id + "\x00" + name))
	return int64(h.Sum32() &^ (1 << 31))
}

// patched writes the range of versions from a fix on to where the next span
// starts.
func (s *says) patched() string {
	var ranges []string
	for _, in := range s.spans {
		if in.kind != before || s.affects(in.high, in.to) {
			continue
		}
		next := npm.Version{}
		for _, o := range s.spans {
			if o.low.Compare(in.high) > 0 && (next.IsZero() || o.low.Compare(next) < 0) {
				next = o.low
			}
		}
		text := ">=" + in.to
		if !next.IsZero() {
			text += " <" + next.String()
		}
		if !slices.Contains(ranges, text) {
			ranges = append(ranges, text)
		}
	}
	return strings.Join(ranges, " || ")
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
	told := Numbers{}
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		at, ok := s.find(name)
		if !ok {
			continue
		}
		if all := s.packageAt(at).Affecting(versions[name]); len(all) > 0 {
			told.Tell(all)
			answer[name] = all
		}
	}
	return answer
}

// Numbers are those of the advisories of one answer. Clients know advisories by
// them, and two may have the same by chance.
type Numbers map[int64]bool

// Tell gives advisories numbers that no other of the answer has.
func (n Numbers) Tell(all []Advisory) {
	for i := range all {
		for n[all[i].ID] {
			all[i].ID++
		}
		n[all[i].ID] = true
	}
}
