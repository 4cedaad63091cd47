package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Table maps texts to texts. In a variable it is written as "a=b,c=d".
type Table map[string]string

// String writes the table as YAML, sorted by key.
func (t Table) String() string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(t)) {
		pairs = append(pairs, strconv.Quote(key)+": "+plain(t[key]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Table) UnmarshalText(text []byte) error {
	out := Table{}
	for _, item := range splitList(string(text)) {
		key, value, ok := strings.Cut(item, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || key == "" {
			return fmt.Errorf("%q has no name in front of a =: write a=b,c=d", clip(item))
		}
		if _, twice := out[key]; twice {
			return fmt.Errorf("%s is written twice: keep one of them", clip(key))
		}
		out[key] = value
	}
	*t = out
	return nil
}

// table reads a mapping of texts.
func (r *yamlReader) table(n ast.Node, into reflect.Value, path string) {
	pairs, ok := r.pairs(n, path)
	if !ok {
		return
	}
	out := Table{}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		text, ok := scalar(r.resolve(p.Value))
		switch _, twice := out[key]; {
		case p.Key.IsMergeKey():
			r.problem(p.Key, "%s holds names and values, and nothing can be merged into it", path)
		case twice:
			r.problem(p.Key, "%s is written twice: keep one of them", join(path, key))
		case !ok:
			r.problem(p.Key, "%s must be one text", join(path, key))
		default:
			out[key] = text
		}
	}
	into.Set(reflect.ValueOf(out))
	r.origin(n, path)
}
