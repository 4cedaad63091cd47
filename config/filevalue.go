package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// list reads a list of sections. The list replaces the default one.
func (r *yamlReader) list(n ast.Node, into reflect.Value, path string) {
	items, ok := r.items(n, path)
	if !ok {
		return
	}
	out := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		entry := fmt.Sprintf("%s[%d]", path, i)
		r.section(item, out.Index(i), entry)
		r.origin(item, entry)
	}
	into.Set(out)
	r.origin(n, path)
}

// items returns the nodes of a list; ok is false when the node is none, which
// is reported unless it is empty.
func (r *yamlReader) items(n ast.Node, path string) ([]ast.Node, bool) {
	switch v := r.resolve(n).(type) {
	case *ast.SequenceNode:
		return v.Values, true
	case nil, *ast.NullNode:
		return nil, false
	default:
		r.problem(v, "%s must be a list, like [a, b]", path)
		return nil, false
	}
}

// leaf reads one setting.
func (r *yamlReader) leaf(n ast.Node, into reflect.Value, path string) {
	switch into.Kind() {
	case reflect.Slice:
		r.words(n, into, path)
		return
	case reflect.Map:
		r.table(n, into, path)
		return
	}
	value := r.resolve(n)
	switch value.(type) {
	case nil, *ast.NullNode:
		return
	}
	text, ok := scalar(value)
	if !ok {
		r.problem(value, "%s must be one value, not a list or a section", path)
		return
	}
	if err := setText(into, text); err != nil {
		r.problem(value, "%s: %v", path, err)
		return
	}
	r.origin(n, path)
}

// words reads a list of texts. One text alone is a list of one.
func (r *yamlReader) words(n ast.Node, into reflect.Value, path string) {
	value := r.resolve(n)
	nodes := []ast.Node{value}
	if text, ok := scalar(value); !ok || text == "" {
		if nodes, ok = r.items(n, path); !ok {
			return
		}
	}
	out := make([]string, 0, len(nodes))
	for _, item := range nodes {
		item = r.resolve(item)
		if item == nil {
			continue
		}
		text, ok := scalar(item)
		if ok && text == "" {
			r.problem(item, "%s: an empty %s is not allowed", path, entryOf(path))
			continue
		}
		if !ok {
			r.problem(item, "%s must be a list of texts; patterns that start with * or @ need quotes: \"@acme/*\"", path)
			continue
		}
		out = append(out, text)
	}
	into.Set(reflect.ValueOf(out))
	r.origin(n, path)
}

// entryOf is the word for an entry of a list.
func entryOf(path string) string {
	if strings.HasSuffix(path, ".match") || strings.HasSuffix(path, ".private") {
		return "pattern"
	}
	return "entry"
}

func (r *yamlReader) origin(n ast.Node, path string) {
	line, _ := position(n)
	r.origins[path] = fmt.Sprintf("%s:%d", r.file, line)
}

// scalar returns the text of a single value.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, true
	}
	return "", false
}
