package npm

import (
	"bytes"
	"fmt"
)

// Merge adds the versions of one packument to another of the same name, for
// names that an explicit rule lets live on both sides. What base has stays byte
// for byte; versions, times and dist-tags that it lacks are appended. Both
// documents must have passed Scan.
func Merge(base, added []byte) ([]byte, error) {
	theirs, err := mergeable(added)
	if err != nil {
		return nil, fmt.Errorf("merge packuments: %w", err)
	}
	out := &objectWriter{}
	seen := map[string]bool{}
	err = eachMember(base, func(m jsonMember) error {
		name := string(m.name)
		more, ok := theirs[name]
		seen[name] = true
		if !ok || m.value[0] != '{' || more[0] != '{' {
			out.member(m.text)
			return nil
		}
		merged, err := mergeObjects(m.value, more)
		if err != nil {
			return memberError(name, err)
		}
		out.named(name, merged)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("merge packuments: %w", err)
	}
	for _, name := range mergedMembers() {
		if more, ok := theirs[name]; ok && !seen[name] {
			out.named(name, more)
		}
	}
	return out.close(), nil
}

// mergedMembers are the members of a packument that Merge joins.
func mergedMembers() []string { return []string{"dist-tags", "versions", "time"} }

// mergeable returns those members of a document.
func mergeable(doc []byte) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := eachMember(doc, func(m jsonMember) error {
		for _, name := range mergedMembers() {
			if string(m.name) == name {
				out[name] = m.value
			}
		}
		return nil
	})
	return out, err
}

// mergeObjects appends the members of more that object lacks.
func mergeObjects(object, more []byte) ([]byte, error) {
	out := &objectWriter{}
	has := map[string]bool{}
	err := eachMember(object, func(m jsonMember) error {
		has[string(m.name)] = true
		out.member(m.text)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachMember(more, func(m jsonMember) error {
		if !has[string(m.name)] {
			out.member(m.text)
		}
		return nil
	})
	return out.close(), err
}

// objectWriter writes an object member by member.
type objectWriter struct{ buf bytes.Buffer }

// member writes a member as it stands elsewhere.
func (w *objectWriter) member(text []byte) {
	separator := byte(',')
	if w.buf.Len() == 0 {
		separator = '{'
	}
	w.buf.WriteByte(separator)
	w.buf.Write(text)
}

// named writes a member of a plain name.
func (w *objectWriter) named(name string, value []byte) {
	w.member([]byte(`"` + name + `":`))
	w.buf.Write(value)
}

// close ends the object and returns it.
func (w *objectWriter) close() []byte {
	if w.buf.Len() == 0 {
		w.buf.WriteByte('{')
	}
	w.buf.WriteByte('}')
	return w.buf.Bytes()
}
