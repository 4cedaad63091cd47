package npm

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonMember is one member of an object, as eachMember passes it on. Its bytes
// belong to the object.
type jsonMember struct {
	// name is unescaped and valid only during the visit.
	name []byte
	// value is the value as it is written.
	value []byte
	// text is the whole member as it is written, `"name": value`.
	text []byte
}

// eachMember visits the members of an object in their order and validates it
// on the way, the strictness being that of Scan. Anything but an object is
// errShape.
func eachMember(object []byte, visit func(jsonMember) error) error {
	d := newValueDecoder(object)
	if err := openValue(d, jsontext.KindBeginObject); err != nil {
		return err
	}
	var scratch []byte
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		from := int(d.InputOffset()) - len(name)
		scratch = unquoted(scratch, name)
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		to := int(d.InputOffset())
		m := jsonMember{name: scratch, value: object[to-len(value) : to], text: object[from:to]}
		if err := visit(m); err != nil {
			return err
		}
	}
	return closeValue(d)
}

// eachElement is eachMember for the elements of an array.
func eachElement(array []byte, visit func(value []byte) error) error {
	d := newValueDecoder(array)
	if err := openValue(d, jsontext.KindBeginArray); err != nil {
		return err
	}
	for d.PeekKind() != jsontext.KindEndArray {
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		to := int(d.InputOffset())
		if err := visit(array[to-len(value) : to]); err != nil {
			return err
		}
	}
	return closeValue(d)
}

// newValueDecoder has the options of newScanner, for the same reasons.
func newValueDecoder(value []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(value),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// openValue reads the bracket that an object or array begins with.
func openValue(d *jsontext.Decoder, kind jsontext.Kind) error {
	if d.PeekKind() != kind {
		if _, err := d.ReadValue(); err != nil {
			return err
		}
		return errShape
	}
	_, err := d.ReadToken()
	return err
}

// closeValue reads the bracket that it ends with, and demands that nothing
// follows.
func closeValue(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errTrailing
	}
	return nil
}

// unquoted is the unescaped form of a valid string, made in scratch. Lone
// surrogates become U+FFFD.
func unquoted(scratch, raw []byte) []byte {
	scratch, _ = jsontext.AppendUnquote(scratch[:0], raw)
	return scratch
}

// stringOf is the unescaped form of a valid value that should be a string;
// null counts as an empty one.
func stringOf(value []byte) (string, error) {
	switch {
	case value[0] == '"':
		return string(unquoted(nil, value)), nil
	case string(value) == "null":
		return "", nil
	}
	return "", errShape
}

// memberError says which member an error is about.
func memberError(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }
