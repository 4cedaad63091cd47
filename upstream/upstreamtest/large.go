package upstreamtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"time"
)

// exampleBase is where the tarballs of large documents claim to be.
const exampleBase = "https://registry.example.com"

// LargePackument makes a full packument of about so many bytes with so many
// versions, shaped as the largest public ones are: the bulk is readable
// manifest text that repeats, the rest is hashes and signatures that do not.
func LargePackument(name string, versions, size int) []byte {
	return largePackument(exampleBase, name, versions, size)
}

// AddLarge serves a LargePackument whose tarball URLs point here.
func (r *Registry) AddLarge(name string, versions, size int) {
	r.AddDocument(name, largePackument(r.base, name, versions, size))
}

func largePackument(base, name string, versions, size int) []byte {
	var b bytes.Buffer
	b.Grow(size + size/8)
	last := largeVersion(versions - 1)
	fmt.Fprintf(&b, `{"_id":%q,"_rev":"99-%s","name":%q,"dist-tags":{"latest":%q,"next":%q},"versions":{`,
		name, hexOf(name), name, last, last)
	// What one version takes without its filler is measured on the first.
	var sample bytes.Buffer
	writeLargeVersion(&sample, base, name, largeVersion(0), 0, 0)
	filler := max(0, size/max(1, versions)-sample.Len()-60)
	for i := range versions {
		if i > 0 {
			b.WriteByte(',')
		}
		writeLargeVersion(&b, base, name, largeVersion(i), i, filler)
	}
	b.WriteString(`},"time":{"created":"2020-03-01T09:30:12.345Z","modified":"2024-01-01T00:00:00.000Z"`)
	for i := range versions {
		at := firstPublish.Add(time.Duration(i) * 6 * time.Hour).Format(timeFormat)
		fmt.Fprintf(&b, `,%q:%q`, largeVersion(i), at)
	}
	fmt.Fprintf(&b, `},"maintainers":[{"name":"ada","email":"ada@example.com"}],"license":"MIT","readme":"# %s"}`, name)
	return b.Bytes()
}

// largeVersion numbers the versions 1.0.0, 1.0.1 … 1.1.0 … and so on.
func largeVersion(i int) string {
	return fmt.Sprintf("%d.%d.%d", 1+i/400, i/20%20, i%20)
}

func writeLargeVersion(b *bytes.Buffer, base, name, version string, i, filler int) {
	fmt.Fprintf(b, `%q:{"name":%q,"version":%q,"main":"index.js","license":"MIT",`, version, name, version)
	b.WriteString(`"dependencies":{`)
	for d := 0; filler > 0; d++ {
		if d > 0 {
			b.WriteByte(',')
		}
		n, _ := fmt.Fprintf(b, `"@example/part-%04d":"^%d.%d.0"`, d, 1+d%9, i%7)
		filler -= n + 1
	}
	random := noise(name+version, 64+20+96)
	fmt.Fprintf(b, `},"engines":{"node":">=18"},"_id":"%s@%s","gitHead":"%x",`, name, version, random[64:84])
	b.WriteString(`"_npmUser":{"name":"ada","email":"ada@example.com"},"_nodeVersion":"20.11.0","_npmVersion":"10.2.4",`)
	fmt.Fprintf(b, `"dist":{"integrity":"sha512-%s","shasum":"%x","tarball":"%s%s","fileCount":12,"unpackedSize":%d,`,
		base64.StdEncoding.EncodeToString(random[:64]), random[64:84], base, TarballPath(name, version), 4096+i)
	fmt.Fprintf(b, `"signatures":[{"keyid":"SHA256:upstreamtest","sig":%q}]}}`,
		base64.StdEncoding.EncodeToString(random[84:156]))
}
