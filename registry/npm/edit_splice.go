package npm

import (
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// splice replaces a span of the document by a string.
type splice struct {
	at   span
	text string
	// tarball stands for the version's tarball URL instead of text.
	tarball bool
}

// rehashed copies a span of a version's manifest with the edits of dist.
func (r *renderer) rehashed(v *VersionInfo, at span) {
	if !at.holds(v.dist) {
		r.copy(at)
		return
	}
	if v.distShape == shapeOther {
		r.copy(span{at.from, v.dist.from})
		r.newDist(v)
		r.copy(span{v.dist.to, at.to})
		return
	}
	r.copy(span{at.from, v.dist.from + 1})
	if r.missing(v) && v.distShape == shapeObject {
		r.put(",")
	}
	from := v.dist.from + 1
	for _, s := range r.splices(v) {
		r.copy(span{from, s.at.from})
		if s.tarball {
			r.tarball(v)
		} else {
			r.quote(s.text)
		}
		from = s.at.to
	}
	r.copy(span{from, at.to})
}

// splices are the replacements inside a version's dist, in document order.
func (r *renderer) splices(v *VersionInfo) []splice {
	fix := r.e.Dist[v.Key]
	s := r.edits[:0]
	if !v.tarball.absent() {
		s = append(s, splice{at: v.tarball, tarball: true})
	}
	if !v.integrity.absent() && fix.Integrity != "" {
		s = append(s, splice{at: v.integrity, text: fix.Integrity})
	}
	if !v.shasum.absent() && fix.Shasum != "" {
		s = append(s, splice{at: v.shasum, text: fix.Shasum})
	}
	if len(s) > 1 {
		slices.SortFunc(s, func(a, b splice) int { return int(int64(a.at.from) - int64(b.at.from)) })
	}
	return s
}

// missing writes the members that a version's dist lacks, without a comma
// after them, and tells whether there are any.
func (r *renderer) missing(v *VersionInfo) bool {
	fix := r.e.Dist[v.Key]
	separator := ""
	if v.tarball.absent() {
		r.put(`"tarball":`)
		r.tarball(v)
		separator = ","
	}
	if v.integrity.absent() && fix.Integrity != "" {
		r.put(separator)
		r.put(`"integrity":`)
		r.quote(fix.Integrity)
		separator = ","
	}
	if v.shasum.absent() && fix.Shasum != "" {
		r.put(separator)
		r.put(`"shasum":`)
		r.quote(fix.Shasum)
		separator = ","
	}
	return separator != ""
}

// newDist writes a dist for a version that has none.
func (r *renderer) newDist(v *VersionInfo) {
	r.put("{")
	r.missing(v)
	r.put("}")
}

// tarball writes the URL under which clients find the version's tarball here.
func (r *renderer) tarball(v *VersionInfo) {
	file := r.p.name.TarballFile(v.Key)
	// npm's loose grammar lets versions hold spaces, which a URL does not.
	if strings.ContainsFunc(file, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		file = url.PathEscape(file)
	}
	r.write(r.url)
	r.put(file)
	r.put(`"`)
}

// list copies the members of an object, whose gaps (commas and space) belong
// to the member behind them, so that members can be left out.
type list struct {
	r    *renderer
	body span
	// done is where the last member read ends, zero before the first.
	done uint32
	some bool
}

// key copies a member up to its value, which the caller writes.
func (l *list) key(m member) {
	switch {
	case l.some:
		l.r.copy(span{l.done, m.from})
	case l.done == 0:
		l.r.copy(span{l.body.from, m.from})
	}
	// Else only members that were left out came before, and the gap holds the
	// comma that parted them.
	l.r.copy(span{m.from, m.value})
	l.done, l.some = m.to, true
}

// skip leaves a member out.
func (l *list) skip(m member) { l.done = m.to }

// close copies what follows the last member.
func (l *list) close() {
	if l.done == 0 {
		l.r.copy(l.body)
		return
	}
	l.r.copy(span{l.done, l.body.to})
}

func (r *renderer) copy(at span) { r.write(r.p.doc[at.from:at.to]) }

// write and put leave errors to flush: a bufio.Writer keeps the first one.
func (r *renderer) write(b []byte) { _, _ = r.w.Write(b) }

func (r *renderer) put(s string) { _, _ = r.w.WriteString(s) }

// quote writes a JSON string.
func (r *renderer) quote(s string) { r.write(appendString(r.w.AvailableBuffer(), s)) }

// appendString appends s as a JSON string. The error of AppendQuote says only
// that invalid UTF-8 was replaced, which is what should happen to it.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}
