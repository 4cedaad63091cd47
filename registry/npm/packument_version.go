package npm

import (
	"github.com/go-json-experiment/json/jsontext"
)

// version reads one member of versions.
func (s *scanner) version(key span) error {
	n := len(s.p.Versions)
	if n == s.limit.Versions {
		return errOverLimit
	}
	if s.d.PeekKind() != jsontext.KindBeginObject {
		return s.wrongType()
	}
	name := s.keep(key)
	if _, err := ParseLoose(name); err != nil {
		return errForeign
	}
	if _, ok := s.p.byKey[name]; ok {
		return errDuplicate
	}
	s.p.byKey[name] = uint32(n) //nolint:gosec // bounded by Limits.Versions
	s.p.Versions = append(s.p.Versions, VersionInfo{Key: name})
	v := &s.p.Versions[n]
	v.keptFrom = uint32(len(s.p.kept)) //nolint:gosec // bounded by the document
	var body span
	if err := s.manifest(v, &body); err != nil {
		return err
	}
	v.at = member{key.from, body.from - 1, body.to + 1}
	v.keptTo = uint32(len(s.p.kept)) //nolint:gosec // bounded by the document
	return nil
}

// manifest reads the members of a version's manifest.
func (s *scanner) manifest(v *VersionInfo, body *span) error {
	if err := s.open(body); err != nil {
		return err
	}
	var seen uint32
	for {
		key, more, err := s.next(body)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		f := versionFieldOf(s.text(key))
		if bit := uint32(1) << f; f != fieldOther {
			if seen&bit != 0 {
				return errDuplicate
			}
			seen |= bit
		}
		at, err := s.manifestMember(v, f)
		if err != nil {
			return err
		}
		if f.abbreviated() {
			s.p.kept = append(s.p.kept, span{key.from, at.to})
		}
	}
	// A manifest that does not say what it is cannot be told from a foreign
	// one.
	const identity = 1<<fieldName | 1<<fieldVersion
	if seen&identity != identity {
		return errForeign
	}
	if seen&(1<<fieldBundleDependencies) != 0 {
		v.bundled = span{}
	}
	return nil
}

// manifestMember reads the value of one member of a manifest.
func (s *scanner) manifestMember(v *VersionInfo, f versionField) (span, error) {
	switch f {
	case fieldDist:
		return s.dist(v)
	case fieldScripts:
		return s.scripts(v)
	}
	at, err := s.value()
	if err != nil {
		return at, err
	}
	switch f {
	case fieldName:
		if string(s.text(at)) != s.p.Name {
			return at, errForeign
		}
	case fieldVersion:
		if string(s.text(at)) != v.Key {
			return at, errForeign
		}
	case fieldID:
		if !isID(s.text(at), s.p.Name, v.Key) {
			return at, errForeign
		}
	case fieldDeprecated:
		v.Deprecated = truthy(s.bytes(at))
	case fieldHasInstallScript:
		v.InstallScript = v.InstallScript || truthy(s.bytes(at))
	case fieldBundledDependencies:
		v.bundled = at
	case fieldNPMUser:
		v.npmUser = at
	}
	return at, nil
}

// isID tells whether id is name@version, without building that string for each
// version.
func isID(id []byte, name, version string) bool {
	return len(id) == len(name)+1+len(version) && string(id[:len(name)]) == name &&
		id[len(name)] == '@' && string(id[len(name)+1:]) == version
}

// scripts looks for scripts that run on install. That npm's abbreviated form
// says so and its full form does not is why they are looked at here.
func (s *scanner) scripts(v *VersionInfo) (span, error) {
	if s.d.PeekKind() != jsontext.KindBeginObject {
		return s.value()
	}
	var body span
	if err := s.open(&body); err != nil {
		return span{}, err
	}
	for {
		key, more, err := s.next(&body)
		if err != nil {
			return span{}, err
		}
		if !more {
			return span{body.from - 1, body.to + 1}, nil
		}
		runs := runsOnInstall(s.text(key))
		at, err := s.value()
		if err != nil {
			return span{}, err
		}
		if runs && truthy(s.bytes(at)) {
			v.InstallScript = true
		}
	}
}

// dist reads where the tarball is and what it must hash to.
func (s *scanner) dist(v *VersionInfo) (span, error) {
	if s.d.PeekKind() != jsontext.KindBeginObject {
		at, err := s.value()
		v.dist, v.distShape = at, shapeOther
		return at, err
	}
	v.distShape = shapeEmptyObject
	var body span
	if err := s.open(&body); err != nil {
		return span{}, err
	}
	for {
		key, more, err := s.next(&body)
		if err != nil {
			return span{}, err
		}
		if !more {
			break
		}
		v.distShape = shapeObject
		into := distMember(v, s.text(key))
		at, err := s.value()
		if err != nil {
			return span{}, err
		}
		switch {
		case into == nil:
			continue
		case !into.absent():
			return span{}, errDuplicate
		}
		*into = at
	}
	v.Tarball, v.Integrity, v.Shasum = s.keep(v.tarball), s.keep(v.integrity), s.keep(v.shasum)
	v.Signed = !v.signatures.absent() && s.filled(v.signatures, '[')
	v.Attested = !v.attestations.absent() && s.filled(v.attestations, '{')
	v.dist = span{body.from - 1, body.to + 1}
	return v.dist, nil
}

// distMember is where a member of dist is recorded, or nil.
func distMember(v *VersionInfo, name []byte) *span {
	switch string(name) {
	case "tarball":
		return &v.tarball
	case "integrity":
		return &v.integrity
	case "shasum":
		return &v.shasum
	case "signatures":
		return &v.signatures
	case "attestations":
		return &v.attestations
	}
	return nil
}

// filled tells whether the value begins with that bracket and holds something.
func (s *scanner) filled(at span, bracket byte) bool {
	raw := s.bytes(at)
	if raw[0] != bracket {
		return false
	}
	for _, c := range raw[1:] {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c != ']' && c != '}'
		}
	}
	return false
}
