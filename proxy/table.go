package proxy

import (
	"context"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// row is what a tarball request needs to know of a version.
type row struct {
	version   string
	url       string // where upstream says the tarball is; may be empty
	integrity string // as upstream declares it; may be empty
	shasum    string // as upstream declares it; may be empty
	signed    bool
	// limit is how much of it may be fetched while nobody asks for it; zero for
	// all of it. A document does not say that, whoever fetches ahead does.
	limit int64
}

// declared is the strongest integrity that upstream states for the version;
// zero where it states none that can be read.
func (r row) declared() npm.Integrity {
	return strongest(r.integrity, r.shasum)
}

// declaredOf is the same of a version as the document has it.
func declaredOf(v *npm.VersionInfo) npm.Integrity { return strongest(v.Integrity, v.Shasum) }

func strongest(integrity, shasum string) npm.Integrity {
	if i, err := npm.ParseIntegrity(integrity); err == nil {
		return i
	}
	if i, err := npm.IntegrityOfShasum(shasum); err == nil {
		return i
	}
	return npm.Integrity{}
}

// table is the rows of one document, small enough to stay in memory when the
// document is not.
type table struct {
	rows map[string]row
	tags map[string]string
	// created is when the package came to be; zero where nobody knows.
	created time.Time
	bytes   int64
}

func tableCost(_ parsedKey, t *table) int64 { return t.bytes }

// newTable copies what it keeps, so that it does not hold the document.
func newTable(pk *npm.Packument) *table {
	t := &table{rows: make(map[string]row, len(pk.Versions)), tags: make(map[string]string, len(pk.Tags)), created: birthOf(pk)}
	for _, tag := range pk.Tags {
		t.tags[strings.Clone(tag.Name)] = strings.Clone(tag.Version)
		t.bytes += int64(len(tag.Name)+len(tag.Version)) + 100
	}
	for i := range pk.Versions {
		v := &pk.Versions[i]
		r := row{
			version: strings.Clone(v.Key), url: strings.Clone(v.Tarball),
			integrity: strings.Clone(v.Integrity), shasum: strings.Clone(v.Shasum), signed: v.Signed,
		}
		t.rows[r.version] = r
		t.bytes += int64(len(r.version)+len(r.url)+len(r.integrity)+len(r.shasum)) + 160
	}
	return t
}

// find returns the row of a version, or the row whose upstream file has the
// name asked for: lockfiles remember odd file names that larder's own
// documents no longer use.
func (t *table) find(version, file string) (row, bool) {
	if r, ok := t.rows[version]; ok {
		return r, true
	}
	for _, r := range t.rows {
		if strings.HasSuffix(r.url, "/"+file) {
			return r, true
		}
	}
	return row{}, false
}

// resolve turns a version or a dist-tag into the key of a version.
func (t *table) resolve(selector string) (version string, ok bool) {
	if r, ok := t.rows[selector]; ok {
		return r.version, true
	}
	r, ok := t.rows[t.tags[selector]]
	return r.version, ok
}

// tableOf returns the version table of a snapshot, decoding the document where
// neither is in memory, once however many ask: after a restart every tarball of
// a large document asks at the same time.
func (p *Proxy) tableOf(ctx context.Context, e *entry, s *snapshot) (*table, error) {
	key := keyOf(e, s)
	if t, ok := p.tables.Get(key); ok {
		return t, nil
	}
	fl, _ := p.tabling.Start(key, p.briefly, func(ctx context.Context) (t *table, err error) {
		if t, ok := p.tables.Get(key); ok {
			return t, nil
		}
		err = p.withParsed(ctx, e, s, func(pk *npm.Packument, made *table) error {
			if t = made; t == nil {
				t = newTable(pk)
				p.tables.Add(key, t)
			}
			return nil
		})
		return t, err
	})
	return fl.Wait(ctx)
}
