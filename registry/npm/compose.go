package npm

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// Composition is what the records say of one name: all that its packument is
// made from.
type Composition struct {
	Name Name
	// Rev is the revision that clients send back with their next write.
	Rev               string
	Created, Modified time.Time
	// Tags are the dist-tags. What "latest" points to also describes the whole
	// package.
	Tags []Tag
	// Versions are the versions in the order in which they are written.
	Versions []ComposedVersion
	// Maintainers are shown by "npm owner".
	Maintainers []Person
	// Stars are the usernames that starred the package.
	Stars []string
	// Readme is the README, a JSON string; without one, that in the manifest
	// of latest counts.
	Readme []byte
}

// ComposedVersion is one version of a Composition.
type ComposedVersion struct {
	// Key is the version.
	Key string
	// Manifest is the manifest as it was published, a JSON object that
	// CheckPublish accepted.
	Manifest []byte
	// Deprecated is the text of a deprecation, or empty.
	Deprecated string
	// SHA512 and SHA1 are the hashes of the tarball.
	SHA512 [64]byte
	SHA1   [20]byte
	// Facts are those of the tarball. Where nobody looked into it, which a
	// FileCount of 0 says, the client's word stands.
	Facts TarFacts
	// Publisher is who published; nobody where it has no name.
	Publisher Person
	Published time.Time
	// Attestations is the value of dist.attestations, a JSON object; nil for
	// none.
	Attestations []byte
	// Signatures is the value of dist.signatures, a JSON array; nil for none.
	Signatures []byte
}

// Person is how documents show somebody.
type Person struct {
	Name, Email string
}

// maxReadme is how much of a README a packument carries, in bytes: as much as
// the public registry's.
const maxReadme = 64 << 10

// Compose writes the full packument of a name, in the order of the public
// registry. Of the manifests, members that larder knows better are replaced
// and all others stay as they were published, byte for byte. Scan accepts
// every packument that is composed of manifests that CheckPublish accepted.
func Compose(c Composition) ([]byte, error) {
	w := &composer{c: &c, doc: make([]byte, 0, c.size())}
	w.put("{")
	id := c.Name.String()
	w.text("_id", id)
	w.text("_rev", c.Rev)
	w.text("name", id)
	w.tags()
	if err := w.versions(); err != nil {
		return nil, fmt.Errorf("compose metadata of %s: %w", id, err)
	}
	w.times()
	w.people("maintainers", c.Maintainers)
	if err := w.describe(); err != nil {
		return nil, fmt.Errorf("compose metadata of %s: %w", id, err)
	}
	w.users()
	w.put("}")
	return w.doc, nil
}

// size is about how long the document becomes, in bytes.
func (c *Composition) size() int {
	n := 4<<10 + len(c.Readme)
	for i := range c.Versions {
		n += len(c.Versions[i].Manifest) + 1<<10
	}
	return n
}

// composer writes a document. The comma before a member is written unless it
// is the first, which the byte before tells.
type composer struct {
	c   *Composition
	doc []byte
}

func (w *composer) put(s string)     { w.doc = append(w.doc, s...) }
func (w *composer) quote(s string)   { w.doc = appendString(w.doc, s) }
func (w *composer) write(raw []byte) { w.doc = append(w.doc, raw...) }

// comma parts what follows from what stands before it.
func (w *composer) comma() {
	switch w.doc[len(w.doc)-1] {
	case '{', '[', ':':
	default:
		w.put(",")
	}
}

func (w *composer) key(name string) {
	w.comma()
	w.quote(name)
	w.put(":")
}

// text writes a member that is a text.
func (w *composer) text(name, value string) {
	w.key(name)
	w.quote(value)
}

// raw writes a member whose value is JSON.
func (w *composer) raw(name string, value []byte) {
	w.key(name)
	w.write(value)
}

func (w *composer) tags() {
	w.key("dist-tags")
	w.put("{")
	for _, t := range w.c.Tags {
		w.text(t.Name, t.Version)
	}
	w.put("}")
}

func (w *composer) versions() error {
	w.key("versions")
	w.put("{")
	for i := range w.c.Versions {
		v := &w.c.Versions[i]
		w.key(v.Key)
		if err := w.version(v); err != nil {
			return fmt.Errorf("version %s: %w", v.Key, err)
		}
	}
	w.put("}")
	return nil
}

// stamp is how npm's documents write times.
const stamp = "2006-01-02T15:04:05.000Z"

func (w *composer) times() {
	w.key("time")
	w.put("{")
	w.text("created", w.c.Created.UTC().Format(stamp))
	w.text("modified", w.c.Modified.UTC().Format(stamp))
	for i := range w.c.Versions {
		v := &w.c.Versions[i]
		w.text(v.Key, v.Published.UTC().Format(stamp))
	}
	w.put("}")
}

func (w *composer) people(name string, list []Person) {
	w.key(name)
	w.put("[")
	for _, p := range list {
		w.comma()
		w.person(p)
	}
	w.put("]")
}

func (w *composer) person(p Person) {
	w.put("{")
	w.text("name", p.Name)
	w.text("email", p.Email)
	w.put("}")
}

func (w *composer) users() {
	if len(w.c.Stars) == 0 {
		return
	}
	w.key("users")
	w.put("{")
	for _, name := range w.c.Stars {
		w.key(name)
		w.put("true")
	}
	w.put("}")
}

// described are the members that the manifest of latest lends to the packument.
var described = [...]string{"description", "homepage", "keywords", "repository", "author", "bugs", "license",
	"contributors", "readmeFilename"}

// describe writes what describes the whole package.
func (w *composer) describe() error {
	readme := w.c.Readme
	if v := w.latest(); v != nil {
		seen := names{}
		err := eachMember(v.Manifest, func(m jsonMember) error {
			switch {
			case string(m.name) == "readme" && readme == nil && m.value[0] == '"':
				readme = m.value
			case isDescribed(m.name) && seen.add(m.name):
				w.raw(string(m.name), m.value)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("version %s: %w", v.Key, err)
		}
	}
	if readme != nil {
		w.raw("readme", shortReadme(readme))
	}
	return nil
}

func isDescribed(name []byte) bool {
	for _, d := range described {
		if string(name) == d {
			return true
		}
	}
	return false
}

// latest is the version that describes the package, or nil.
func (w *composer) latest() *ComposedVersion {
	for _, t := range w.c.Tags {
		if t.Name != "latest" {
			continue
		}
		for i := range w.c.Versions {
			if w.c.Versions[i].Key == t.Version {
				return &w.c.Versions[i]
			}
		}
	}
	return nil
}

// shortReadme cuts a JSON string to maxReadme.
func shortReadme(raw []byte) []byte {
	if len(raw) <= maxReadme {
		return raw
	}
	text := unquoted(nil, raw)
	if len(text) <= maxReadme {
		return raw
	}
	end := maxReadme
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return appendString(nil, string(text[:end]))
}
