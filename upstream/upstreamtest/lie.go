package upstreamtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
)

// Edit changes the JSON of a document. The header is made to fit: no
// compression, no validators.
func Edit(edit func(doc []byte) []byte) Fault {
	return Change(func(p *Reply) {
		body := p.Body
		if p.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(body))
			must(err)
			body, err = io.ReadAll(z)
			must(err)
		}
		for _, h := range []string{"Content-Encoding", "ETag", "Last-Modified"} {
			p.Header.Del(h)
		}
		p.Body = edit(body)
	})
}

// fields decodes the top level of a document, applies the edit, and encodes it.
func fields(edit func(doc map[string]json.RawMessage)) Fault {
	return Edit(func(doc []byte) []byte {
		var top map[string]json.RawMessage
		if err := json.Unmarshal(doc, &top); err != nil {
			return doc // an error answer, left alone
		}
		edit(top)
		return encode(top)
	})
}

// OtherName puts another name on the packument.
func OtherName(name string) Fault {
	return fields(func(doc map[string]json.RawMessage) {
		doc["name"] = encode(name)
		doc["_id"] = encode(name)
	})
}

// OtherKey files a version under a key that is not its version.
func OtherKey(version, key string) Fault {
	return versions(func(all map[string]json.RawMessage) {
		if m, ok := all[version]; ok {
			delete(all, version)
			all[key] = m
		}
	})
}

// OtherManifestName puts another name on one version.
func OtherManifestName(version, name string) Fault {
	return versions(func(all map[string]json.RawMessage) {
		var m map[string]json.RawMessage
		if json.Unmarshal(all[version], &m) == nil {
			m["name"] = encode(name)
			all[version] = encode(m)
		}
	})
}

func versions(edit func(all map[string]json.RawMessage)) Fault {
	return fields(func(doc map[string]json.RawMessage) {
		var all map[string]json.RawMessage
		if json.Unmarshal(doc["versions"], &all) != nil {
			return
		}
		edit(all)
		doc["versions"] = encode(all)
	})
}

// TarballsAt makes every dist.tarball point to another base URL.
func (r *Registry) TarballsAt(base string) Fault {
	return Edit(func(doc []byte) []byte {
		return []byte(strings.ReplaceAll(string(doc), `"`+r.base+"/", `"`+strings.TrimRight(base, "/")+"/"))
	})
}

// bomb is gzip of a JSON object of so many bytes, made without holding them.
func bomb(decoded int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	write := func(p []byte) {
		_, err := z.Write(p)
		must(err)
	}
	write([]byte(`{"name":"bomb","readme":"`))
	block := bytes.Repeat([]byte{'a'}, 64<<10)
	for n := 0; n < decoded; n += len(block) {
		write(block)
	}
	write([]byte(`","versions":{},"dist-tags":{}}`))
	must(z.Close())
	return b.Bytes()
}
