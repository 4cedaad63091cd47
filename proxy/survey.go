package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// surveyed is a tarball that is looked into: where its bytes are and whose it is.
type surveyed struct {
	key    tarballKey
	digest blob.Digest
	bytes  io.ReaderAt
	size   int64
}

// survey reads a tarball to its end and notes all that policies judge of it.
// Who asks what it is holds the report against it.
func (p *Proxy) survey(ctx context.Context, e *entry, in surveyed) (facts records.Facts, report *npm.TarReport, err error) {
	rules, err := p.judgeable()
	if err != nil {
		return facts, nil, err
	}
	limits := npm.TarLimits{}
	if feeds := rules.Feeds; feeds != nil && feeds.Size().Hashes > 0 {
		limits.Known, facts.Indicators = feeds.Hash, rules.indicators
	}
	report, err = npm.SurveyTar(io.NewSectionReader(in.bytes, 0, in.size), limits)
	if err != nil {
		return facts, nil, fmt.Errorf("survey tarball: %w", err)
	}
	facts.Digest, facts.Indicator = in.digest, report.Indicator
	if limits.Known != nil && facts.Indicator == "" {
		if facts.Indicator, err = knownBytes(in, limits.Known); err != nil {
			return facts, nil, err
		}
	}
	for _, r := range report.Refusals {
		facts.Refusals = append(facts.Refusals, records.FactRefusal{Guard: r.Guard, Text: r.Text})
	}
	p.describe(&facts, report)
	facts.Clean, err = p.compare(ctx, e, in.key, report, &facts)
	return facts, report, err
}

// knownBytes tells whether the tarball as a whole is known.
func knownBytes(in surveyed, known func([]byte) (string, bool)) (string, error) {
	if id, ok := known(in.digest[:]); ok {
		return id, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(in.bytes, 0, in.size)); err != nil {
		return "", fmt.Errorf("hash tarball: %w", err)
	}
	id, _ := known(sum.Sum(nil))
	return id, nil
}

// describe notes what the tarball's own manifest says.
func (p *Proxy) describe(facts *records.Facts, report *npm.TarReport) {
	m := report.Manifest
	own := manifestOf(m)
	if report.Facts.HasGyp {
		own.Hooks |= policy.Gyp
	}
	facts.Hooks, facts.License, facts.Unclear = uint8(own.Hooks), own.License, m.Unclear
	for _, list := range [...][]npm.DependencySpec{m.Dependencies, m.Optional} {
		for _, d := range list {
			facts.Dependencies = append(facts.Dependencies, records.FactDependency{Name: d.Name, Spec: d.Spec})
		}
	}
}

// compare holds a tarball against what its document says of the version.
func (p *Proxy) compare(ctx context.Context, e *entry, key tarballKey, report *npm.TarReport, facts *records.Facts) (clean bool, err error) {
	s := e.snap.Load().document()
	if s == nil {
		return false, nil
	}
	keys, _, err := p.keysOf(ctx, e)
	if err != nil {
		return false, err
	}
	err = p.withParsed(ctx, e, s, func(pk *npm.Packument, _ *table) error {
		v, ok := pk.Version(key.version)
		if !ok {
			return nil
		}
		facts.Published, facts.Listing = v.Published, listingOf(pk, v)
		if v.Signed && keys.Len() > 0 {
			sig := p.checkSignatures(pk, v, keys)
			facts.Signature, facts.SignatureKey, facts.SignatureKeys = uint8(sig.State), sig.KeyID, keysDigest(keys)
		}
		var confused *npm.Error
		if err := report.CheckListed(pk, v); errors.As(err, &confused) {
			facts.Refusals = append(facts.Refusals, records.FactRefusal{Guard: confused.Guard, Text: confused.Text})
		}
		if m, err := pk.Declared(v); err == nil {
			clean = sound(facts) && sameFacts(manifestOf(m), facts)
		}
		return nil
	})
	return clean, err
}

// listingOf names what a document says of a version, all of it.
func listingOf(pk *npm.Packument, v *npm.VersionInfo) string {
	sum := sha256.Sum256(pk.Manifest(v))
	return hex.EncodeToString(sum[:8])
}

// sound tells whether there is nothing about a tarball that any guard objects
// to.
func sound(f *records.Facts) bool {
	return len(f.Refusals) == 0 && !f.Unclear && f.Indicator == "" &&
		policy.SignatureState(f.Signature) != policy.SignatureInvalid
}

// sameFacts tells whether a tarball runs and pulls in what its document says.
func sameFacts(m *policy.Manifest, f *records.Facts) bool {
	if uint8(m.Hooks) != f.Hooks || m.License != f.License {
		return false
	}
	for _, d := range f.Dependencies {
		of := policy.DependencyOf(d.Name, d.Spec)
		if !slices.ContainsFunc(m.Dependencies, func(o policy.Dependency) bool { return o.Name == of.Name && o.Exotic == of.Exotic }) {
			return false
		}
	}
	return true
}

// keepFacts stores the facts of a tarball. Those that may change what is said
// about the name make it be judged again.
func (p *Proxy) keepFacts(e *entry, key tarballKey, facts records.Facts) {
	err := e.keep(func() error {
		return p.deps.Records.PutFacts(key.ns, key.name.String(), key.version, facts)
	})
	if err != nil {
		// Nothing is served by facts that are not there: they are read again.
		p.log.Error("facts of a tarball are not kept", "pkg", key.name.String(), "version", key.version, "err", err)
	}
	if !facts.Clean {
		e.facts.Add(1)
	}
}

// surveyStored looks into a tarball that was stored when nobody asked what is in
// it, or before something new was known to look for.
func (p *Proxy) surveyStored(ctx context.Context, e *entry, key tarballKey, st storedTarball) error {
	body, err := p.openWhole(ctx, st.digest, st.size)
	if err != nil {
		return err
	}
	defer body.Close()
	facts, _, err := p.survey(ctx, e, surveyed{key: key, digest: st.digest, bytes: body, size: st.size})
	if err != nil {
		return err
	}
	p.keepFacts(e, key, facts)
	p.stored.Add(key, st.known(facts))
	return nil
}

// known adds to where a tarball is what is known of its content.
func (s storedTarball) known(facts records.Facts) storedTarball {
	s.clean, s.indicators = facts.Clean && facts.Digest == s.digest, facts.Indicators
	return s
}

// soundBy tells whether a stored tarball is known to be just what its document
// says, compared with all content that rules know.
func (s storedTarball) soundBy(rules *Rules) bool { return s.clean && s.indicators == rules.indicators }
