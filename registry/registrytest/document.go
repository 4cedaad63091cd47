// Package registrytest builds what npm's clients send when they publish. Only
// tests import it.
package registrytest

import (
	"crypto/sha1" //nolint:gosec // npm's shasum
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// Document is one publish.
type Document struct {
	Name, Version string
	// Tag is "latest" when empty.
	Tag string
	// Manifest holds further members of package.json.
	Manifest map[string]any
	// Tarball replaces the packed package.
	Tarball []byte
	// Readme stands beside the manifest when not empty.
	Readme string
	// Provenance is the text of a sigstore bundle.
	Provenance string
	// Change edits the document last of all.
	Change func(doc map[string]any)
}

// Bytes returns the tarball that the document carries.
func (d Document) Bytes() []byte {
	if d.Tarball != nil {
		return d.Tarball
	}
	return upstreamtest.Tarball(d.Name, upstreamtest.Version{Version: d.Version, Manifest: d.Manifest})
}

// Body returns the body of "PUT /name", as npm 11 writes it.
func (d Document) Body() []byte {
	data := d.Bytes()
	long, short := sha512.Sum512(data), sha1.Sum(data) //nolint:gosec // see above
	manifest := maps.Clone(d.Manifest)
	if manifest == nil {
		manifest = map[string]any{}
	}
	maps.Copy(manifest, map[string]any{
		"_id": d.Name + "@" + d.Version, "name": d.Name, "version": d.Version, "_nodeVersion": "20.20.2", "_npmVersion": "11.19.1",
		"dist": map[string]any{
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(long[:]), "shasum": hex.EncodeToString(short[:]),
			"tarball": fmt.Sprintf("http://registry.example.com/%s/-/%s-%s.tgz", d.Name, d.Name, d.Version),
		},
	})
	tag := d.Tag
	if tag == "" {
		tag = "latest"
	}
	attachments := map[string]any{d.Name + "-" + d.Version + ".tgz": map[string]any{
		"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString(data), "length": len(data),
	}}
	if d.Provenance != "" {
		attachments[d.Name+"-"+d.Version+".sigstore"] = map[string]any{
			"content_type": "application/vnd.dev.sigstore.bundle+json;version=0.3", "data": d.Provenance, "length": len(d.Provenance),
		}
	}
	doc := map[string]any{
		"_id": d.Name, "name": d.Name, "access": nil, "dist-tags": map[string]any{tag: d.Version},
		"versions": map[string]any{d.Version: manifest}, "_attachments": attachments,
	}
	if d.Readme != "" {
		doc["readme"] = d.Readme
	}
	if d.Change != nil {
		d.Change(doc)
	}
	body, err := json.Marshal(doc)
	if err != nil {
		panic("BUG: a publish cannot be encoded: " + err.Error())
	}
	return body
}
