package npm

import "bytes"

// ManifestFacts are what a manifest says that policies judge: that of a
// tarball, its package.json, or that of a document. They keep nothing of it
// in memory.
type ManifestFacts struct {
	Scripts ScriptFacts `json:"scripts,omitzero"`
	// HasInstallScript is the member of that name, which registries add.
	HasInstallScript bool `json:"install_script,omitempty"`
	// Dependencies, Optional and Peer are in the order in which they are
	// written. Some clients repeat in Dependencies what is optional.
	Dependencies []DependencySpec `json:"dependencies,omitempty"`
	Optional     []DependencySpec `json:"optional,omitempty"`
	Peer         []DependencySpec `json:"peer,omitempty"`
	// Bundled are the names of dependencies that are in the tarball; AllBundled
	// tells that all are.
	Bundled    []string `json:"bundled,omitempty"`
	AllBundled bool     `json:"all_bundled,omitempty"`
	// Bins are the names of programs, as they are written; a single program
	// has the package's name and is "".
	Bins []string `json:"bins,omitempty"`
	// Engines are names with ranges; OS, CPU and Libc may be negated ("!win32").
	Engines []DependencySpec `json:"engines,omitempty"`
	OS      []string         `json:"os,omitempty"`
	CPU     []string         `json:"cpu,omitempty"`
	Libc    []string         `json:"libc,omitempty"`
	// License and Licenses are the values of the members of these names, as
	// JSON; nil where there is none.
	License  []byte `json:"license,omitempty"`
	Licenses []byte `json:"licenses,omitempty"`
	// Unclear tells that there may be more to it than is told here: it is over
	// the bounds, or parsers read it in different ways.
	Unclear bool `json:"unclear,omitempty"`
}

// ScriptFacts tell which scripts a manifest has. All but Prepare run when the
// package is installed as a dependency from a registry; Prepare runs when it
// comes from git.
type ScriptFacts struct {
	Preinstall  bool `json:"preinstall,omitempty"`
	Install     bool `json:"install,omitempty"`
	Postinstall bool `json:"postinstall,omitempty"`
	Prepare     bool `json:"prepare,omitempty"`
}

// RunOnInstall tells whether any of them runs on install.
func (s ScriptFacts) RunOnInstall() bool { return s.Preinstall || s.Install || s.Postinstall }

// DependencySpec is a name with its specifier, both as they are written.
type DependencySpec struct {
	Name string `json:"n"`
	Spec string `json:"s"`
}

const (
	// maxFactBytes bounds the texts of ManifestFacts. Real manifests have a
	// few hundred dependencies at most.
	maxFactBytes = 128 << 10
	// factCost is what one text takes besides its bytes.
	factCost = 16
	// maxLicense is the longest licence, in bytes.
	maxLicense = 4 << 10
)

// ReadManifestFacts reads a package.json or the manifest of a document. An
// error means that it is no object, or no JSON.
func ReadManifestFacts(manifest []byte) (ManifestFacts, error) {
	r := factReader{left: maxFactBytes}
	err := r.read(manifest)
	return r.facts, err
}

// factReader makes ManifestFacts of one manifest, or of several that all claim
// to be the one.
type factReader struct {
	facts ManifestFacts
	// left is how many bytes may still be kept.
	left int
}

func (r *factReader) read(manifest []byte) error {
	seen := names{}
	return eachMember(manifest, func(m jsonMember) error {
		visit := r.reader(m.name)
		switch {
		case string(m.name) == "__proto__":
			r.facts.Unclear = true
		case visit == nil:
		default:
			if !seen.add(m.name) {
				r.facts.Unclear = true
			}
			return visit(m.value)
		}
		return nil
	})
}

