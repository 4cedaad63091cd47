package npm

import (
	"fmt"
	"slices"
	"strings"
)

// Restriction says why a version is kept from clients.
type Restriction struct {
	// Message is the line that clients show. It names the version, as a
	// document has one text for all of its restrictions.
	Message string
	// Bare leaves nothing of the manifest but name, version, and where the
	// tarball is and what it hashes to: of malware nothing else is repeated.
	Bare bool
}

const (
	// maxReasons is how many lines a document's message has. A package with
	// nightly builds may have hundreds of young versions.
	maxReasons = 20
	// restrictedDepth is how deep a manifest may nest to be repeated. It
	// stands one level deeper than it came, and readers like Scan, which
	// accept 64, have to accept the document all the same.
	restrictedDepth = 61
)

// restricted are the versions that are kept from clients, in document order.
func (p *Packument) restricted(by map[string]Restriction) []*VersionInfo {
	if len(by) == 0 {
		return nil
	}
	var found []*VersionInfo
	for i := range p.Versions {
		if _, ok := by[p.Versions[i].Key]; ok {
			found = append(found, &p.Versions[i])
		}
	}
	return found
}

// memberRestrictions is the member of a packument for what is restricted.
const memberRestrictions = "policyRestrictions"

// explains tells whether a member is upstream's own list of what it restricts,
// whose place ours takes.
func (r *renderer) explains(m topMember) bool {
	return m.field == topOther && r.p.keyIs(m.member, memberRestrictions)
}

// keyIs compares the unescaped name of a member.
func (p *Packument) keyIs(m member, name string) bool {
	raw := p.doc[m.from:m.value]
	return string(unquoted(nil, raw[:endOfString(raw, 0)+1])) == name
}

// restrictions writes the value of policyRestrictions. npm's
// npm-pick-manifest falls back on the versions listed there when no other one
// fits, and then fails with E403 and the message in place of "no matching
// version"; the other clients ignore the member.
func (r *renderer) restrictions(f Form) {
	r.put(`{"message":`)
	r.quote(r.message())
	r.put(`,"versions":{`)
	for i, v := range r.restricted {
		if i > 0 {
			r.put(",")
		}
		r.copy(span{v.at.from, v.at.value})
		switch {
		case r.e.Restrict[v.Key].Bare || tooDeep(r.p.doc[v.at.value:v.at.to], restrictedDepth):
			r.bareVersion(v)
		case f == Abbreviated:
			r.abbreviatedVersion(v)
		default:
			r.version(v)
		}
	}
	r.put("}}")
}

// message is the reason of every restriction, each one once. The highest
// version comes first: it is the one that npm would have picked.
func (r *renderer) message() string {
	sorted := slices.Clone(r.restricted)
	slices.SortStableFunc(sorted, func(a, b *VersionInfo) int { return b.compare(a) })
	var lines []string
	said := map[string]bool{"": true}
	for _, v := range sorted {
		line := r.e.Restrict[v.Key].Message
		if said[line] {
			continue
		}
		said[line] = true
		lines = append(lines, line)
	}
	if more := len(lines) - maxReasons; more > 0 {
		lines = append(lines[:maxReasons], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// compare orders versions by precedence. Scan has refused what is no version.
func (v *VersionInfo) compare(o *VersionInfo) int {
	a, errA := ParseLoose(v.Key)
	b, errB := ParseLoose(o.Key)
	if errA != nil || errB != nil {
		panic("BUG: a scanned version cannot be read")
	}
	return a.Compare(b)
}

// bareVersion writes of a manifest what identifies the version and its bytes.
func (r *renderer) bareVersion(v *VersionInfo) {
	r.put(`{"name":`)
	r.quote(r.p.Name)
	r.put(`,"version":`)
	r.quote(v.Key)
	r.put(`,"dist":{"tarball":`)
	r.tarball(v)
	fix := r.e.Dist[v.Key]
	for _, hash := range [...]struct{ key, fixed, said string }{
		{`,"integrity":`, fix.Integrity, v.Integrity},
		{`,"shasum":`, fix.Shasum, v.Shasum},
	} {
		text := hash.fixed
		if text == "" {
			text = hash.said
		}
		if text != "" {
			r.put(hash.key)
			r.quote(text)
		}
	}
	r.put("}}")
}

// refused is the answer for a version that is kept from clients.
func (p *Packument) refused(version string, by Restriction) error {
	return &Error{Kind: ErrBlocked, Text: by.Message, Package: p.Name, Version: version}
}
