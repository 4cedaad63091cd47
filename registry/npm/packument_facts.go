package npm

import "strings"

// Manifest is what the document says of a version, as upstream wrote it. It is
// part of the document and must not change.
func (p *Packument) Manifest(v *VersionInfo) []byte { return p.doc[v.at.value:v.at.to] }

// Created is when the package came to be (time.created), as upstream wrote it;
// empty where it does not say.
func (p *Packument) Created() string {
	value := p.at(p.created)
	if value == nil {
		return ""
	}
	return unquotedText(value)
}

// SecurityHolder tells whether the document is what upstream puts in the place
// of a package that it took down for malware: it holds nothing else, and says
// so. A package of which one version was replaced is none.
func (p *Packument) SecurityHolder() bool {
	for i := range p.Versions {
		if !strings.HasSuffix(p.Versions[i].Key, "-security") {
			return false
		}
	}
	if len(p.Versions) == 0 {
		return false
	}
	for _, m := range p.top {
		if m.field != topOther {
			continue
		}
		value := p.doc[m.value:m.to]
		switch {
		case p.keyIs(m.member, "description") && strings.EqualFold(strings.TrimSpace(unquotedText(value)), "security holding package"),
			p.keyIs(m.member, "repository") && strings.Contains(repositoryURL(value), "npm/security-holder"):
			return true
		}
	}
	return false
}

// repositoryURL reads a repository, which is a text or an object with one.
// Where it has two, parsers differ about which counts, and none does.
func repositoryURL(value []byte) (url string) {
	if value[0] != '{' {
		return unquotedText(value)
	}
	err := eachText(value, func(name []byte) bool { return string(name) == "url" }, func(_, text string) { url = text })
	if err != nil {
		return ""
	}
	return url
}

// Declared reads what the document says of a version. It takes time with each
// call, for what Scan already knows need not be asked for here. Scan has refused
// what cannot be read, so that it does not fail.
func (p *Packument) Declared(v *VersionInfo) (ManifestFacts, error) {
	r := newFactReader()
	r.readValid(p.Manifest(v))
	return r.facts, nil
}

// PublisherInfo is who published a version.
type PublisherInfo struct {
	// Name is their account; empty where upstream does not say.
	Name string
	// Trusted tells that the project's own machinery did, without a token of
	// that account (npm's _npmUser.trustedPublisher).
	Trusted bool
}

// Publisher reads who published a version, as upstream's _npmUser says.
func (p *Packument) Publisher(v *VersionInfo) PublisherInfo {
	var who PublisherInfo
	value := p.at(v.npmUser)
	if value == nil || value[0] != '{' {
		return who
	}
	seen := names{}
	err := eachMember(value, func(m jsonMember) error {
		switch string(m.name) {
		case "name":
			who.Name = unquotedText(m.value)
		case "trustedPublisher":
			who.Trusted = m.value[0] == '{'
		default:
			return nil
		}
		if !seen.add(m.name) {
			return errDuplicate
		}
		return nil
	})
	if err != nil {
		return PublisherInfo{}
	}
	return who
}

// RegistrySignature is one of a version's signatures (npm's dist.signatures).
type RegistrySignature struct {
	// KeyID names the key as the registry's list of keys does.
	KeyID string
	// Sig is the signature in base64.
	Sig string
}

// maxSignatures bounds the signatures of one version. There is one, and two
// while keys change.
const maxSignatures = 16

// Signatures reads the signatures of a version. One that is malformed is an
// error of kind ErrBadUpstream: an upstream that signs does not write it.
func (p *Packument) Signatures(v *VersionInfo) ([]RegistrySignature, error) {
	value := p.at(v.signatures)
	if value == nil || string(value) == "null" {
		return nil, nil
	}
	var list []RegistrySignature
	err := eachElement(value, func(value []byte) error {
		if len(list) == maxSignatures {
			return errOverLimit
		}
		s, err := signatureOf(value)
		list = append(list, s)
		return err
	})
	if err != nil {
		return nil, scanError(p.name, memberError("signatures", err))
	}
	return list, nil
}

// signatureOf reads one element of dist.signatures.
func signatureOf(value []byte) (s RegistrySignature, err error) {
	err = eachText(value, nil, func(name, text string) {
		switch name {
		case "keyid":
			s.KeyID = text
		case "sig":
			s.Sig = text
		}
	})
	if err == nil && (s.KeyID == "" || s.Sig == "") {
		err = errShape
	}
	return s, err
}

// at is the document's text of a span, or nil.
func (p *Packument) at(s span) []byte {
	if s.absent() {
		return nil
	}
	return p.doc[s.from:s.to]
}
