package npm

import "bytes"

// noticed is what a renderer knows of the notice that it puts into a manifest.
type noticed struct {
	// text is empty where there is nothing to say.
	text string
	// at is the value that the text replaces; absent where the manifest has no
	// member deprecated.
	at span
}

// notice is the text to show as a version's deprecation. What its author says
// goes before, and a restricted version has its reason elsewhere.
func (r *renderer) notice(v *VersionInfo) noticed {
	if len(r.e.Notice) == 0 || v.Deprecated {
		return noticed{}
	}
	text := r.e.Notice[v.Key]
	if text == "" {
		return noticed{}
	}
	if _, restricted := r.e.Restrict[v.Key]; restricted {
		return noticed{}
	}
	return noticed{text: text, at: r.p.deprecation(v)}
}

// deprecation is the value of a version's member deprecated. It is one of
// those that the abbreviated form keeps; that few documents have a notice is
// why Scan does not record which.
func (p *Packument) deprecation(v *VersionInfo) span {
	for _, m := range p.kept[v.keptFrom:v.keptTo] {
		raw := p.doc[m.from:m.to]
		end := endOfString(raw, 0) + 1
		if versionFieldOf(unquoted(nil, raw[:end])) != fieldDeprecated {
			continue
		}
		colon := end + bytes.IndexByte(raw[end:], ':') + 1
		value := bytes.TrimLeft(raw[colon:], " \t\r\n")
		return span{m.to - uint32(len(value)), m.to} //nolint:gosec // Scan bounds the document
	}
	return span{}
}

// announce writes the notice for a manifest that has no member to replace,
// after separator, and returns what parts it from the next member.
func (r *renderer) announce(n noticed, separator string) string {
	if n.text == "" || !n.at.absent() {
		return separator
	}
	r.put(separator)
	r.put(`"deprecated":`)
	r.quote(n.text)
	return ","
}

// edited copies a span of a version's manifest with the edits in it.
func (r *renderer) edited(v *VersionInfo, at span, n noticed) {
	if at.holds(n.at) {
		r.rehashed(v, span{at.from, n.at.from})
		r.quote(n.text)
		at.from = n.at.to
	}
	r.rehashed(v, at)
}

// holds tells whether a value stands in the span.
func (s span) holds(value span) bool {
	return s.from <= value.from && value.to <= s.to && !value.absent()
}
