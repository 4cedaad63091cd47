package badgerstore

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// manifestRow is a line of JSON that describes the two texts. What is inline of
// them follows the line unchanged, because base64 and escapes would make two
// texts of full length too long for a value.
type manifestRow struct {
	Text   textRow `json:"text"`
	Readme textRow `json:"readme,omitzero"`
	// Facts are those of the tarball.
	Facts npm.TarFacts `json:"facts,omitzero"`
}

type textRow struct {
	// Inline is how many bytes follow; nil where none do.
	Inline *int   `json:"inline,omitempty"`
	Blob   []byte `json:"blob,omitempty"`
	Size   int64  `json:"size,omitempty"`
}

func manifestKey(packageID int64) []byte { return numberKey(tableManifest, packageID) }

func rowOfText(t record.Text) textRow {
	r := textRow{Size: t.Size}
	if t.Inline != nil {
		n := len(t.Inline)
		r.Inline = &n
	}
	if t.Blob != [64]byte{} {
		r.Blob = t.Blob[:]
	}
	return r
}

// text takes its bytes from rest and returns what is left.
func (r textRow) text(rest []byte) (t record.Text, left []byte, err error) {
	t.Size = r.Size
	if r.Inline != nil {
		n := *r.Inline
		if n < 0 || n > len(rest) {
			return t, nil, record.ErrCorrupt
		}
		t.Inline, rest = rest[:n:n], rest[n:]
	}
	if r.Blob != nil {
		if len(r.Blob) != len(t.Blob) {
			return t, nil, record.ErrCorrupt
		}
		copy(t.Blob[:], r.Blob)
	}
	return t, rest, nil
}

// Manifest implements record.Manifests.
func (c catalog) Manifest(packageID int64) (record.Manifest, error) {
	key := manifestKey(packageID)
	value, ok, err := c.tx.kv.Get(key)
	if err == nil && !ok {
		return record.Manifest{}, missing("manifest of package", packageID)
	}
	m := record.Manifest{}
	if err == nil {
		m, err = decodeManifest(key, value)
	}
	if err != nil {
		return record.Manifest{}, fmt.Errorf("read manifest of package %d: %w", packageID, err)
	}
	return m, nil
}

// PutManifest implements record.Manifests. The package must be there.
func (c catalog) PutManifest(m record.Manifest) error {
	if err := m.Validate(); err != nil {
		return err
	}
	p, err := c.Package(m.PackageID)
	if err != nil {
		return err
	}
	line, err := json.Marshal(manifestRow{Text: rowOfText(m.Text), Readme: rowOfText(m.Readme), Facts: m.Facts})
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	text := bytes.Join([][]byte{line, {'\n'}, m.Text.Inline, m.Readme.Inline}, nil)
	if err := putText(c.tx.kv, manifestKey(m.PackageID), text); err != nil {
		return fmt.Errorf("write manifest of package %d: %w", m.PackageID, err)
	}
	c.changed(p.Name)
	return nil
}

func decodeManifest(key, value []byte) (record.Manifest, error) {
	m := record.Manifest{PackageID: lastNumber(key)}
	text, err := textOf(key, value)
	if err != nil {
		return m, err
	}
	line, rest, _ := bytes.Cut(text, []byte{'\n'})
	var r manifestRow
	if err := json.Unmarshal(line, &r); err != nil {
		return m, fmt.Errorf("record: %w: %w", record.ErrCorrupt, err)
	}
	m.Facts = r.Facts
	if m.Text, rest, err = r.Text.text(rest); err != nil {
		return m, err
	}
	if m.Readme, rest, err = r.Readme.text(rest); err != nil {
		return m, err
	}
	if len(rest) != 0 || m.Validate() != nil {
		return m, record.ErrCorrupt
	}
	return m, nil
}

// errNoPackage is for what belongs to a package of another project or name.
func errNoPackage(what string) error {
	return fmt.Errorf("%s of another package: %w", what, npm.ErrInvalid)
}
