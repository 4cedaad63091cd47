package npm

import (
	"errors"
	"path"
	"strings"
)

// errPoison is a member named __proto__: some scripts assign it onto the
// prototype of an object, where what it says is found by everybody.
var errPoison = errors.New("a member named __proto__")

// installPlan is what installers read of a package.json or of a manifest. Its
// members are equal where clients are known to take two spellings for one.
type installPlan struct {
	name         string
	dependencies map[string]string
	optional     map[string]string
	peer         map[string]string
	// bundled are the dependencies that are in the tarball; allBundled tells
	// that they are all.
	bundled    map[string]bool
	allBundled bool
	bins       map[string]binTarget
	// binDir is the directory whose files are all programs, "/bin", or empty.
	binDir string
	// scripts are those that run on install.
	scripts map[string]string
}

// binTarget is the file of a program.
type binTarget struct {
	path string
	// odd tells that yarn 1 leaves the program out.
	odd bool
}

// planned tells whether a member belongs to an installPlan.
func (f versionField) planned() bool {
	switch f {
	case fieldName, fieldScripts, fieldBundleDependencies, fieldBundledDependencies, fieldDependencies,
		fieldOptionalDependencies, fieldPeerDependencies, fieldBin, fieldDirectories:
		return true
	}
	return false
}

// readPlan reads a package.json or manifest. What stands twice is an error, as
// parsers differ about which of the two counts. What clients drop because it is
// of another type than it should be is left out.
func readPlan(object []byte) (*installPlan, error) {
	raw := map[versionField][]byte{}
	err := eachMember(object, func(m jsonMember) error {
		f := versionFieldOf(m.name)
		switch {
		case string(m.name) == "__proto__":
			return errPoison
		case !f.planned():
			return nil
		case raw[f] != nil:
			return memberError(string(m.name), errDuplicate)
		}
		raw[f] = m.value
		return nil
	})
	if err != nil {
		return nil, err
	}
	p := &installPlan{}
	return p, p.fill(raw)
}

func (p *installPlan) fill(raw map[versionField][]byte) error {
	var errs [7]error
	if value := raw[fieldName]; value != nil {
		p.name = strings.TrimSpace(unquotedText(value))
	}
	p.dependencies, errs[0] = texts("dependencies", raw[fieldDependencies])
	p.optional, errs[1] = texts("optionalDependencies", raw[fieldOptionalDependencies])
	p.peer, errs[2] = texts("peerDependencies", raw[fieldPeerDependencies])
	errs[3] = within("scripts", p.readScripts(raw[fieldScripts]))
	errs[4] = within("bin", p.readBins(raw[fieldBin]))
	errs[5] = within("directories", p.readBinDir(raw[fieldDirectories]))
	bundled := raw[fieldBundleDependencies]
	if bundled == nil {
		bundled = raw[fieldBundledDependencies]
	}
	errs[6] = within("bundleDependencies", p.readBundled(bundled))
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// within is memberError where there may be none.
func within(member string, err error) error {
	if err == nil {
		return nil
	}
	return memberError(member, err)
}

// eachText visits the members of an object that are texts; anything but an
// object has none.
func eachText(value []byte, keep func(name []byte) bool, visit func(name, text string)) error {
	if value == nil || value[0] != '{' {
		return nil
	}
	seen := names{}
	return eachMember(value, func(m jsonMember) error {
		switch {
		case string(m.name) == "__proto__":
			return errPoison
		case keep != nil && !keep(m.name):
			return nil
		case !seen.add(m.name):
			return errDuplicate
		case m.value[0] == '"':
			visit(string(m.name), string(unquoted(nil, m.value)))
		}
		return nil
	})
}

// texts reads the texts of an object. Old clients read dependencies from a list
// or a line as well; nobody may rely on that.
func texts(member string, value []byte) (map[string]string, error) {
	out := map[string]string{}
	err := eachText(value, nil, func(name, text string) { out[name] = text })
	switch {
	case value == nil:
	case value[0] == '[':
		err = eachElement(value, func([]byte) error { return errShape })
	case unquotedText(value) != "":
		err = errShape
	}
	return out, within(member, err)
}

// readScripts reads the scripts that run on install. npm shortens the path of
// programs of dependencies.
func (p *installPlan) readScripts(value []byte) error {
	p.scripts = map[string]string{}
	return eachText(value, runsOnInstall, func(name, text string) {
		short := strings.ReplaceAll(text, `\`, "/")
		short = strings.TrimPrefix(short, "./")
		if rest, ok := strings.CutPrefix(short, "node_modules/.bin/"); ok {
			text = text[len(text)-len(rest):]
		}
		if text != "" {
			p.scripts[name] = text
		}
	})
}

// readBins reads bin, which is one file, a list, or names with their files.
func (p *installPlan) readBins(value []byte) error {
	p.bins = map[string]binTarget{}
	switch {
	case value == nil:
		return nil
	case value[0] == '"':
		p.addBin(path.Base(p.name), unquotedText(value))
		return nil
	case value[0] == '[':
		return eachElement(value, func(value []byte) error {
			if file := unquotedText(value); file != "" {
				p.addBin(path.Base(file), file)
			}
			return nil
		})
	}
	return eachText(value, nil, p.addBin)
}

// addBin adds a program under the name that npm gives it: the last step alone.
func (p *installPlan) addBin(key, file string) {
	name, target := insidePath(key), insidePath(file)
	if name == "" || target == "" {
		return
	}
	climbs := strings.HasPrefix(path.Clean(strings.ReplaceAll(file, `\`, "/")), "..")
	p.bins[path.Base(name)] = binTarget{path: target, odd: oddBin(key) || file[0] == '/' || climbs}
}

// oddBin tells whether yarn 1 does not take the name of a program.
func oddBin(key string) bool {
	return key == "." || key == ".." || strings.ContainsFunc(key, func(c rune) bool {
		return c > '~' || !isIdentByte(byte(c)) && c != '.' && c != '_' //nolint:gosec // ASCII
	})
}

// insidePath is a path as npm cleans it: it never leaves the package.
func insidePath(s string) string {
	return path.Clean("/" + strings.NewReplacer(`\`, "/", ":", "/").Replace(s))[1:]
}

// readBinDir reads directories.bin.
func (p *installPlan) readBinDir(value []byte) error {
	isBin := func(name []byte) bool { return string(name) == "bin" }
	return eachText(value, isBin, func(_, text string) {
		if text != "" {
			p.binDir = "/" + insidePath(text)
		}
	})
}

// readBundled reads bundleDependencies, which is true, a list, or an object
// whose names count.
func (p *installPlan) readBundled(value []byte) error {
	p.bundled = map[string]bool{}
	switch {
	case value == nil:
	case string(value) == "true":
		p.allBundled = true
		for name := range p.dependencies {
			p.bundled[name] = true
		}
	case value[0] == '[':
		return eachElement(value, func(value []byte) error {
			if name := unquotedText(value); name != "" {
				p.bundled[name] = true
			}
			return nil
		})
	case value[0] == '{':
		return eachMember(value, func(m jsonMember) error {
			if string(m.name) == "__proto__" {
				return errPoison
			}
			p.bundled[string(m.name)] = true
			return nil
		})
	}
	return nil
}

// unquotedText is the text of a value, or empty where it is none.
func unquotedText(value []byte) string {
	if value[0] != '"' {
		return ""
	}
	return string(unquoted(nil, value))
}
