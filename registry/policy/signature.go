package policy

// signature is G28: the registry's signature binds name, version and bytes.
// An upstream that signs must sign everything; of a key that nobody knows it
// cannot be said that it is wrong.
func (c *check) signature() finding {
	s := c.version.Signature
	switch s.State {
	case SignatureValid:
		return pass("its registry signature is valid")
	case SignatureInvalid:
		return hit("registry signature invalid" + keyNote(s.KeyID))
	case SignatureUnknownKey:
		return notice("registry signature by an unknown key" + keyNote(s.KeyID))
	case SignatureUnknown:
		return lack(NeedSignature)
	}
	switch c.name.Signs {
	case No:
		return pass("upstream does not sign")
	case Yes:
		return hit("registry signature missing; upstream signs its versions")
	}
	return lack(NeedSignature)
}

func keyNote(id string) string {
	if id == "" {
		return ""
	}
	return " (keyid " + shownWord(id) + ")"
}

// downgrade is G29: who changes a document can leave the signature out, and
// hope that nobody misses it.
func (c *check) downgrade() finding {
	v := c.version
	switch v.Signature.State {
	case SignatureUnknown:
		return lack(NeedSignature)
	case Unsigned:
	default:
		return pass("it is signed")
	}
	signedBefore := v.Previous != nil && v.Previous.Signature.State > Unsigned
	switch {
	case c.name.Signed == Yes || signedBefore:
		return hit("signature missing; upstream signed earlier versions")
	case c.name.Signed == Unknown:
		return lack(NeedSignature)
	}
	return pass("no version before was signed")
}
