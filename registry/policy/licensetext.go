package policy

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// LicenseText makes one expression of what a manifest says about its licence:
// the values of its members license and licenses, nil where it has none. npm's
// oldest manifests have objects ({"type": "MIT"}) and lists, of which any may
// be chosen. Empty means that it says none, or nothing that can be read.
func LicenseText(license, licenses []byte) string {
	if text := licenseOf(license); text != "" {
		return text
	}
	return licenseOf(licenses)
}

// licenseOf reads a text, an object with a type, or a list of them.
func licenseOf(value []byte) string {
	if len(value) == 0 {
		return ""
	}
	d := jsontext.NewDecoder(strings.NewReader(string(value)))
	if d.PeekKind() != jsontext.KindBeginArray {
		text, _ := oneLicense(d)
		return text
	}
	if _, err := d.ReadToken(); err != nil {
		return ""
	}
	var choices []string
	for d.PeekKind() != jsontext.KindEndArray {
		text, ok := oneLicense(d)
		if !ok || len(choices) == maxLicenses {
			return ""
		}
		choices = append(choices, text)
	}
	switch len(choices) {
	case 0:
		return ""
	case 1:
		return choices[0]
	}
	return "(" + strings.Join(choices, ") OR (") + ")"
}

// maxLicenses bounds a list of licences.
const maxLicenses = 32

// oneLicense reads a text or an object. False means that there is none.
func oneLicense(d *jsontext.Decoder) (string, bool) {
	switch d.PeekKind() {
	case jsontext.KindString:
		t, err := d.ReadToken()
		if err != nil {
			return "", false
		}
		text := strings.TrimSpace(t.String())
		return text, text != ""
	case jsontext.KindBeginObject:
		return licenseType(d)
	}
	_ = d.SkipValue()
	return "", false
}

// licenseType reads the type of an object, or its name, which some have instead.
func licenseType(d *jsontext.Decoder) (string, bool) {
	if _, err := d.ReadToken(); err != nil {
		return "", false
	}
	var text, name string
	for d.PeekKind() != jsontext.KindEndObject {
		key, err := d.ReadToken()
		if err != nil {
			return "", false
		}
		member := key.String()
		value, err := d.ReadValue()
		if err != nil {
			return "", false
		}
		if value.Kind() != jsontext.KindString {
			continue
		}
		unquoted, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return "", false
		}
		switch member {
		case "type":
			text = strings.TrimSpace(string(unquoted))
		case "name":
			name = strings.TrimSpace(string(unquoted))
		}
	}
	_, err := d.ReadToken()
	if text == "" {
		text = name
	}
	return text, err == nil && text != ""
}
