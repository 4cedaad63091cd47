package registry

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// write composes the packument of what was gathered.
func (s *Service) write(ctx context.Context, name npm.Name, sh *shelf) ([]byte, error) {
	c := npm.Composition{Name: name, Rev: RevText(sh.rev), Created: sh.created, Modified: sh.modified, Stars: sh.stars}
	for tag, version := range sh.tags {
		c.Tags = append(c.Tags, npm.Tag{Name: tag, Version: version})
	}
	slices.SortFunc(c.Tags, func(a, b npm.Tag) int { return compareTags(a.Name, b.Name) })
	people, err := s.people(ctx, sh)
	if err != nil {
		return nil, err
	}
	for _, who := range sh.maintainers {
		c.Maintainers = append(c.Maintainers, people[who])
	}
	for i := range sh.versions {
		v, err := s.version(ctx, &sh.versions[i], people)
		if err != nil {
			return nil, fmt.Errorf("compose %s@%s: %w", name, sh.versions[i].pkg.Version, err)
		}
		c.Versions = append(c.Versions, v)
		if v.Key == sh.tags[latest] {
			if c.Readme, err = s.text(ctx, sh.versions[i].manifest.Readme); err != nil {
				return nil, fmt.Errorf("compose %s: %w", name, err)
			}
		}
	}
	return npm.Compose(c)
}

// compareTags sorts latest first and the others by name, as people look for
// them.
func compareTags(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == latest || b != latest && a < b:
		return -1
	}
	return 1
}

// version makes one version of a composition.
func (s *Service) version(ctx context.Context, v *shelved, people map[string]npm.Person) (npm.ComposedVersion, error) {
	text, err := s.text(ctx, v.manifest.Text)
	if err != nil {
		return npm.ComposedVersion{}, err
	}
	attestations, err := s.attestationsOf(ctx, v)
	if err != nil {
		return npm.ComposedVersion{}, err
	}
	signatures, err := s.signaturesOf(v)
	if err != nil {
		return npm.ComposedVersion{}, err
	}
	return npm.ComposedVersion{
		Attestations: attestations, Signatures: signatures,
		Key: v.pkg.Version, Manifest: text, Deprecated: v.pkg.Deprecated,
		SHA512: v.tarball.SHA512, SHA1: v.tarball.SHA1, Facts: v.manifest.Facts,
		Publisher: people[v.pkg.Publisher], Published: v.pkg.CreatedAt,
	}, nil
}

// attestationsOf makes the dist.attestations of a version: where they are, and
// what they are about.
func (s *Service) attestationsOf(ctx context.Context, v *shelved) ([]byte, error) {
	if v.provenance.ID == 0 {
		return nil, nil
	}
	bundle, err := s.text(ctx, record.Text{Blob: v.provenance.SHA512, Size: v.provenance.Size})
	if err != nil {
		return nil, err
	}
	var a struct {
		URL        string `json:"url"`
		Provenance struct {
			PredicateType string `json:"predicateType"`
		} `json:"provenance"`
	}
	a.URL = attestationBase + "/-/npm/v1/attestations/" + v.pkg.Name + "@" + v.pkg.Version
	a.Provenance.PredicateType = predicateType(bundle)
	return json.Marshal(a)
}

// people finds how documents show those who appear in one. Somebody who is no
// user any more, or never was one, is shown by name alone.
func (s *Service) people(ctx context.Context, sh *shelf) (map[string]npm.Person, error) {
	out := map[string]npm.Person{}
	names := slices.Clone(sh.maintainers)
	for i := range sh.versions {
		names = append(names, sh.versions[i].pkg.Publisher)
	}
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		for _, who := range names {
			if _, known := out[who]; known || who == "" {
				continue
			}
			out[who] = npm.Person{Name: who}
			u, err := tx.Accounts().UserByName(who)
			switch {
			case err == nil:
				out[who] = npm.Person{Name: who, Email: u.Email}
			case !errors.Is(err, npm.ErrNotFound):
				return err
			}
		}
		return nil
	})
	return out, err
}

// Attested is an attestation as npm's clients read it.
type Attested struct {
	PredicateType string          `json:"predicateType"`
	Bundle        json.RawMessage `json:"bundle"`
}

// Attestations returns what was published beside the tarball of a version.
// Without any it is npm.ErrNotFound.
func (s *Service) Attestations(ctx context.Context, l Location, version string) ([]Attested, error) {
	sh, err := s.gather(ctx, l.name.String(), l.holders)
	if err != nil {
		return nil, err
	}
	for _, v := range sh.versions {
		if v.pkg.Version != version || v.provenance.ID == 0 {
			continue
		}
		bundle, err := s.text(ctx, record.Text{Blob: v.provenance.SHA512, Size: v.provenance.Size})
		if err != nil {
			return nil, err
		}
		return []Attested{{PredicateType: predicateType(bundle), Bundle: bundle}}, nil
	}
	return nil, &npm.Error{Kind: npm.ErrNotFound, Package: l.name.String(), Version: version,
		Text: "no attestations were published with " + l.name.String() + "@" + version}
}

// predicateType finds what an attestation is about: in its bundle lies an
// envelope, and in that, encoded, a statement (in-toto's Statement).
func predicateType(bundle []byte) string {
	var b struct {
		Envelope struct {
			Payload string `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	var statement struct {
		PredicateType string `json:"predicateType"`
	}
	if json.Unmarshal(bundle, &b) != nil {
		return ""
	}
	payload, err := base64.StdEncoding.DecodeString(b.Envelope.Payload)
	if err != nil || json.Unmarshal(payload, &statement) != nil {
		return ""
	}
	return statement.PredicateType
}
