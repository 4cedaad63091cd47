package httpd

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/rest"
)

// Arg is a part of a path of GitLab's REST API that has a name in the route's
// pattern.
type Arg struct{ Name, Value string }

// apiNode is a part of the paths of the REST API and all that may follow it.
type apiNode struct {
	words map[string]*apiNode
	// param is the name of a part that may be anything, and below what follows
	// it.
	param string
	below *apiNode
	// op is what a path means that ends here; opUnknown where none does.
	op Op
}

// apiPaths is the grammar of the REST API, made from its table of routes. It
// never changes.
var apiPaths = newAPIPaths()

// restPaths lists the distinct patterns of the REST API. The n-th is the
// operation opCount+n.
func restPaths() []string {
	var paths []string
	seen := make(map[string]bool)
	for _, r := range rest.Routes() {
		if !seen[r.Path] {
			seen[r.Path] = true
			paths = append(paths, r.Path)
		}
	}
	return paths
}

func newAPIPaths() *apiNode {
	root := &apiNode{}
	for i, path := range restPaths() {
		n := root
		for part := range strings.SplitSeq(path[1:], "/") {
			n = n.grow(part)
		}
		n.op = opCount + Op(i)
	}
	return root
}

// grow returns the node below n for a part of a pattern.
func (n *apiNode) grow(part string) *apiNode {
	if name, ok := strings.CutPrefix(part, ":"); ok {
		if n.below == nil {
			n.param, n.below = name, &apiNode{}
		}
		if n.param != name {
			panic("BUG: one part of the REST API's paths has two names: " + n.param + ", " + name)
		}
		return n.below
	}
	if n.words == nil {
		n.words = make(map[string]*apiNode)
	}
	if n.words[part] == nil {
		n.words[part] = &apiNode{}
	}
	return n.words[part]
}

// find reads the rest of a path. Words come before parts that may be anything,
// and there is no way back: no pattern needs one.
func (n *apiNode) find(a *apiPath) (Op, []Arg) {
	var args []Arg
	before := ""
	for !a.ended() {
		part := a.part()
		if below, ok := n.words[string(part)]; ok {
			n, before = below, string(part)
			continue
		}
		if n.below == nil {
			return opNoRoute, nil
		}
		value, ok := decodeArg(part, before)
		if !ok {
			return opNoRoute, nil
		}
		args = append(args, Arg{n.param, value})
		n, before = n.below, ""
	}
	if n.op == opUnknown {
		return opNoRoute, nil
	}
	return n.op, args
}

// decodeArg decodes a part that may be anything. What follows "projects" and
// "groups" is a number or a full path.
func decodeArg(part []byte, before string) (string, bool) {
	if before == "projects" || before == "groups" {
		return parseRef(part)
	}
	text, err := url.PathUnescape(string(part))
	if err != nil || text == "" || len(text) > maxDecoded || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return "", false
	}
	return text, true
}

// rest parses a path of the REST API. placed is whose path it is, where it is a
// group's or a project's.
func (a *apiPath) rest(placed registry.Place) Target {
	t := Target{Place: placed, Path: string(a.whole)}
	if t.Place.Kind == registry.RootPlace {
		t.Place.Kind = registry.InstancePlace
	}
	again := &apiPath{whole: a.whole, left: a.whole[len(apiRoot)-1:]}
	t.Op, t.Args = apiPaths.find(again)
	if t.Op == opNoRoute {
		t.Place = placed
	}
	t.Path = string(bytes.TrimSuffix(a.whole, []byte("/")))
	return t
}