// reader is what reads the value of a member, or nil.
func (r *factReader) reader(member []byte) func(value []byte) error {
	f := &r.facts
	specs := func(into *[]DependencySpec) func([]byte) error {
		return func(value []byte) error { return r.specs(value, into) }
	}
	list := func(into *[]string) func([]byte) error {
		return func(value []byte) error { return r.list(value, into) }
	}
	raw := func(into *[]byte) func([]byte) error {
		return func(value []byte) error { return r.raw(value, into) }
	}
	switch string(member) {
	case "scripts":
		return r.scripts
	case "hasInstallScript":
		return func(value []byte) error {
			f.HasInstallScript = f.HasInstallScript || truthy(value)
			return nil
		}
	case "dependencies":
		return specs(&f.Dependencies)
	case "optionalDependencies":
		return specs(&f.Optional)
	case "peerDependencies":
		return specs(&f.Peer)
	case "engines":
		return specs(&f.Engines)
	case "bundleDependencies", "bundledDependencies":
		return r.bundled
	case "bin":
		return r.bins
	case "os":
		return list(&f.OS)
	case "cpu":
		return list(&f.CPU)
	case "libc":
		return list(&f.Libc)
	case "license":
		return raw(&f.License)
	case "licenses":
		return raw(&f.Licenses)
	}
	return nil
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
func (r *factReader) scripts(value []byte) error {
	if value[0] != '{' {
		return nil
	}
	f := &r.facts.Scripts
	seen := names{}
	return eachMember(value, func(m jsonMember) error {
		var into *bool
		switch string(m.name) {
		case "preinstall":
			into = &f.Preinstall
		case "install":
			into = &f.Install
		case "postinstall":
			into = &f.Postinstall
		case "prepare":
			into = &f.Prepare
		default:
			return nil
		}
		if !seen.add(m.name) {
			r.facts.Unclear = true
		}
		*into = *into || truthy(m.value)
		return nil
	})
}

// specs reads names with texts. Clients drop those that are no texts. Old ones
// read a list or a line as well, which larder does not.
func (r *factReader) specs(value []byte, into *[]DependencySpec) error {
	switch value[0] {
	case '[':
		return eachElement(value, func([]byte) error {
			r.facts.Unclear = true
			return nil
		})
	case '"':
		r.facts.Unclear = r.facts.Unclear || unquotedText(value) != ""
		return nil
	case '{':
	default:
		return nil
	}
	seen := names{}
	return eachMember(value, func(m jsonMember) error {
		if !seen.add(m.name) || string(m.name) == "__proto__" {
			r.facts.Unclear = true
		}
		if m.value[0] != '"' || !r.room(len(m.name)+len(m.value)) {
			return nil
		}
		*into = append(*into, DependencySpec{string(m.name), unquotedText(m.value)})
		return nil
	})
}

// list reads a list of texts, or one.
func (r *factReader) list(value []byte, into *[]string) error {
	keep := func(value []byte) error {
		if text := unquotedText(value); text != "" && r.room(len(text)) {
			*into = append(*into, text)
		}
		return nil
	}
	if value[0] != '[' {
		return keep(value)
	}
	return eachElement(value, keep)
}

// bundled reads bundleDependencies as installPlan does.
func (r *factReader) bundled(value []byte) error {
	switch {
	case string(value) == "true":
		r.facts.AllBundled = true
		return nil
	case value[0] == '{':
		return r.names(value, &r.facts.Bundled)
	case value[0] == '[':
		return r.list(value, &r.facts.Bundled)
	}
	return nil
}

// bins reads bin: names with files, or one file, or a list of files.
func (r *factReader) bins(value []byte) error {
	switch value[0] {
	case '{':
		return r.names(value, &r.facts.Bins)
	case '[':
		return r.list(value, &r.facts.Bins)
	case '"':
		if r.room(0) {
			r.facts.Bins = append(r.facts.Bins, "")
		}
	}
	return nil
}

// names reads the names of an object's members.
func (r *factReader) names(value []byte, into *[]string) error {
	return eachMember(value, func(m jsonMember) error {
		if r.room(len(m.name)) {
			*into = append(*into, string(m.name))
		}
		return nil
	})
}

// raw keeps a value as it is written.
func (r *factReader) raw(value []byte, into *[]byte) error {
	if len(value) > maxLicense || !r.room(len(value)) {
		r.facts.Unclear = true
		return nil
	}
	*into = bytes.Clone(value)
	return nil
}
