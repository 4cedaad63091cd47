package npm

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
	r := newFactReader()
	err := r.read(manifest)
	return r.facts, err
}

// factField names the members that are facts.
type factField uint8

const (
	factOther factField = iota
	factScripts
	factHasInstallScript
	factDependencies
	factOptional
	factPeer
	factEngines
	factBundle
	factBundled
	factBin
	factOS
	factCPU
	factLibc
	factLicense
	factLicenses
	factPoison
)

// factFieldOf looks up the unescaped name of a member.
func factFieldOf(name []byte) factField {
	switch string(name) {
	case "scripts":
		return factScripts
	case "hasInstallScript":
		return factHasInstallScript
	case "dependencies":
		return factDependencies
	case "optionalDependencies":
		return factOptional
	case "peerDependencies":
		return factPeer
	case "engines":
		return factEngines
	case "bundleDependencies":
		return factBundle
	case "bundledDependencies":
		return factBundled
	case "bin":
		return factBin
	case "os":
		return factOS
	case "cpu":
		return factCPU
	case "libc":
		return factLibc
	case "license":
		return factLicense
	case "licenses":
		return factLicenses
	case "__proto__":
		return factPoison
	}
	return factOther
}
