package npm

import "io"

// RenderTags writes the object of dist-tags alone, repaired as in Render
// (npm's GET /-/package/:name/dist-tags).
func (p *Packument) RenderTags(w io.Writer, e Edit) error {
	r := p.renderer(w, e)
	r.distTags()
	return r.flush()
}

// versionCost is about what the index takes for one version, in bytes.
const versionCost = 512

// Bytes is about how much memory the packument holds, its document included.
func (p *Packument) Bytes() int64 {
	return int64(cap(p.doc)+p.texts) + int64(len(p.Versions))*versionCost + int64(len(p.top)+len(p.Tags))*64
}
