package npm

import (
	"encoding/hex"
	"strconv"
)

// ownField names the members of a manifest that are replaced by what larder
// knows. The zero value is any other member.
type ownField uint8

const (
	notOwn ownField = iota
	ownName
	ownVersion
	ownID
	ownDeprecated
	ownHasInstallScript
	ownHasShrinkwrap
	ownUser
	ownMaintainers
	ownDist
	// dropped is what is neither kept nor replaced: hashes that some clients
	// put beside dist, paths of the publisher's disk, the README, which stands
	// at the top of the packument, and names that poison.
	dropped
)

func ownFieldOf(name []byte) ownField {
	switch string(name) {
	case "name":
		return ownName
	case "version":
		return ownVersion
	case "_id":
		return ownID
	case "deprecated":
		return ownDeprecated
	case "hasInstallScript":
		return ownHasInstallScript
	case "_hasShrinkwrap":
		return ownHasShrinkwrap
	case "_npmUser":
		return ownUser
	case "maintainers":
		return ownMaintainers
	case "dist":
		return ownDist
	case "_integrity", "_shasum", "integrity", "shasum", "readme", "_rev", "_attachments", "_from", "_resolved", "_where":
		return dropped
	}
	if poisons(name) {
		return dropped
	}
	return notOwn
}

// version writes the manifest of a version. Members that are replaced keep
// their place, those that are new follow at the end.
func (w *composer) version(v *ComposedVersion) error {
	w.put("{")
	var done, seen uint32
	err := eachMember(v.Manifest, func(m jsonMember) error {
		// Scan refuses these.
		if f := versionFieldOf(m.name); f != fieldOther {
			if seen&(1<<f) != 0 {
				return errDuplicate
			}
			seen |= 1 << f
		}
		own := ownFieldOf(m.name)
		switch {
		case own == notOwn || v.clientSays(own):
			w.comma()
			w.write(m.text)
		case own == dropped || done&(1<<own) != 0:
			return nil
		default:
			w.own(own, v)
		}
		done |= 1 << own
		return nil
	})
	if err != nil {
		return err
	}
	for own := ownName; own < dropped; own++ {
		if done&(1<<own) == 0 {
			w.own(own, v)
		}
	}
	w.put("}")
	return nil
}

// clientSays tells whether the client's word about the tarball stands.
func (v *ComposedVersion) clientSays(own ownField) bool {
	return v.Facts.FileCount == 0 && (own == ownHasInstallScript || own == ownHasShrinkwrap)
}

// own writes a member of larder's own, or nothing where it does not apply.
func (w *composer) own(f ownField, v *ComposedVersion) {
	switch f {
	case ownName:
		w.text("name", w.c.Name.String())
	case ownVersion:
		w.text("version", v.Key)
	case ownID:
		w.text("_id", w.c.Name.String()+"@"+v.Key)
	case ownDeprecated:
		if v.Deprecated != "" {
			w.text("deprecated", v.Deprecated)
		}
	case ownHasInstallScript:
		if v.Facts.HasInstallScript || v.Facts.HasGyp {
			w.raw("hasInstallScript", []byte("true"))
		}
	case ownHasShrinkwrap:
		if v.Facts.FileCount != 0 {
			w.raw("_hasShrinkwrap", strconv.AppendBool(nil, v.Facts.HasShrinkwrap))
		}
	case ownUser:
		if v.Publisher.Name != "" {
			w.key("_npmUser")
			w.person(v.Publisher)
		}
	case ownMaintainers:
		if len(w.c.Maintainers) > 0 {
			w.people("maintainers", w.c.Maintainers)
		}
	case ownDist:
		w.dist(v)
	}
}

// dist writes the tarball's hashes and numbers. What the client wrote there
// counts for nothing: its URL is that of its own view of the registry at best.
func (w *composer) dist(v *ComposedVersion) {
	w.key("dist")
	w.put("{")
	w.text("integrity", IntegrityOfSHA512(v.SHA512).String())
	w.text("shasum", hex.EncodeToString(v.SHA1[:]))
	// Only a placeholder: Render writes the URL.
	w.text("tarball", "/"+w.c.Name.String()+"/-/"+w.c.Name.TarballFile(v.Key))
	if v.Facts.FileCount != 0 {
		w.raw("fileCount", strconv.AppendInt(nil, int64(v.Facts.FileCount), 10))
		w.raw("unpackedSize", strconv.AppendInt(nil, v.Facts.UnpackedSize, 10))
	}
	if v.Attestations != nil {
		w.raw("attestations", v.Attestations)
	}
	if v.Signatures != nil {
		w.raw("signatures", v.Signatures)
	}
	w.put("}")
}
