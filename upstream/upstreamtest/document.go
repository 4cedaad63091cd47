package upstreamtest

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"
)

// How registries write times, and how mirrors do.
const (
	timeFormat = "2006-01-02T15:04:05.000Z"
	poorFormat = "2006-01-02T15:04:05.000000+00:00"
)

// abbreviated lists the version fields that the abbreviated form keeps.
var abbreviated = []string{
	"name", "version", "deprecated", "dependencies", "acceptDependencies",
	"optionalDependencies", "devDependencies", "bundleDependencies",
	"peerDependencies", "peerDependenciesMeta", "bin", "directories", "dist",
	"engines", "_hasShrinkwrap", "hasInstallScript", "funding", "cpu", "os",
}

// document is one rendered form of a packument.
type document struct {
	body     []byte
	etag     string
	modified time.Time
	zipOnce  sync.Once
	zipped   []byte
}

func newDocument(body []byte, modified time.Time) *document {
	sum := md5.Sum(body)
	return &document{body: body, etag: `"` + hex.EncodeToString(sum[:]) + `"`, modified: modified}
}

// gzip compresses once; a document of 40 MB is asked for many times.
func (d *document) gzip() []byte {
	d.zipOnce.Do(func() { d.zipped = zip(d.body) })
	return d.zipped
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	must(err)
	_, err = w.Write(data)
	must(err)
	must(w.Close())
	return b.Bytes()
}

// renderer makes documents in the manner of one registry.
type renderer struct {
	base string // of dist.tarball, without a slash at the end
	poor bool
	// plain signs nothing.
	plain bool
	sign  *signer
}

// full is the complete packument.
func (r renderer) full(p Package, balls map[string]tarball) object {
	modified := p.modified().Format(timeFormat)
	if p.Unpublished {
		return object{
			{"_id", p.Name}, {"_rev", "3-" + hexOf(p.Name)}, {"name", p.Name},
			{"time", object{{"created", firstPublish.Format(timeFormat)}, {"modified", modified},
				{"unpublished", object{{"time", modified}, {"versions", []string{"1.0.0"}}}}}},
		}
	}
	versions, times := object{}, object{}
	if !r.poor {
		times = object{{"created", p.published(0).Format(timeFormat)}, {"modified", modified}}
	}
	for i, v := range p.Versions {
		versions = append(versions, member{v.Version, r.manifest(p, v, balls[v.Version])})
		times = r.timed(times, v, p.published(i))
	}
	for _, v := range p.Removed {
		times = r.timed(times, v, v.Published)
	}
	if r.poor {
		return object{{"name", p.Name}, {"dist-tags", r.tags(p)}, {"versions", versions}, {"time", times}}
	}
	return object{
		{"_id", p.Name}, {"_rev", "17-" + hexOf(p.Name)}, {"name", p.Name},
		{"dist-tags", r.tags(p)}, {"versions", versions}, {"time", times},
		{"maintainers", maintainers}, {"author", object{{"name", "Ada Ashwood"}}},
		{"description", p.Description}, {"homepage", "https://example.com/" + p.Name},
		{"keywords", []string{"fixture", "<wood> & \"leaf\""}}, {"repository", repository(p)},
		{"bugs", object{{"url", "https://example.com/" + p.Name + "/issues"}}},
		{"license", "MIT"}, {"readme", p.readme()}, {"readmeFilename", "README.md"},
		{"users", object{{"ada", true}, {"bjørn", true}}}, {"_attachments", object{}},
	}
}

// short is the abbreviated packument, with the members that npm's has.
func (r renderer) short(p Package, balls map[string]tarball) object {
	versions := object{}
	for _, v := range p.Versions {
		m := r.manifest(p, v, balls[v.Version])
		if hasInstallScript(v) {
			m = m.set("hasInstallScript", true)
		}
		versions = append(versions, member{v.Version, m.only(abbreviated...)})
	}
	return object{
		{"name", p.Name}, {"dist-tags", r.tags(p)}, {"versions", versions},
		{"modified", p.modified().Format(timeFormat)},
	}
}

