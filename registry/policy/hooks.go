package policy

import "strings"

// Hooks are what runs when a version is installed.
type Hooks uint8

// The hooks. A binding.gyp runs node-gyp with no script anywhere.
const (
	Preinstall Hooks = 1 << iota
	Install
	Postinstall
	Gyp
)

// String returns the names of the hooks, "preinstall, binding.gyp".
func (h Hooks) String() string {
	var names []string
	for i, name := range [...]string{"preinstall", "install", "postinstall", "binding.gyp"} {
		if h&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// hooks returns what runs on install. Only the tarball can tell that nothing
// does.
func (v *VersionFacts) hooks() (Hooks, Fact) {
	var h Hooks
	if v.Declared != nil {
		h |= v.Declared.Hooks
	}
	if v.Packed != nil {
		h |= v.Packed.Hooks
	}
	switch {
	case h != 0:
		return h, Yes
	case v.Packed != nil:
		return 0, No
	}
	return 0, Unknown
}
