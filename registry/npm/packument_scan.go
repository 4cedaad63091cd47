package npm

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// scanner is the state of one Scan.
type scanner struct {
	d       *jsontext.Decoder
	doc     []byte
	p       *Packument
	limit   Limits
	texts   arena
	times   []timeEntry
	scratch []byte
	tags    names
	// stamp is time.modified, and modified the member of that name, which only
	// the abbreviated form has.
	stamp, modified span
}

// timeEntry is a member of time. They are matched with the versions once both
// have been read, as documents may order them either way.
type timeEntry struct {
	key, value span
}

// newScanner reads through a bytes.Buffer because that is the one reader whose
// bytes jsontext parses in place instead of copying them.
//
// Two of jsontext's checks are off on purpose. Duplicate names: checking every
// inner object costs half of the time, and real manifests hold duplicates deep
// inside; the levels that larder reads are checked by hand. UTF-8: the same
// option also refuses an escaped lone surrogate, which is valid JSON and
// stands in real readmes; raw bytes are checked with utf8.Valid instead.
func newScanner(p *Packument, l Limits) *scanner {
	return &scanner{
		d: jsontext.NewDecoder(bytes.NewBuffer(p.doc),
			jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		doc:   p.doc,
		p:     p,
		limit: l,
		texts: newArena(len(p.doc)),
		tags:  names{},
	}
}

// document reads the whole packument.
func (s *scanner) document() error {
	if !utf8.Valid(s.doc) {
		return errUTF8
	}
	if s.d.PeekKind() != jsontext.KindBeginObject {
		return s.wrongType()
	}
	if err := s.topMembers(); err != nil {
		return err
	}
	if _, err := s.d.ReadToken(); err == nil {
		return errTrailing
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return s.finish()
}

func (s *scanner) topMembers() error {
	if err := s.open(&s.p.body); err != nil {
		return err
	}
	var named bool
	seen := names{}
	for {
		key, more, err := s.next(&s.p.body)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		name := s.text(key)
		field := topFieldOf(name)
		if !seen.add(name) {
			return errDuplicate
		}
		if len(s.p.top) == maxTopMembers {
			return errOverLimit
		}
		v, err := s.topMember(field)
		if err != nil {
			return err
		}
		named = named || field == topName
		s.p.top = append(s.p.top, topMember{member{key.from, v.from, v.to}, field})
	}
	if !named {
		return errForeign
	}
	return nil
}

// topMember reads the value of one member of the packument.
func (s *scanner) topMember(field topField) (span, error) {
	switch field {
	case topTags:
		return s.object(&s.p.tagsBody, s.tag)
	case topVersions:
		return s.object(&s.p.versionBody, s.version)
	case topTime:
		v, err := s.object(new(span), s.time)
		if s.doc[v.from] == '{' {
			s.p.time = v
		}
		return v, err
	}
	v, err := s.value()
	if err != nil {
		return v, err
	}
	switch field {
	case topName, topID:
		if string(s.text(v)) != s.p.Name {
			return v, errForeign
		}
	case topModified:
		s.modified = v
	}
	return v, nil
}

// object reads an object whose members are read by each; null counts as an
// empty object without a body, anything else is refused.
func (s *scanner) object(body *span, each func(key span) error) (span, error) {
	switch s.d.PeekKind() {
	case jsontext.KindBeginObject:
	case jsontext.KindNull:
		return s.value()
	default:
		return span{}, s.wrongType()
	}
	if err := s.open(body); err != nil {
		return span{}, err
	}
	for {
		key, more, err := s.next(body)
		if err != nil {
			return span{}, err
		}
		if !more {
			return span{body.from - 1, body.to + 1}, nil
		}
		if err := each(key); err != nil {
			return span{}, err
		}
	}
}

// tag reads one dist-tag. Tags that are no strings, or that poison, are left
// out of what is passed on.
func (s *scanner) tag(key span) error {
	v, err := s.value()
	if err != nil {
		return err
	}
	if len(s.p.tagAt) == s.limit.Versions {
		return errOverLimit
	}
	at := tagMember{member{key.from, v.from, v.to}, -1}
	name := s.keep(key)
	if !s.tags.add([]byte(name)) {
		return errDuplicate
	}
	if s.isString(v) && !poisons([]byte(name)) {
		at.tag = int32(len(s.p.Tags)) //nolint:gosec // bounded by Limits.Versions
		s.p.Tags = append(s.p.Tags, Tag{Name: name, Version: s.keep(v)})
	}
	s.p.tagAt = append(s.p.tagAt, at)
	return nil
}

// time reads one member of time.
func (s *scanner) time(key span) error {
	v, err := s.value()
	if err != nil {
		return err
	}
	// Removed versions keep their entries, so there may be more of them than
	// versions.
	if len(s.times) == 4*s.limit.Versions {
		return errOverLimit
	}
	s.times = append(s.times, timeEntry{key, v})
	return nil
}

// finish matches times with versions.
func (s *scanner) finish() error {
	others := names{}
	dated := make([]bool, len(s.p.Versions))
	for _, t := range s.times {
		key := s.text(t.key)
		if i, ok := s.p.byKey[string(key)]; ok {
			if dated[i] {
				return errDuplicate
			}
			dated[i] = true
			if s.isString(t.value) {
				s.p.Versions[i].Published = s.keep(t.value)
			}
			continue
		}
		if !others.add(key) {
			return errDuplicate
		}
		switch string(key) {
		case "modified":
			s.stamp = t.value
		case "created":
			if s.isString(t.value) {
				s.p.created = t.value
			}
		case "unpublished":
			s.p.unpublished = true
		}
	}
	switch {
	case s.isString(s.stamp):
		s.p.Modified = s.keep(s.stamp)
	case s.isString(s.modified):
		s.p.Modified = s.keep(s.modified)
	}
	return nil
}

// names is a set of the names of one object's members.
type names map[string]struct{}

// add tells whether the name is new.
func (n names) add(name []byte) bool {
	if _, ok := n[string(name)]; ok {
		return false
	}
	n[string(name)] = struct{}{}
	return true
}

// arena holds many small strings in few allocations. They live as long as the
// packument, so a chunk is not larger than a small document has use for.
type arena struct {
	b     strings.Builder
	chunk int
	held  int // bytes of all chunks
}

const arenaChunk = 32 << 10

func newArena(document int) arena { return arena{chunk: min(arenaChunk, document/4)} }

func (a *arena) add(text []byte) string {
	if a.b.Cap()-a.b.Len() < len(text) {
		a.b = strings.Builder{}
		a.b.Grow(max(a.chunk, len(text)))
		a.held += a.b.Cap()
	}
	from := a.b.Len()
	a.b.Write(text)
	return a.b.String()[from:]
}
