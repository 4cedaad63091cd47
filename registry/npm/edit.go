package npm

import (
	"bufio"
	"fmt"
	"io"
)

// Form is one of the two shapes of a packument.
type Form uint8

const (
	// Full is the packument as upstream writes it.
	Full Form = iota
	// Abbreviated is what install planners need of it
	// (application/vnd.npm.install-v1+json).
	Abbreviated
)

// Edit is what a rendering changes.
type Edit struct {
	// TarballBase is what tarball URLs start with, "http://host[/prefix]"
	// without a slash at its end.
	TarballBase string
	// Omit holds the versions to leave out. Their times stay: clients tell
	// "refused" from "never existed" by them. Dist-tags that point to them are
	// moved down or dropped.
	Omit map[string]bool
	// Restrict holds the versions to keep from clients and why. They are left
	// out as those of Omit are, and are listed under policyRestrictions. A
	// version that is in both is restricted.
	Restrict map[string]Restriction
	// Notice holds texts to show as the deprecation of versions that have none.
	Notice map[string]string
	// Dist holds hashes to put into the dist of versions.
	Dist map[string]DistFix
}

// gone tells whether a version is taken from the list.
func (e *Edit) gone(version string) bool {
	if len(e.Restrict) > 0 {
		if _, ok := e.Restrict[version]; ok {
			return true
		}
	}
	return e.Omit[version]
}

// DistFix replaces or adds hashes; an empty one is left as it is.
type DistFix struct {
	Integrity, Shasum string
}

// Render writes the packument in the given form. Full keeps every byte of
// upstream's document that is not edited, unknown members and their order
// included.
func (p *Packument) Render(w io.Writer, f Form, e Edit) error {
	r := p.renderer(w, e)
	if f == Abbreviated {
		r.abbreviated()
	} else {
		r.full()
	}
	return r.flush()
}

// RenderManifest writes the full manifest of one version. A version that is
// restricted is ErrBlocked; one that is not there, or is left out, is
// ErrNotFound.
func (p *Packument) RenderManifest(w io.Writer, version string, e Edit) error {
	if by, ok := e.Restrict[version]; ok {
		return p.refused(version, by)
	}
	v, ok := p.Version(version)
	if !ok || e.Omit[version] {
		return &Error{
			Kind: ErrNotFound, Text: "version not found: " + p.Name + "@" + version,
			Package: p.Name, Version: version,
		}
	}
	r := p.renderer(w, e)
	r.version(v)
	return r.flush()
}

// renderBuffer is how many bytes are gathered before they are written on. The
// pieces between edits are a few hundred bytes, the compressor behind w wants
// large ones.
const renderBuffer = 64 << 10

// renderer writes one rendering. Write errors stick in the bufio.Writer and
// come out of flush.
type renderer struct {
	p *Packument
	e Edit
	w *bufio.Writer
	// url is the quoted tarball URL up to the file's name, without the quote
	// at its end.
	url []byte
	// restricted are the versions that are kept from clients.
	restricted []*VersionInfo
	edits      [3]splice
}

func (p *Packument) renderer(w io.Writer, e Edit) *renderer {
	url := appendString(nil, e.TarballBase+"/"+p.Name+"/-/")
	return &renderer{
		p: p, e: e, w: bufio.NewWriterSize(w, renderBuffer),
		url: url[:len(url)-1], restricted: p.restricted(e.Restrict),
	}
}

func (r *renderer) flush() error {
	if err := r.w.Flush(); err != nil {
		return fmt.Errorf("write metadata: %w", err)
	}
	return nil
}

// full writes the document with its edits spliced in.
func (r *renderer) full() {
	p := r.p
	r.copy(span{0, p.body.from})
	l := list{body: p.body, r: r}
	var tags, versions bool
	explain := len(r.restricted) > 0
	for _, m := range p.top {
		switch m.field {
		case topPoison:
			l.skip(m.member)
			continue
		case topTags:
			l.key(m.member)
			r.distTags()
			tags = true
		case topVersions:
			l.key(m.member)
			r.versions()
			versions = true
		default:
			l.key(m.member)
			if explain && r.explains(m) {
				r.restrictions(Full)
				explain = false
				continue
			}
			r.copy(span{m.value, m.to})
		}
	}
	// Several clients crash on a packument without these two.
	if !tags {
		r.put(`,"dist-tags":{}`)
	}
	if !versions {
		r.put(`,"versions":{}`)
	}
	if explain {
		r.put(`,"` + memberRestrictions + `":`)
		r.restrictions(Full)
	}
	l.close()
	r.copy(span{p.body.to, uint32(len(p.doc))}) //nolint:gosec // Scan bounds the document
}

// distTags writes the value of dist-tags.
func (r *renderer) distTags() {
	p := r.p
	if p.tagsBody.absent() {
		r.put("{}")
		return
	}
	repaired := r.repairedTags()
	r.put("{")
	l := list{body: p.tagsBody, r: r}
	for _, m := range p.tagAt {
		if m.tag < 0 {
			l.skip(m.member)
			continue
		}
		moved, ok := repaired[p.Tags[m.tag].Name]
		switch {
		case !ok:
			l.key(m.member)
			r.copy(span{m.value, m.to})
		case moved == "":
			l.skip(m.member)
		default:
			l.key(m.member)
			r.quote(moved)
		}
	}
	l.close()
	r.put("}")
}

// versions writes the value of versions in the full form.
func (r *renderer) versions() {
	p := r.p
	if p.versionBody.absent() {
		r.put("{}")
		return
	}
	r.put("{")
	l := list{body: p.versionBody, r: r}
	for i := range p.Versions {
		v := &p.Versions[i]
		if r.e.gone(v.Key) {
			l.skip(v.at)
			continue
		}
		l.key(v.at)
		r.version(v)
	}
	l.close()
	r.put("}")
}

// version writes a version's whole manifest.
func (r *renderer) version(v *VersionInfo) {
	n := r.notice(v)
	separator := r.announce(n, "{")
	if v.distShape == shapeAbsent {
		r.put(separator)
		r.put(`"dist":`)
		r.newDist(v)
		separator = ","
	}
	at := span{v.at.value, v.at.to}
	if separator == "," {
		// A member follows: Scan demands the manifest's name.
		r.put(separator)
		at.from++
	}
	r.edited(v, at, n)
}
