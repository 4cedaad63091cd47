package advisory

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
)

// ref is the place of a text in a set's arena: its length and its bytes. The
// place 0 has the empty text.
type ref uint32

// maxText bounds a text in an arena, as its length has two bytes there.
const maxText = math.MaxUint16

// packer makes a set, each text of it once.
type packer struct {
	*Set
	texts strings.Builder
	refs  map[string]ref
}

func newPacker() *packer {
	p := &packer{Set: &Set{}, refs: map[string]ref{}}
	p.ref("")
	return p
}

// ref returns the place of a text.
func (p *packer) ref(text string) ref {
	if len(text) > maxText {
		text = text[:maxText]
	}
	at, ok := p.refs[text]
	if !ok {
		at = ref(p.texts.Len())
		p.refs[text] = at
		var size [2]byte
		binary.LittleEndian.PutUint16(size[:], uint16(len(text)))
		p.texts.Write(size[:])
		p.texts.WriteString(text)
	}
	return at
}

// name starts the claims about a name. Names come in order.
func (p *packer) name(name string) {
	p.names = append(p.names, p.ref(name))
	p.starts = append(p.starts, uint32(len(p.claims)))
}

// claim adds a claim about the name that was started last.
func (p *packer) claim(r row) {
	c := claim{record: r.at, first: uint32(len(p.spans))}
	for _, s := range r.spans {
		p.spans = append(p.spans, packedSpan{from: p.ref(s.from), to: p.ref(s.to), kind: s.kind})
	}
	c.end = uint32(len(p.spans))
	p.claims = append(p.claims, c)
}

// record adds a record. Titles that are made of the name are not kept.
func (p *packer) record(r *report) {
	title := r.title
	if len(r.affected) == 1 && title == maliciousTitle(r.affected[0].name) {
		title = ""
	}
	p.records = append(p.records, record{
		id: p.ref(r.id), title: p.ref(title), vector: p.ref(r.vector),
		aliases: p.ref(r.aliases), cwes: p.ref(r.cwes), score: float32(r.score),
		severity: r.severity, malware: r.malware, reviewed: r.reviewed,
	})
}

// maliciousTitle is the title that ossf/malicious-packages gives its reports.
func maliciousTitle(name string) string { return "Malicious code in " + name + " (npm)" }

// hash adds an indicator.
func (p *packer) hash(sum, id string) {
	h := indicator{id: p.ref(id), short: len(sum) == sha256.Size}
	copy(h.sum[:], sum)
	p.hashes = append(p.hashes, h)
}

// done seals the set.
func (p *packer) done() (*Set, error) {
	if int64(p.texts.Len()) > math.MaxUint32 {
		return nil, errors.New("load feeds: there is more text in them than can be kept")
	}
	s := p.Set
	s.arena = strings.Clone(p.texts.String())
	slices.SortStableFunc(s.hashes, func(x, y indicator) int { return bytes.Compare(x.digest(), y.digest()) })
	s.hashes = slices.CompactFunc(s.hashes, func(x, y indicator) bool { return bytes.Equal(x.digest(), y.digest()) })
	s.names, s.starts, s.claims = slices.Clone(s.names), slices.Clone(s.starts), slices.Clone(s.claims)
	s.spans, s.records, s.hashes = slices.Clone(s.spans), slices.Clone(s.records), slices.Clone(s.hashes)
	s.digests = make([]Digest, len(s.names))
	for i := range s.names {
		s.digests[i] = s.digestAt(i)
	}
	return s, nil
}