// manifest is one entry of versions.
func (r renderer) manifest(p Package, v Version, ball tarball) object {
	said := v
	said.Manifest = v.declared()
	m := packageJSON(p.Name, said)
	if v.Deprecated != "" {
		m = m.set("deprecated", v.Deprecated)
	}
	if r.poor {
		return m.set("dist", r.dist(p, v, ball))
	}
	for _, extra := range []member{
		{"description", p.Description}, {"_id", p.Name + "@" + v.Version},
		{"_nodeVersion", "20.11.0"}, {"_npmVersion", "10.2.4"},
		{"_npmUser", account(v.Publisher)}, {"maintainers", maintainers},
		{"repository", repository(p)}, {"gitHead", hexOf(p.Name + v.Version)},
		{"_hasShrinkwrap", false}, {"directories", object{}},
		{"_npmOperationalInternal", object{{"host", "s3://packages"}, {"tmp", "tmp/x_1.0"}}},
	} {
		if _, own := said.Manifest[extra.key]; !own {
			m = append(m, extra)
		}
	}
	return m.set("dist", r.dist(p, v, ball))
}

func (r renderer) dist(p Package, v Version, ball tarball) object {
	url := v.TarballURL
	if url == "" {
		url = r.base + TarballPath(p.Name, v.Version)
	}
	d := object{}
	if v.Hashes == HashesAll || v.Hashes == HashesSHA512 {
		d = append(d, member{"integrity", ball.integrity})
	}
	if v.Hashes == HashesAll || v.Hashes == HashesSHA1 {
		d = append(d, member{"shasum", ball.shasum})
	}
	d = append(d, member{"tarball", url})
	if r.poor {
		return d
	}
	d = append(d, member{"fileCount", ball.files}, member{"unpackedSize", ball.unpacked})
	if v.Hashes == HashesAll && v.Signing != Unsigned && !r.plain {
		signs := r.sign
		if v.Signing == SignedWrong {
			signs = signs.impostor()
		}
		d = append(d, member{"signatures", []object{signs.entry(p.Name + "@" + v.Version + ":" + ball.integrity)}})
	}
	if v.Attested {
		d = append(d, member{"attestations", object{
			{"url", r.base + "/-/npm/v1/attestations/" + p.Name + "@" + v.Version},
			{"provenance", object{{"predicateType", "https://slsa.dev/provenance/v1"}}},
		}})
	}
	return d
}

func (r renderer) tags(p Package) object {
	tags, out := p.tags(), object{}
	for _, k := range slices.Sorted(mapKeys(tags)) {
		if !r.poor || k == "latest" {
			out = append(out, member{k, tags[k]})
		}
	}
	return out
}

// timed adds the publish time of a version, as the document states it.
func (r renderer) timed(times object, v Version, published time.Time) object {
	switch v.Stated {
	case "":
		return append(times, member{v.Version, r.stamp(published)})
	case NoTime:
		return times
	}
	return append(times, member{v.Version, v.Stated})
}

func (r renderer) stamp(t time.Time) string {
	if r.poor {
		return t.Format(poorFormat)
	}
	return t.Format(timeFormat)
}

func (p Package) modified() time.Time {
	if len(p.Versions) == 0 {
		return firstPublish
	}
	return p.published(len(p.Versions) - 1).Add(3 * time.Hour).Truncate(time.Second)
}

func (p Package) readme() string {
	if p.Readme != "" {
		return p.Readme
	}
	return "# " + p.Name + "\n\nUse `<" + p.Name + ">` & enjoy: naïve, 木, \u2028.\n" + strings.Repeat("Lorem ipsum dolor sit amet.\n", 8)
}

func hasInstallScript(v Version) bool {
	scripts, ok := v.declared()["scripts"].(map[string]string)
	return ok && scripts["preinstall"]+scripts["install"]+scripts["postinstall"] != ""
}

// declared is the manifest that the document has.
func (v Version) declared() map[string]any {
	if v.Declared != nil {
		return v.Declared
	}
	return v.Manifest
}

var maintainers = []object{account("ada")}

// account is who publishes, as documents have them.
func account(name string) object {
	if name == "" {
		name = "ada"
	}
	return object{{"name", name}, {"email", name + "@example.com"}}
}

func repository(p Package) object {
	url := p.Repository
	if url == "" {
		url = "git+https://example.com/" + p.Name + ".git"
	}
	return object{{"type", "git"}, {"url", url}}
}

func hexOf(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
