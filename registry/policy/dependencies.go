package policy

// manifests are those of the document and of the tarball; either may be nil.
func (v *VersionFacts) manifests() [2]*Manifest { return [2]*Manifest{v.Declared, v.Packed} }

// dependencies are what a version is known to depend on. Names can have
// thousands of versions with hundreds of dependencies each, which come in nearly
// the same order from one version to the next: each is looked for after the one
// that was found before it, and only what is not there costs more.
type dependencies struct {
	lists [2][]Dependency
	next  [2]int
	// places finds all, made once it is needed.
	places map[source]place
}

// source is a dependency by what makes it another one.
type source struct {
	name string
	from Exotic
}

// place is where a dependency stands in the lists.
type place struct{ list, at int }

// fewDependencies are so many that looking at all is faster than a map.
const fewDependencies = 16

// dependenciesOf returns the dependencies of a version, which is not nil.
func dependenciesOf(v *VersionFacts) dependencies {
	var d dependencies
	for i, m := range v.manifests() {
		if m != nil {
			d.lists[i] = m.Dependencies
		}
	}
	return d
}

// includes tells at once that all dependencies of a manifest are there, because
// it shares their list or has none.
func (d *dependencies) includes(m *Manifest) bool {
	if m == nil || len(m.Dependencies) == 0 {
		return true
	}
	for _, list := range d.lists {
		if len(list) == len(m.Dependencies) && &list[0] == &m.Dependencies[0] {
			return true
		}
	}
	return false
}

// has tells whether there is a dependency on the same package from the same
// place.
func (d *dependencies) has(one *Dependency) bool {
	for i, list := range d.lists {
		at := d.next[i]
		if at == len(list) {
			at = 0
		}
		if at < len(list) && list[at].Name == one.Name && list[at].Exotic == one.Exotic {
			d.next[i] = at + 1
			return true
		}
	}
	found, ok := d.find(source{one.Name, one.Exotic})
	if ok {
		d.next[found.list] = found.at + 1
	}
	return ok
}

// find looks at all dependencies.
func (d *dependencies) find(s source) (place, bool) {
	if d.places == nil && len(d.lists[0])+len(d.lists[1]) <= fewDependencies {
		for i, list := range d.lists {
			for at := range list {
				if list[at].Name == s.name && list[at].Exotic == s.from {
					return place{i, at}, true
				}
			}
		}
		return place{}, false
	}
	if d.places == nil {
		d.places = make(map[source]place, max(len(d.lists[0]), len(d.lists[1])))
		for i, list := range d.lists {
			for at := range list {
				d.places[source{list[at].Name, list[at].Exotic}] = place{i, at}
			}
		}
	}
	found, ok := d.places[s]
	return found, ok
}
