package npm

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// factChunk is how many bytes of texts are allocated at once: those of most
// manifests fit.
const factChunk = 512

// factReader makes ManifestFacts of one manifest, or of several that all claim
// to be the one. All of its methods but read want values that are valid.
type factReader struct {
	facts ManifestFacts
	// left is how many bytes may still be kept.
	left int
	// seen has a bit for each factField of the manifest that is read.
	seen    uint32
	texts   arena
	scratch []byte
}

func newFactReader() factReader {
	return factReader{left: maxFactBytes, texts: arena{chunk: factChunk}}
}

// read reads a manifest that may be anything. What stands before an error
// counts.
func (r *factReader) read(manifest []byte) error {
	r.seen = 0
	return eachMember(manifest, func(m jsonMember) error {
		r.member(m.name, m.value)
		return nil
	})
}

// readValid reads a manifest that is known to be an object.
func (r *factReader) readValid(manifest []byte) {
	r.seen = 0
	c := inside(manifest)
	for {
		name, value, ok := c.member()
		if !ok {
			return
		}
		r.member(r.text(name), value)
	}
}

// text is the unescaped form of a string, valid until the next call; other
// values have none.
func (r *factReader) text(value []byte) []byte {
	if value[0] != '"' {
		return nil
	}
	if text := value[1 : len(value)-1]; bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return text
	}
	r.scratch = unquoted(r.scratch, value)
	return r.scratch
}

// member reads one member of a manifest.
func (r *factReader) member(name, value []byte) {
	field := factFieldOf(name)
	if field == factOther {
		return
	}
	f := &r.facts
	if bit := uint32(1) << field; field == factPoison || r.seen&bit != 0 {
		f.Unclear = true
	} else {
		r.seen |= bit
	}
	switch field {
	case factScripts:
		r.scripts(value)
	case factHasInstallScript:
		f.HasInstallScript = f.HasInstallScript || truthy(value)
	case factDependencies:
		r.specs(value, &f.Dependencies)
	case factOptional:
		r.specs(value, &f.Optional)
	case factPeer:
		r.specs(value, &f.Peer)
	case factEngines:
		r.specs(value, &f.Engines)
	case factBundle, factBundled:
		r.bundled(value)
	case factBin:
		r.bins(value)
	case factOS:
		r.list(value, &f.OS)
	case factCPU:
		r.list(value, &f.CPU)
	case factLibc:
		r.list(value, &f.Libc)
	case factLicense:
		r.raw(value, &f.License)
	case factLicenses:
		r.raw(value, &f.Licenses)
	}
}

// room tells whether n more bytes may be kept.
func (r *factReader) room(n int) bool {
	n += factCost
	if n > r.left {
		r.facts.Unclear = true
		return false
	}
	r.left -= n
	return true
}

// scripts reads the scripts that are known. Those that are empty do not run.
func (r *factReader) scripts(value []byte) {
	if value[0] != '{' {
		return
	}
	f := &r.facts.Scripts
	var seen ScriptFacts
	c := inside(value)
	for {
		name, script, ok := c.member()
		if !ok {
			return
		}
		var into, twice *bool
		switch string(r.text(name)) {
		case "preinstall":
			into, twice = &f.Preinstall, &seen.Preinstall
		case "install":
			into, twice = &f.Install, &seen.Install
		case "postinstall":
			into, twice = &f.Postinstall, &seen.Postinstall
		case "prepare":
			into, twice = &f.Prepare, &seen.Prepare
		default:
			continue
		}
		r.facts.Unclear = r.facts.Unclear || *twice
		*into, *twice = *into || truthy(script), true
	}
}

// specs reads names with texts. Clients drop those that are no texts. Old ones
// read a list or a line as well, which larder does not.
func (r *factReader) specs(value []byte, into *[]DependencySpec) {
	switch value[0] {
	case '[':
		c := inside(value)
		_, some := c.element()
		r.facts.Unclear = r.facts.Unclear || some
	case '"':
		r.facts.Unclear = r.facts.Unclear || len(value) > len(`""`)
	case '{':
		r.specMembers(value, into)
	}
}

// specMembers reads the object of specs.
func (r *factReader) specMembers(value []byte, into *[]DependencySpec) {
	n := min(countTexts(value), r.left/factCost)
	*into = slices.Grow(*into, n)
	seen := make(names, n)
	c := inside(value)
	for {
		key, spec, ok := c.member()
		if !ok {
			return
		}
		name := r.text(key)
		if _, twice := seen[string(name)]; twice || string(name) == "__proto__" {
			r.facts.Unclear = true
		}
		if spec[0] != '"' || !r.room(len(name)+len(spec)) {
			seen.add(name)
			continue
		}
		kept := r.texts.add(name)
		seen[kept] = struct{}{}
		*into = append(*into, DependencySpec{kept, r.texts.add(r.text(spec))})
	}
}

// countTexts is how many members of an object are texts.
func countTexts(object []byte) (n int) {
	c := inside(object)
	for {
		_, value, ok := c.member()
		if !ok {
			return n
		}
		if value[0] == '"' {
			n++
		}
	}
}

// list reads a list of texts, or one.
func (r *factReader) list(value []byte, into *[]string) {
	if value[0] != '[' {
		r.keep(r.text(value), into)
		return
	}
	c := inside(value)
	for {
		element, ok := c.element()
		if !ok {
			return
		}
		r.keep(r.text(element), into)
	}
}

// keep keeps a text, unless it is empty.
func (r *factReader) keep(text []byte, into *[]string) {
	if len(text) > 0 && r.room(len(text)) {
		*into = append(*into, r.texts.add(text))
	}
}

// bundled reads bundleDependencies as installPlan does.
func (r *factReader) bundled(value []byte) {
	switch {
	case string(value) == "true":
		r.facts.AllBundled = true
	case value[0] == '{':
		r.names(value, &r.facts.Bundled)
	case value[0] == '[':
		r.list(value, &r.facts.Bundled)
	}
}

// bins reads bin: names with files, or one file, or a list of files.
func (r *factReader) bins(value []byte) {
	switch value[0] {
	case '{':
		r.names(value, &r.facts.Bins)
	case '[':
		r.list(value, &r.facts.Bins)
	case '"':
		if r.room(0) {
			r.facts.Bins = append(r.facts.Bins, "")
		}
	}
}

// names reads the names of an object's members.
func (r *factReader) names(value []byte, into *[]string) {
	c := inside(value)
	for {
		key, _, ok := c.member()
		if !ok {
			return
		}
		if name := r.text(key); r.room(len(name)) {
			*into = append(*into, r.texts.add(name))
		}
	}
}

// raw keeps a value as it is written.
func (r *factReader) raw(value []byte, into *[]byte) {
	if len(value) > maxLicense || !r.room(len(value)) {
		r.facts.Unclear = true
		return
	}
	*into = bytes.Clone(value)
}
