package badgerstore

import (
	"fmt"
	"strings"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// names implements record.Names.
type names struct{ tx *tx }

type claimRow struct {
	Origin            string    `json:"origin"`
	By                string    `json:"by"`
	Upstream          string    `json:"upstream,omitempty"`
	ProjectID         int64     `json:"project_id,omitempty"`
	ClaimedAt         time.Time `json:"claimed_at,omitzero"`
	FirstUpstreamSeen time.Time `json:"first_upstream_seen,omitzero"`

	Tombstone *record.Tombstone `json:"tombstone,omitempty"`
	Release   *record.Tombstone `json:"release,omitempty"`
}

type pinRow struct {
	SHA512    []byte    `json:"sha512"`
	SHA1      []byte    `json:"sha1"`
	Size      int64     `json:"size"`
	FirstSeen time.Time `json:"first_seen,omitzero"`
	Upstream  string    `json:"upstream,omitempty"`
	Declared  string    `json:"declared,omitempty"`
}

func claimKey(name string) []byte { return append([]byte{tableClaim}, name...) }

// pinPrefix ends with NUL, so that the pins of "a" are not those of "ab".
func pinPrefix(name string) []byte { return append(append([]byte{tablePin}, name...), 0) }

func pinKey(name, version string) []byte { return append(pinPrefix(name), version...) }

// Claim implements record.Names.
func (n names) Claim(name string) (record.Claim, error) {
	var r claimRow
	ok, err := row(n.tx.kv, claimKey(name), &r)
	if err != nil {
		return record.Claim{}, fmt.Errorf("read claim of %q: %w", name, err)
	}
	if !ok {
		return record.Claim{}, fmt.Errorf("claim of %q: %w", name, npm.ErrNotFound)
	}
	return claimOf(name, r)
}

func claimOf(name string, r claimRow) (record.Claim, error) {
	origin, err := record.ParseOrigin(r.Origin)
	c := record.Claim{Name: name, Origin: origin, By: r.By, Upstream: r.Upstream, ProjectID: r.ProjectID,
		ClaimedAt: r.ClaimedAt, FirstUpstreamSeen: r.FirstUpstreamSeen, Tombstone: r.Tombstone, Release: r.Release}
	if err != nil || c.Validate() != nil {
		return record.Claim{}, fmt.Errorf("read claim of %q: %w", name, record.ErrCorrupt)
	}
	return c, nil
}

// ClaimsAfter implements record.Names.
func (n names) ClaimsAfter(after string, limit int) ([]record.Claim, error) {
	claims := []record.Claim{}
	if limit <= 0 {
		return claims, nil
	}
	err := n.tx.kv.Scan([]byte{tableClaim}, claimKey(after), func(key, value []byte) error {
		var r claimRow
		name := string(key[1:])
		if err := decodeRow(key, value, &r); err != nil {
			return fmt.Errorf("read claim of %q: %w", name, err)
		}
		c, err := claimOf(name, r)
		if err != nil {
			return err
		}
		if claims = append(claims, c); len(claims) == limit {
			return kv.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	return claims, nil
}

// PutClaim implements record.Names.
func (n names) PutClaim(c record.Claim) error {
	if err := c.Validate(); err != nil {
		return err
	}
	err := putRow(n.tx.kv, claimKey(c.Name), claimRow{Origin: c.Origin.String(), By: c.By, Upstream: c.Upstream, ProjectID: c.ProjectID,
		ClaimedAt: c.ClaimedAt.UTC(), FirstUpstreamSeen: c.FirstUpstreamSeen.UTC(),
		Tombstone: inUTC(c.Tombstone), Release: inUTC(c.Release)})
	if err != nil {
		return fmt.Errorf("write claim of %q: %w", c.Name, err)
	}
	n.tx.changed(record.ClaimChanged, c.Name, "")
	return nil
}

func inUTC(t *record.Tombstone) *record.Tombstone {
	if t == nil {
		return nil
	}
	out := *t
	utc(&out.At)
	return &out
}

// Pin implements record.Names.
func (n names) Pin(name, version string) (record.Pin, error) {
	if strings.IndexByte(name, 0) >= 0 {
		return record.Pin{}, fmt.Errorf("pin of %q: %w", name, npm.ErrNotFound)
	}
	value, ok, err := n.tx.kv.Get(pinKey(name, version))
	if err != nil {
		return record.Pin{}, fmt.Errorf("read pin of %s@%s: %w", name, version, err)
	}
	if !ok {
		return record.Pin{}, fmt.Errorf("pin of %s@%s: %w", name, version, npm.ErrNotFound)
	}
	return decodePin(name, pinKey(name, version), value)
}

// PutPin implements record.Names.
func (n names) PutPin(p record.Pin) error {
	if err := p.Validate(); err != nil {
		return err
	}
	err := putRow(n.tx.kv, pinKey(p.Name, p.Version), pinRow{SHA512: p.SHA512[:], SHA1: p.SHA1[:], Size: p.Size,
		FirstSeen: p.FirstSeen.UTC(), Upstream: p.Upstream, Declared: p.Declared})
	if err != nil {
		return fmt.Errorf("write pin of %s@%s: %w", p.Name, p.Version, err)
	}
	n.tx.changed(record.PinChanged, p.Name, p.Version)
	return nil
}

// Pins implements record.Names.
func (n names) Pins(name string) ([]record.Pin, error) {
	pins := []record.Pin{}
	if strings.IndexByte(name, 0) >= 0 {
		return pins, nil
	}
	err := n.tx.kv.Scan(pinPrefix(name), nil, func(key, value []byte) error {
		p, err := decodePin(name, key, value)
		pins = append(pins, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read pins of %q: %w", name, err)
	}
	return pins, nil
}

func decodePin(name string, key, value []byte) (record.Pin, error) {
	var r pinRow
	version := string(key[len(pinPrefix(name)):])
	err := decodeRow(key, value, &r)
	p := record.Pin{Name: name, Version: version, Size: r.Size, FirstSeen: r.FirstSeen, Upstream: r.Upstream, Declared: r.Declared}
	if err == nil && (len(r.SHA512) != len(p.SHA512) || len(r.SHA1) != len(p.SHA1)) {
		err = record.ErrCorrupt
	}
	copy(p.SHA512[:], r.SHA512)
	copy(p.SHA1[:], r.SHA1)
	if err == nil && p.Validate() != nil {
		err = record.ErrCorrupt
	}
	if err != nil {
		return record.Pin{}, fmt.Errorf("read pin of %s@%s: %w", name, version, err)
	}
	return p, nil
}
