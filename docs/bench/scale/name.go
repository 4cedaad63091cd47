package main

import (
	"crypto/sha1"
	"crypto/sha512"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// maxVersions is how many versions a name has at most.
const maxVersions = 40

// words are what names and paths are made of.
var words = []string{"core", "react", "utils", "server", "node", "plugin", "babel", "webpack", "types", "cli", "data", "ui", "form",
	"router", "state", "auth", "client", "config", "date", "error", "event", "file", "graph", "hooks", "icons", "json", "kit",
	"logger", "mail", "parser", "query", "schema", "style", "table", "theme", "token", "upload", "vue", "worker", "yaml"}

// otherTypes are formats that larder lists beside npm.
var otherTypes = []record.PackageType{"generic", "maven", "pypi", "nuget", "terraform_module"}

// otherStatuses are what three of a hundred packages have.
var otherStatuses = []record.Status{record.StatusHidden, record.StatusError, record.StatusProcessing, record.StatusPendingDestruction}

// name is one package name in one project.
type name struct {
	project  int64
	text     string
	versions []record.Package
	// built tells that pipelines published it.
	built bool
}

// newName makes a name with at most limit versions.
func (f *filler) newName(limit int) name {
	p := f.projects[f.rand.IntN(len(f.projects))]
	n := name{project: p.ID, text: fmt.Sprintf("%s-%s-%d", f.word(), f.word(), f.names)}
	f.names++
	if f.rand.IntN(4) > 0 {
		n.text = fmt.Sprintf("@%s-%d/%s", f.word(), p.GroupID, n.text)
	}
	kind := record.NPM
	if f.rand.IntN(100) < 5 {
		kind = otherTypes[f.rand.IntN(len(otherTypes))]
	}
	n.built = f.rand.IntN(4) == 0
	for v := range min(1+f.rand.IntN(maxVersions), limit) {
		// Two in three packages are made in the same second as the one before.
		f.now = f.now.Add(max(0, time.Duration(f.rand.IntN(3)-1)) * time.Second)
		k := record.Package{ProjectID: p.ID, Type: kind, Name: n.text, Version: fmt.Sprintf("%d.%d.%d", 1+v/10, v%10, v%3),
			Status: record.StatusDefault, CreatedAt: f.now, UpdatedAt: f.now, Publisher: "root", CreatorID: 1}
		switch dice := f.rand.IntN(100); {
		case dice < 3:
			k.Status = otherStatuses[f.rand.IntN(len(otherStatuses))]
		case dice < 8:
			k.Status, k.Deprecated = record.StatusDeprecated, "use another version"
		}
		n.versions = append(n.versions, k)
	}
	return n
}

func (f *filler) word() string { return words[f.rand.IntN(len(words))] }

// write writes every record of the name.
func (n name) write(tx record.Tx, files bool) error {
	var last record.Package
	for _, k := range n.versions {
		k, err := n.build(tx, k)
		if err == nil {
			k, err = tx.Catalog().PutPackage(k)
		}
		if err == nil && files {
			err = writeFile(tx, k)
		}
		if err != nil {
			return err
		}
		last = k
	}
	if last.Type != record.NPM {
		return nil
	}
	_, err := tx.Catalog().PutTag(record.Tag{ProjectID: n.project, Package: n.text, Name: "latest", PackageID: last.ID,
		CreatedAt: last.CreatedAt, UpdatedAt: last.CreatedAt})
	return errors.Join(err, tx.Catalog().PutHolding(record.Holding{ProjectID: n.project, Name: n.text, Rev: 1,
		CreatedAt: n.versions[0].CreatedAt, ModifiedAt: last.CreatedAt, Maintainers: []string{"root"}}))
}

// build gives a package the pipeline that published it, if one did.
func (n name) build(tx record.Tx, k record.Package) (record.Package, error) {
	if !n.built {
		return k, nil
	}
	line, err := tx.Spaces().PutPipeline(record.Pipeline{ProjectID: n.project, UserID: k.CreatorID, Ref: "main",
		SHA: fmt.Sprintf("%x", sha1.Sum([]byte(k.Name+k.Version))), Status: "success", Source: "push",
		CreatedAt: k.CreatedAt, UpdatedAt: k.CreatedAt})
	k.Pipelines = []int64{line.ID}
	return k, err
}

// writeFile gives a package a manifest and a file, whose bytes do not exist.
func writeFile(tx record.Tx, k record.Package) error {
	text := fmt.Appendf(nil, `{"name":%q,"version":%q}`, k.Name, k.Version)
	_, err := tx.Catalog().PutFile(record.File{PackageID: k.ID, Name: fmt.Sprintf("%s-%s.tgz", k.Name, k.Version), Size: 1000 + k.ID%9000,
		SHA512: sha512.Sum512(text), CreatedAt: k.CreatedAt})
	if k.Type != record.NPM {
		return err
	}
	return errors.Join(err, tx.Catalog().PutManifest(record.Manifest{PackageID: k.ID, Text: record.Text{Inline: text, Size: int64(len(text))}}))
}
