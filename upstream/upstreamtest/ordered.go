package upstreamtest

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// member is one key and value of an object.
type member struct {
	key   string
	value any
}

// object is a JSON object that keeps the order of its members, because
// registries do, and because a proxy must not depend on the order either.
type object []member

// MarshalJSON writes the members in order, without escaping HTML characters.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(m.key))
		b.WriteByte(':')
		b.Write(encode(m.value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// set replaces the member with this key or adds it at the end.
func (o object) set(key string, value any) object {
	for i := range o {
		if o[i].key == key {
			o[i].value = value
			return o
		}
	}
	return append(o, member{key, value})
}

// only returns the members with these keys, in the order of the keys.
func (o object) only(keys ...string) object {
	var out object
	for _, k := range keys {
		for _, m := range o {
			if m.key == k {
				out = append(out, m)
			}
		}
	}
	return out
}

// encode writes one value as compact JSON. The values come from tests, so a
// value that JSON cannot express is a bug of the test.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("BUG: fixture value cannot be JSON: %v", err))
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// spaced puts a space after every colon and comma outside of strings, as
// mirrors written in other languages do.
func spaced(doc []byte) []byte {
	out := make([]byte, 0, len(doc)+len(doc)/8)
	inString, escaped := false, false
	for _, c := range doc {
		out = append(out, c)
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case !inString && (c == ':' || c == ','):
			out = append(out, ' ')
		}
	}
	return out
}
