package npm

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxPublishDepth is how deep a document may nest, that of Scan.
	maxPublishDepth = 64
	// maxPublishVersions is how many versions it may hold, that of Scan.
	maxPublishVersions = 50_000
	// maxPublishNames bounds each other list in it.
	maxPublishNames = 10_000
	// maxAttachmentText is the longest attachment that is no tarball, in bytes.
	maxAttachmentText = 4 << 20
)

// decode reads the document, whose tarballs are empty strings.
func (p *PublishDocument) decode(doc []byte) error {
	if !utf8.Valid(doc) {
		return errUTF8
	}
	var seen uint32
	return eachMember(doc, func(m jsonMember) error {
		if tooDeep(m.value, maxPublishDepth-1) {
			return errOverLimit
		}
		field := publishFieldOf(m.name)
		if field == publishOther {
			return nil
		}
		if bit := uint32(1) << field; seen&bit != 0 {
			return errDuplicate
		}
		seen |= 1 << field
		if err := p.member(field, m.value); err != nil {
			return memberError(publishFields[field], err)
		}
		return nil
	})
}

// publishField names the members of a publish document that are read.
type publishField uint8

const (
	publishOther publishField = iota
	publishName
	publishID
	publishRev
	publishVersions
	publishTags
	publishAccess
	publishReadme
	publishAttachments
	publishUsers
	publishMaintainers
)

var publishFields = [...]string{"", "name", "_id", "_rev", "versions", "dist-tags", "access", "readme", "_attachments",
	"users", "maintainers"}

func publishFieldOf(name []byte) publishField {
	for i, s := range publishFields[1:] {
		if string(name) == s {
			return publishField(i + 1) //nolint:gosec // ten of them
		}
	}
	return publishOther
}

// member reads one member of the document.
func (p *PublishDocument) member(field publishField, value []byte) (err error) {
	switch field {
	case publishName:
		p.Name, err = stringOf(value)
	case publishID:
		p.ID, err = stringOf(value)
	case publishRev:
		p.Rev, err = stringOf(value)
	case publishAccess:
		p.Access, err = stringOf(value)
	case publishVersions:
		return p.versions(value)
	case publishTags:
		return p.tags(value)
	case publishReadme:
		if value[0] == '"' {
			p.Readme = value
		}
	case publishAttachments:
		return p.attachments(value)
	case publishUsers:
		return p.users(value)
	case publishMaintainers:
		return p.maintainers(value)
	}
	return err
}

func isNull(value []byte) bool { return string(value) == "null" }

func (p *PublishDocument) versions(value []byte) error {
	if isNull(value) {
		return nil
	}
	p.hasVersions = true
	seen := names{}
	return eachMember(value, func(m jsonMember) error {
		switch {
		case m.value[0] != '{':
			return errShape
		case !seen.add(m.name):
			return errDuplicate
		case len(p.Versions) == maxPublishVersions:
			return errOverLimit
		}
		p.Versions = append(p.Versions, PublishVersion{Key: string(m.name), Manifest: m.value})
		return nil
	})
}

func (p *PublishDocument) tags(value []byte) error {
	if isNull(value) {
		return nil
	}
	seen := names{}
	return eachMember(value, func(m jsonMember) error {
		switch {
		case !seen.add(m.name):
			return errDuplicate
		case len(p.Tags) == maxPublishNames:
			return errOverLimit
		}
		version, err := stringOf(m.value)
		p.Tags = append(p.Tags, Tag{Name: string(m.name), Version: version})
		return err
	})
}

func (p *PublishDocument) users(value []byte) error {
	if isNull(value) {
		return nil
	}
	p.Users = map[string]bool{}
	return eachMember(value, func(m jsonMember) error {
		if len(p.Users) == maxPublishNames {
			return errOverLimit
		}
		p.Users[string(m.name)] = truthy(m.value)
		return nil
	})
}

