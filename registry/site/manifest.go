package site

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/web"
)

// manifest is what a page shows of a package.json. Publishers write anything:
// what has another type than expected is left out.
type manifest struct {
	Description          any            `json:"description"`
	License              any            `json:"license"`
	Homepage             any            `json:"homepage"`
	Repository           any            `json:"repository"`
	Dependencies         map[string]any `json:"dependencies"`
	PeerDependencies     map[string]any `json:"peerDependencies"`
	OptionalDependencies map[string]any `json:"optionalDependencies"`
	DevDependencies      map[string]any `json:"devDependencies"`
	Dist                 struct {
		UnpackedSize int64 `json:"unpackedSize"`
	} `json:"dist"`
}

// readManifest reads what it can.
func readManifest(text []byte) manifest {
	var members map[string]json.RawMessage
	var m manifest
	if json.Unmarshal(text, &members) != nil {
		return m
	}
	for name, to := range map[string]any{"description": &m.Description, "license": &m.License, "homepage": &m.Homepage,
		"repository": &m.Repository, "dependencies": &m.Dependencies, "peerDependencies": &m.PeerDependencies,
		"optionalDependencies": &m.OptionalDependencies, "devDependencies": &m.DevDependencies, "dist": &m.Dist} {
		_ = json.Unmarshal(members[name], to) // a field of another type is not shown
	}
	return m
}

// textOf returns a value that is a text, or the member of an object that says
// the same: {"type":"MIT"}, {"type":"git","url":"…"}.
func textOf(value any, member string) string {
	if object, ok := value.(map[string]any); ok {
		value = object[member]
	}
	text, _ := value.(string)
	return strings.TrimSpace(text)
}

// repositoryOf returns where a package is developed. "owner/name" and
// "github:owner/name" are short for GitHub (npm's documentation of package.json,
// "repository").
func repositoryOf(value any) string {
	text := textOf(value, "url")
	short := strings.TrimPrefix(text, "github:")
	if strings.Count(short, "/") == 1 && !strings.ContainsAny(short, ":@ ") {
		return "https://github.com/" + short
	}
	text = strings.TrimPrefix(text, "git+")
	if rest, ok := strings.CutPrefix(text, "git://"); ok {
		return "https://" + rest
	}
	if rest, ok := strings.CutPrefix(text, "ssh://git@"); ok {
		return "https://" + rest
	}
	return text
}

// dependencies are the groups of dependencies, as pages list them.
func (m manifest) dependencies() []web.Dependencies {
	return []web.Dependencies{
		group("Dependencies", m.Dependencies), group("Peer dependencies", m.PeerDependencies),
		group("Optional dependencies", m.OptionalDependencies), group("Development dependencies", m.DevDependencies),
	}
}

func group(kind string, of map[string]any) web.Dependencies {
	d := web.Dependencies{Kind: kind}
	for name, value := range of {
		text, _ := value.(string)
		d.Rows = append(d.Rows, web.Dependency{Name: name, Range: text})
	}
	slices.SortFunc(d.Rows, func(a, b web.Dependency) int { return strings.Compare(a.Name, b.Name) })
	return d
}
