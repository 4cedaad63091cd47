package npm

// abbreviated writes what install planners read. Unlike the public registry
// it also writes time and libc: without them yarn quarantines every version
// and npm asks for the full form a second time. And it writes
// policyRestrictions: npm installs by the abbreviated form alone, so that its
// message can come from nowhere else.
func (r *renderer) abbreviated() {
	p := r.p
	r.put(`{"name":`)
	r.quote(p.Name)
	if p.Modified != "" {
		r.put(`,"modified":`)
		r.quote(p.Modified)
	}
	r.put(`,"dist-tags":`)
	r.distTags()
	r.put(`,"versions":{`)
	first := true
	for i := range p.Versions {
		v := &p.Versions[i]
		if r.e.gone(v.Key) {
			continue
		}
		if !first {
			r.put(",")
		}
		first = false
		r.copy(span{v.at.from, v.at.value})
		r.abbreviatedVersion(v)
	}
	r.put("}")
	if !p.time.absent() {
		r.put(`,"time":`)
		r.copy(p.time)
	}
	if len(r.restricted) > 0 {
		r.put(`,"` + memberRestrictions + `":`)
		r.restrictions(Abbreviated)
	}
	r.put("}")
}

// abbreviatedVersion writes a version's members that planners read, in the
// order of the document.
func (r *renderer) abbreviatedVersion(v *VersionInfo) {
	n := r.notice(v)
	separator := r.announce(n, "{")
	for _, m := range r.p.kept[v.keptFrom:v.keptTo] {
		r.put(separator)
		separator = ","
		if m.holds(v.dist) || m.holds(n.at) {
			r.edited(v, m, n)
		} else {
			r.copy(m)
		}
	}
	if !v.bundled.absent() {
		r.put(`,"bundleDependencies":`)
		r.copy(v.bundled)
	}
	if v.InstallScript {
		r.put(`,"hasInstallScript":true`)
	}
	if v.distShape == shapeAbsent {
		r.put(`,"dist":`)
		r.newDist(v)
	}
	r.put("}")
}
