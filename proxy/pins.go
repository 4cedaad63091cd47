package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// applyPins works out what the pins of first-seen tarballs change in a
// document: a version that upstream declares no sha512 for gets the one that
// was seen, and a version that upstream now declares differently keeps what it
// had (npm versions are immutable, so a change is an incident). t is the
// document's table; where it is nil it is looked up if there are pins at all.
func (p *Proxy) applyPins(ctx context.Context, e *entry, s *snapshot, t *table) error {
	pins, err := p.deps.Names.Pins(ctx, e.key.name)
	if err != nil {
		return fmt.Errorf("read pins: %w", err)
	}
	if len(pins) == 0 {
		return nil
	}
	if t == nil {
		if t, err = p.tableOf(ctx, e, s); err != nil {
			return err
		}
	}
	for _, pin := range pins {
		r, ok := t.rows[pin.Version]
		if !ok {
			continue
		}
		if fix, ok := p.fixOf(e, r, pin); ok {
			if s.dist == nil {
				s.dist = make(map[string]npm.DistFix)
			}
			s.dist[pin.Version] = fix
		}
	}
	s.verdict = verdictOf(s.dist, s.ruling)
	return nil
}

func (p *Proxy) fixOf(e *entry, r row, pin record.Pin) (npm.DistFix, bool) {
	fix := npm.DistFix{
		Integrity: npm.IntegrityOfSHA512(pin.SHA512).String(),
		Shasum:    hex.EncodeToString(pin.SHA1[:]),
	}
	declared := r.declared()
	if declared.IsZero() {
		return fix, !r.signed
	}
	err := declared.Verify(npm.Sums{SHA512: pin.SHA512, SHA1: pin.SHA1, Size: pin.Size})
	if _, strong := declared.SHA512(); err == nil && strong {
		return npm.DistFix{}, false
	} else if err == nil || declared.Strongest() != npm.SHA512 && declared.Strongest() != npm.SHA1 {
		// Weaker than the pin, or of an algorithm that pins do not keep.
		return fix, !r.signed
	}
	p.deps.Metrics.IntegrityChanged()
	p.log.Error("upstream changed the integrity of a version; the first seen one stays",
		"pkg", e.key.name.String(), "version", r.version, "upstream", e.reg.Name(), "since", pin.FirstSeen)
	return fix, true
}

// verdictOf is the digest of all that larder changes in a document.
func verdictOf(dist map[string]npm.DistFix, r *ruling) verdict {
	if len(dist) == 0 && (r == nil || r.digest == [16]byte{}) {
		return verdict{}
	}
	versions := make([]string, 0, len(dist))
	for v := range dist {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	h := sha256.New()
	if r != nil {
		h.Write(r.digest[:])
	}
	for _, v := range versions {
		fmt.Fprintf(h, "%q %q %q\n", v, dist[v].Integrity, dist[v].Shasum)
	}
	return verdict(h.Sum(nil)[:16])
}

// rejudge renews a name's snapshot after a pin that its document must show. t is
// as in applyPins.
func (p *Proxy) rejudge(ctx context.Context, e *entry, t *table) error {
	for {
		old := e.snap.Load()
		if !old.usable() {
			return nil
		}
		s := old.with(nil, old.ruling)
		if err := p.applyPins(ctx, e, s, t); err != nil {
			return err
		}
		if e.snap.CompareAndSwap(old, s) {
			return nil
		}
	}
}
