package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds the configuration file; a real one has a few hundred lines.
const maxFile = 1 << 20

// yamlReader fills settings from a YAML tree. It walks the tree itself instead
// of decoding it, because a decoder stops at the first problem and people want
// to see all of them.
type yamlReader struct {
	file     string
	origins  map[string]string
	anchors  map[string]ast.Node
	problems []error
	sections int
}

// maxSections bounds the sections that are read, since aliases can make a small
// file large.
const maxSections = 4096

// readYAML overlays the settings with those of a file's bytes. It returns
// every problem that it found, each with its line and column.
func readYAML(c *Config, file string, text []byte, origins map[string]string) error {
	if len(text) > maxFile {
		return fmt.Errorf("%s: larger than %s; is this a configuration file?", file, ByteSize(maxFile))
	}
	tree, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return syntaxProblem(file, err)
	}
	r := &yamlReader{file: file, origins: origins, anchors: map[string]ast.Node{}}
	for i, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			r.problem(doc.Body, "more than one YAML document: keep one")
			break
		}
		r.section(doc.Body, reflect.ValueOf(c).Elem(), "")
	}
	return errors.Join(r.problems...)
}

// syntaxProblem turns the parser's error, a picture of many lines, into one
// line.
func syntaxProblem(file string, err error) error {
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil && ye.GetToken().Position != nil {
		p := ye.GetToken().Position
		return fmt.Errorf("%s:%d:%d: not valid YAML: %s", file, p.Line, p.Column, oneLine(ye.GetMessage()))
	}
	return fmt.Errorf("%s: not valid YAML: %s", file, oneLine(err.Error()))
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

func (r *yamlReader) problem(n ast.Node, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s: %s", r.at(n), fmt.Sprintf(format, args...)))
}

// at returns "file:line:column" of a node.
func (r *yamlReader) at(n ast.Node) string {
	line, column := position(n)
	return fmt.Sprintf("%s:%d:%d", r.file, line, column)
}

func position(n ast.Node) (line, column int) {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, t.Position.Column
	}
	return 1, 1
}

// resolve follows tags, anchors and aliases to the node that holds the value.
// An alias may only point backwards, so this ends.
func (r *yamlReader) resolve(n ast.Node) ast.Node {
	for range 16 {
		switch v := n.(type) {
		case *ast.AnchorNode:
			if v.Name != nil && v.Value != nil {
				r.anchors[v.Name.GetToken().Value] = v.Value
			}
			n = v.Value
		case *ast.AliasNode:
			target, ok := r.anchors[v.Value.GetToken().Value]
			if !ok {
				r.problem(n, "*%s points at no anchor above it", clip(v.Value.GetToken().Value))
				return nil
			}
			n = target
		case *ast.TagNode:
			n = v.Value
		default:
			return n
		}
	}
	r.problem(n, "too many anchors and aliases on one value")
	return nil
}

// section reads a mapping into a settings struct.
func (r *yamlReader) section(n ast.Node, into reflect.Value, path string) {
	if r.sections++; r.sections >= maxSections {
		if r.sections == maxSections {
			r.problem(n, "too many sections, or an alias that points at itself")
		}
		return
	}
	pairs, ok := r.pairs(n, path)
	if !ok {
		return
	}
	for _, p := range pairs {
		if p.Key.IsMergeKey() {
			r.section(p.Value, into, path)
		}
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		if p.Key.IsMergeKey() {
			continue
		}
		key := p.Key.GetToken().Value
		if seen[key] {
			r.problem(p.Key, "%s is written twice: keep one of them", join(path, key))
			continue
		}
		seen[key] = true
		r.key(p, key, into, path)
	}
}

// pairs returns the keys and values of a mapping; ok is false when the node is
// none, which is reported unless it is empty.
func (r *yamlReader) pairs(n ast.Node, path string) ([]*ast.MappingValueNode, bool) {
	switch v := r.resolve(n).(type) {
	case *ast.MappingNode:
		return v.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{v}, true
	case nil, *ast.NullNode:
		return nil, false
	default:
		where := path
		if where == "" {
			where = "the file"
		}
		r.problem(v, "%s must hold keys and values, like \"listen: 127.0.0.1:4873\"", where)
		return nil, false
	}
}

// key reads one key of a section.
func (r *yamlReader) key(p *ast.MappingValueNode, key string, into reflect.Value, path string) {
	fields := fieldsOf(into.Type())
	known := make([]string, 0, len(fields))
	for _, f := range fields {
		if f.key != key {
			known = append(known, f.key)
			continue
		}
		full := join(path, key)
		switch v := into.Field(f.index); {
		case isSection(v.Type()):
			r.section(p.Value, v, full)
		case isSectionList(v.Type()):
			r.list(p.Value, v, full)
		default:
			r.leaf(p.Value, v, full)
		}
		return
	}
	if section, rest, ok := strings.Cut(key, "."); ok && holds(into, section, rest) {
		r.problem(p.Key, "unknown key %q: write %s: and below it %s:", clip(join(path, key)), section, rest)
		return
	}
	if s, ok := nearest(key, known); ok {
		r.problem(p.Key, "unknown key %q: did you mean %q?", clip(join(path, key)), join(path, s))
		return
	}
	if key == "data" && path == "" {
		r.problem(p.Key, "data cannot be set in the file: use --data or LARDER_DATA")
		return
	}
	r.problem(p.Key, "unknown key %q: here stand %s", clip(join(path, key)), strings.Join(known, ", "))
}

// holds tells whether a section of settings has a key of that name.
func holds(settings reflect.Value, section, key string) bool {
	for _, lf := range leavesOf(settings, "") {
		if lf.path == section+"."+key {
			return true
		}
	}
	return false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
