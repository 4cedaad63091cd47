package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// field is one key of a settings struct.
type field struct {
	key   string
	index int
}

// fieldsOf lists the keys of a settings struct in the order of declaration.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			out = append(out, field{key, i})
		}
	}
	return out
}

// isSection tells whether a key holds keys of its own. What reads itself from a
// text does not.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// isSectionList tells whether a key holds a list of such sections.
func isSectionList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// leaf is one setting with the path of its key.
type leaf struct {
	path  string
	value reflect.Value
}

// leavesOf lists the settings under a struct, lists of sections left out.
func leavesOf(v reflect.Value, prefix string) []leaf {
	var out []leaf
	for _, f := range fieldsOf(v.Type()) {
		switch fv := v.Field(f.index); {
		case isSection(fv.Type()):
			out = append(out, leavesOf(fv, prefix+f.key+".")...)
		case !isSectionList(fv.Type()):
			out = append(out, leaf{prefix + f.key, fv})
		}
	}
	return out
}

// setText sets a setting from its text. Lists are separated by commas.
func setText(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := parseBool(text)
		if err != nil {
			return err
		}
		v.SetBool(b)
	case reflect.Slice:
		v.Set(reflect.ValueOf(splitList(text)))
	default:
		panic("BUG: a setting of kind " + v.Kind().String())
	}
	return nil
}

// splitList splits a list at its commas and drops what is empty.
func splitList(text string) []string {
	out := []string{}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

var errBool = errors.New("write true or false")

func parseBool(text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither: %w", clip(text), errBool)
}
