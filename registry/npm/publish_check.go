package npm

import (
	"strconv"
	"strings"
)

// CheckPublish checks that the document publishes one version of want, and
// returns that version. Its order and texts are those of GitLab (checks 5 to 7,
// 12, 13 and 15); all errors are ErrInvalid.
func (p *PublishDocument) CheckPublish(want Name) (PublishVersion, error) {
	switch {
	case !p.hasVersions:
		return PublishVersion{}, invalid("Versions key is missing from the JSON upload")
	case len(p.Versions) == 0 || p.Versions[0].Key == "":
		return PublishVersion{}, invalid("Version is empty.")
	case len(p.Versions) > 1:
		return PublishVersion{}, invalid("A publish holds one version; this one holds " + strconv.Itoa(len(p.Versions)) + ".")
	}
	v := p.Versions[0]
	switch {
	case !p.hasTarball(p.Name + "-" + v.Key + ".tgz"):
		return PublishVersion{}, invalid("Attachment data is empty.")
	case !publishable(p.Name):
		return PublishVersion{}, invalid("Validation failed: Name should be a valid NPM package name: " +
			"https://github.com/npm/validate-npm-package-name#naming-rules.")
	case p.Name != want.String() || p.ID != "" && p.ID != p.Name:
		return PublishVersion{}, mismatch(want, "Validation failed: Name is not the one in the URL, "+want.String())
	case !strictVersion(v.Key):
		return PublishVersion{}, invalid("Validation failed: Version should follow SemVer: https://semver.org")
	}
	if err := v.check(want); err != nil {
		return PublishVersion{}, err
	}
	return v, p.checkTags(v.Key)
}

// mismatch refuses a document whose parts contradict each other (G43).
func mismatch(want Name, text string) error {
	return &Error{Kind: ErrInvalid, Guard: "G43", Text: text, Package: want.String()}
}

func (p *PublishDocument) hasTarball(key string) bool {
	for _, a := range p.Attachments {
		if a.Key == key {
			return a.Size > 0
		}
	}
	return false
}

// publishable tells whether a name may be published: it satisfies GitLab's
// pattern, which is ASCII, and npm's rules, and holds nothing like a path step.
func publishable(s string) bool {
	if strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case isIdentByte(c), c == '.', c == '_', c == '+', c == '@', c == '/':
		default:
			return false
		}
	}
	_, err := ParseName(s)
	return err == nil
}

// strictVersion tells whether s is a version by SemVer 2.0.0 itself, without
// what npm adds to it.
func strictVersion(s string) bool {
	if s == "" || !isDigit(s[0]) || isSpace(rune(s[len(s)-1])) {
		return false
	}
	_, err := ParseVersion(s)
	return err == nil
}

// check checks that the manifest is of the version of want that its key says,
// and that all readers agree about what it says.
func (v PublishVersion) check(want Name) error {
	var seen uint32
	size := len(v.Manifest)
	err := eachMember(v.Manifest, func(m jsonMember) error {
		if string(m.name) == "readme" {
			size -= len(m.text)
		}
		f := versionFieldOf(m.name)
		if f == fieldOther {
			return nil
		}
		if seen&(1<<f) != 0 {
			return mismatch(want, "Validation failed: "+string(m.name)+" stands twice in the manifest")
		}
		seen |= 1 << f
		return v.checkMember(want, f, m.value)
	})
	const identity = 1<<fieldName | 1<<fieldVersion
	switch {
	case err != nil:
		return err
	case seen&identity != identity:
		return mismatch(want, "Validation failed: the manifest has no name and version")
	case size > maxManifest:
		return invalid("Validation failed: Package json structure is too large. Maximum size is " +
			strconv.Itoa(maxManifest) + " characters")
	}
	return nil
}

func (v PublishVersion) checkMember(want Name, f versionField, value []byte) error {
	var expect string
	switch f {
	case fieldName:
		expect = want.String()
	case fieldVersion:
		expect = v.Key
	case fieldID:
		expect = want.String() + "@" + v.Key
	default:
		return nil
	}
	if got, err := stringOf(value); err != nil || got != expect {
		return mismatch(want, "Validation failed: the manifest is not of "+want.String()+"@"+v.Key)
	}
	return nil
}

// checkTags checks that the tags can be used, and that the first, which is the
// one that counts, is for the version.
func (p *PublishDocument) checkTags(version string) error {
	for _, t := range p.Tags {
		if err := CheckTag(t.Name); err != nil {
			return err
		}
	}
	if len(p.Tags) > 0 && p.Tags[0].Version != version {
		return invalid("Validation failed: Tag " + p.Tags[0].Name + " is not for version " + version)
	}
	return nil
}

// CheckTag refuses names of dist-tags that clients would take for something
// else: what is a range is looked up as a range. Errors are ErrInvalid.
func CheckTag(name string) error {
	if _, err := ParseRange(name); err == nil {
		return invalid("Tag name must not be a valid SemVer range: " + trimSpace(name))
	}
	if len(name) > maxName || poisons([]byte(name)) || !printable(name) {
		return invalid("Tag name is not allowed")
	}
	return nil
}

// printable tells whether s is ASCII without spaces and controls.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// Integrity returns the hashes that the client says its tarball has, from
// dist.integrity and dist.shasum, each to be verified; none where it does not
// say. A malformed one is ErrInvalid.
func (v PublishVersion) Integrity() ([]Integrity, error) {
	var list []Integrity
	err := eachMember(v.Manifest, func(m jsonMember) error {
		if string(m.name) != "dist" || m.value[0] != '{' {
			return nil
		}
		return eachMember(m.value, func(m jsonMember) error {
			in, ok, err := declared(m)
			if ok {
				list = append(list, in)
			}
			return err
		})
	})
	return list, err
}

// declared reads a member of dist; false where it is no hash or empty.
func declared(m jsonMember) (in Integrity, ok bool, err error) {
	parse := ParseIntegrity
	switch string(m.name) {
	case "integrity":
	case "shasum":
		parse = IntegrityOfShasum
	default:
		return Integrity{}, false, nil
	}
	text, err := stringOf(m.value)
	if err != nil {
		return Integrity{}, false, invalid("Validation failed: dist of the manifest has a hash that is no text")
	}
	if text == "" {
		return Integrity{}, false, nil
	}
	in, err = parse(text)
	return in, err == nil, err
}
