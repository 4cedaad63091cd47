package npm

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// value reads one value whole and tells where it stands.
func (s *scanner) value() (span, error) {
	raw, err := s.d.ReadValue()
	if err != nil {
		return span{}, err
	}
	if err := s.checkDepth(raw); err != nil {
		return span{}, err
	}
	return s.ending(len(raw)), nil
}

// ending is the span of the n bytes that were read last.
func (s *scanner) ending(n int) span {
	to := s.d.InputOffset()
	return span{uint32(to - int64(n)), uint32(to)} //nolint:gosec // Scan bounds the document
}

// open reads the brace that opens an object and sets where its body starts.
func (s *scanner) open(body *span) error {
	_, err := s.d.ReadToken()
	body.from = s.ending(0).to
	return err
}

// next reads the name of the next member, or the brace that closes the object,
// and then sets where the body ends.
func (s *scanner) next(body *span) (key span, more bool, err error) {
	if s.d.PeekKind() == jsontext.KindEndObject {
		_, err := s.d.ReadToken()
		body.to = s.ending(1).from
		return span{}, false, err
	}
	raw, err := s.d.ReadValue()
	if err != nil {
		return span{}, false, err
	}
	return s.ending(len(raw)), true, nil
}

// wrongType says why the value ahead cannot be read: it is malformed, or it is
// of another type than the one that belongs there.
func (s *scanner) wrongType() error {
	if _, err := s.d.ReadValue(); err != nil {
		return err
	}
	return errShape
}

// bytes is the document's text of a span.
func (s *scanner) bytes(at span) []byte { return s.doc[at.from:at.to] }

func (s *scanner) isString(at span) bool {
	return !at.absent() && s.doc[at.from] == '"'
}

// text is the unescaped form of a string, valid until the next call; other
// values have none.
func (s *scanner) text(at span) []byte {
	if !s.isString(at) {
		return nil
	}
	raw := s.bytes(at)
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	// The decoder has accepted the string, so all that can be wrong is a lone
	// surrogate, which becomes U+FFFD. That matters only for comparisons, all
	// of which are against names and versions that have none.
	s.scratch, _ = jsontext.AppendUnquote(s.scratch[:0], raw)
	return s.scratch
}

// keep is a copy of a string's unescaped form that does not keep the document
// in memory.
func (s *scanner) keep(at span) string { return s.texts.add(s.text(at)) }

// checkDepth refuses a value that nests too deep below where the decoder is.
// jsontext's own limit of 10,000 is for its stack; this one is for the
// clients' parsers.
func (s *scanner) checkDepth(raw []byte) error {
	if tooDeep(raw, s.limit.Depth-s.d.StackDepth()) {
		return errOverLimit
	}
	return nil
}

// tooDeep tells whether a valid value nests deeper than allowed.
func tooDeep(raw []byte, allowed int) bool {
	switch raw[0] {
	case '{', '[':
	default:
		return false
	}
	// Counting bytes is many times faster than following strings, and nearly
	// every value has too few brackets for its depth to matter.
	if bytes.Count(raw, []byte{'{'})+bytes.Count(raw, []byte{'['}) <= allowed {
		return false
	}
	return depthOf(raw) > allowed
}

// depthOf is how deep a valid value nests.
func depthOf(raw []byte) int {
	var depth, deepest int
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = endOfString(raw, i)
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// endOfString is the index of the quote that closes the string opened at i.
func endOfString(raw []byte, i int) int {
	for i++; raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return i
}

// truthy tells whether a script would take the value for true.
func truthy(raw []byte) bool {
	switch string(raw) {
	case `""`, "false", "null", "0":
		return false
	}
	return true
}