// maintainers reads people, each an object with a name or the text "name
// <address>".
func (p *PublishDocument) maintainers(value []byte) error {
	if isNull(value) {
		return nil
	}
	p.Maintainers = []string{}
	return eachElement(value, func(value []byte) error {
		if len(p.Maintainers) == maxPublishNames {
			return errOverLimit
		}
		name, err := personName(value)
		if err != nil {
			return err
		}
		p.Maintainers = append(p.Maintainers, name)
		return nil
	})
}

func personName(value []byte) (string, error) {
	if value[0] == '"' {
		text, err := stringOf(value)
		name, _, _ := strings.Cut(text, "<")
		return strings.TrimSpace(name), err
	}
	var name string
	err := eachMember(value, func(m jsonMember) (err error) {
		if string(m.name) == "name" {
			name, err = stringOf(m.value)
		}
		return err
	})
	return name, err
}

func (p *PublishDocument) attachments(value []byte) error {
	if isNull(value) {
		return nil
	}
	seen := names{}
	return eachMember(value, func(m jsonMember) error {
		switch {
		case !seen.add(m.name):
			return errDuplicate
		case len(p.Attachments) == maxPublishNames:
			return errOverLimit
		}
		a := Attachment{Key: string(m.name), Length: -1}
		err := a.read(m.value)
		p.Attachments = append(p.Attachments, a)
		p.HasAttachments = true
		return err
	})
}

func (a *Attachment) read(value []byte) error {
	seen := names{}
	return eachMember(value, func(m jsonMember) (err error) {
		switch string(m.name) {
		case "content_type", "length", "data":
			if !seen.add(m.name) {
				return errDuplicate
			}
		}
		switch string(m.name) {
		case "content_type":
			a.ContentType, err = stringOf(m.value)
		case "length":
			a.Length, err = lengthOf(m.value)
		case "data":
			err = a.data(m.value)
		}
		return err
	})
}

// data reads what is no tarball; a tarball's data has been diverted.
func (a *Attachment) data(value []byte) error {
	if value[0] != '"' || strings.HasSuffix(a.Key, ".tgz") {
		return nil
	}
	if len(value) > maxAttachmentText {
		return &Error{Kind: ErrTooLarge, Text: "File is too large."}
	}
	a.Text = unquoted(nil, value)
	a.Size = int64(len(a.Text))
	return nil
}

// lengthOf reads a declared length; null counts as none.
func lengthOf(value []byte) (int64, error) {
	if isNull(value) {
		return -1, nil
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || n < 0 {
		return -1, errShape
	}
	return n, nil
}

// place tells the attachments how large their tarballs were.
func (p *PublishDocument) place(tarballs []tarballData) {
	for i := range p.Attachments {
		for k := range tarballs {
			if a := &p.Attachments[i]; a.Key == tarballs[k].key {
				a.Size = tarballs[k].size
			}
		}
	}
}

// Deprecations are the versions whose manifests say whether they are
// deprecated, in document order. What is no text is tolerated as JavaScript
// would take it: false and null take a deprecation back.
func (p *PublishDocument) Deprecations() []Deprecation {
	var list []Deprecation
	for _, v := range p.Versions {
		if text, ok := v.deprecation(); ok {
			list = append(list, Deprecation{Version: v.Key, Text: text})
		}
	}
	return list
}

// Deprecated is the text with which the version is deprecated, or empty.
func (v PublishVersion) Deprecated() string {
	text, _ := v.deprecation()
	return text
}

// deprecation tells whether the manifest has one, and its text.
func (v PublishVersion) deprecation() (text string, ok bool) {
	// The manifest is valid: it was cut from a document that was.
	_ = eachMember(v.Manifest, func(m jsonMember) error {
		if string(m.name) != "deprecated" {
			return nil
		}
		ok, text = true, ""
		switch {
		case m.value[0] == '"':
			text = string(unquoted(nil, m.value))
		case truthy(m.value):
			text = "this version is deprecated"
		}
		return nil
	})
	return text, ok
}
