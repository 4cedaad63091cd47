package proxy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/signature"
)

// judging is the judging of one document: what is known of its versions, and
// what the rules say about it.
type judging struct {
	*Proxy
	e     *entry
	s     *snapshot
	pk    *npm.Packument
	rules *Rules
	now   time.Time

	sight  record.Sight
	pins   map[string]record.Pin
	facts  map[string]records.Facts
	stored map[string]bool
	keys   signature.Keys
	// again is when upstream is asked for its keys once more; zero where it
	// answered.
	again time.Time

	// last are the dependencies of the version that was looked at before.
	last []policy.Dependency

	name     policy.NameFacts
	versions []policy.VersionFacts
}

// judgeDocument judges all versions of a document by what is known now.
func (p *Proxy) judgeDocument(ctx context.Context, e *entry, s *snapshot, rules *Rules) (*ruling, error) {
	if rules.Engine.Idle() {
		return p.unjudged(e, rules), nil
	}
	// Nothing decoded is held while upstream may be asked.
	if _, _, err := p.keysOf(ctx, e); err != nil {
		return nil, err
	}
	var r *ruling
	err := p.withParsed(ctx, e, s, func(pk *npm.Packument, _ *table) (err error) {
		r, err = p.judgeParsed(ctx, e, s, judgeable{pk, rules})
		return err
	})
	return r, err
}

// judgeNew is judgeDocument for a document that is decoded.
func (p *Proxy) judgeNew(ctx context.Context, e *entry, s *snapshot, what judgeable) (*ruling, error) {
	if what.rules.Engine.Idle() {
		return p.unjudged(e, what.rules), nil
	}
	return p.judgeParsed(ctx, e, s, what)
}

// unjudged is the ruling of rules that object to nothing.
func (p *Proxy) unjudged(e *entry, rules *Rules) *ruling {
	return &ruling{rules: rules, facts: e.facts.Load(), bursts: p.bursts.crossed.Load(), trust: p.trust.changed.Load()}
}

// judgeable is a document with the rules that it is judged by.
type judgeable struct {
	pk    *npm.Packument
	rules *Rules
}

// judgeParsed asks the guards about a decoded document.
func (p *Proxy) judgeParsed(ctx context.Context, e *entry, s *snapshot, what judgeable) (*ruling, error) {
	r := &ruling{rules: what.rules, facts: e.facts.Load(), trust: p.trust.changed.Load()}
	j := &judging{Proxy: p, e: e, s: s, pk: what.pk, rules: what.rules, now: p.opts.Now()}
	if err := j.look(ctx); err != nil {
		return nil, fmt.Errorf("gather facts: %w", err)
	}
	r.bursts = j.gather(ctx)
	j.decide(r)
	r.expire(j.again)
	return r, nil
}

// look reads what is stored about the name.
func (j *judging) look(ctx context.Context) error {
	name := j.e.key.name
	var errs [5]error
	j.sight, _, errs[0] = j.deps.Names.SightOf(ctx, name)
	var pins []record.Pin
	pins, errs[1] = j.deps.Names.Pins(ctx, name)
	j.facts, errs[2] = j.deps.Records.FactsOf(j.e.key.ns, name.String())
	var stored []string
	stored, errs[3] = j.deps.Records.Tarballs(j.e.key.ns, name.String())
	j.keys, j.again, errs[4] = j.keysOf(ctx, j.e)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	j.pins = make(map[string]record.Pin, len(pins))
	for _, pin := range pins {
		j.pins[pin.Version] = pin
	}
	j.stored = make(map[string]bool, len(stored))
	for _, v := range stored {
		j.stored[v] = true
	}
	return nil
}

// gather makes facts of the name and of each version: those of the document, and
// those that are stored though upstream lists them no longer.
func (j *judging) gather(ctx context.Context) (bursts uint64) {
	j.name = j.nameFacts()
	j.versions = make([]policy.VersionFacts, 0, len(j.pk.Versions))
	for i, read := range j.toRead() {
		v := &j.pk.Versions[i]
		j.versions = append(j.versions, j.listed(v))
		if !read {
			continue
		}
		if m, err := j.pk.Declared(v); err == nil {
			j.versions[i].Declared = j.share(manifestOf(m))
		}
	}
	for version := range j.stored {
		if _, ok := j.pk.Version(version); !ok {
			j.versions = append(j.versions, j.unlisted(version))
		}
	}
	j.publishers()
	bursts = j.outbursts()
	j.condemnations()
	j.births(ctx)
	return bursts
}

// nameFacts are what is known of the name.
func (j *judging) nameFacts() policy.NameFacts {
	name := j.e.key.name
	n := policy.NameFacts{
		Name: name, FirstSeen: j.sight.FirstSeen, Times: policy.No, Clock: policy.RegistryClock,
		Signs: policy.No, Signed: yes(j.sight.Signed), Holder: yes(j.pk.SecurityHolder()),
		Lookalike: policy.Resemblance{State: policy.No}, Return: policy.Return{State: policy.No},
	}
	if j.opts.Mirrors[j.e.reg.Name()] {
		n.Clock = policy.MirrorClock
	}
	if n.Created = birthOf(j.pk); !n.Created.IsZero() {
		j.born.Add(name, n.Created)
	}
	for i := range j.pk.Versions {
		v := &j.pk.Versions[i]
		if v.Published != "" {
			n.Times = policy.Yes
		}
		if v.Signed {
			n.Signed = policy.Yes
		}
	}
	if j.keys.Len() > 0 {
		n.Signs = policy.Yes
	}
	if j.rules.Lookalikes != nil && j.rules.asks(name, policy.G08) {
		n.Lookalike = j.rules.Lookalikes.Find(name)
	}
	if at, back := j.sight.Returned(); back {
		n.Return = policy.Return{State: policy.Yes, At: at}
	}
	return n
}

func yes(b bool) policy.Fact {
	if b {
		return policy.Yes
	}
	return policy.No
}

// listed are the facts of a version that the document lists.
func (j *judging) listed(v *npm.VersionInfo) policy.VersionFacts {
	f := policy.VersionFacts{
		Version: v.Key, Published: policy.ParsePublishTime(v.Published), Seen: j.seen(v.Key),
		Listing: policy.Listing{Listed: policy.Yes}, Provenance: policy.ProvenanceNone, Served: j.pins[v.Key].FirstSeen,
	}
	if j.s.rec.Gone.IsZero() {
		f.Pin = j.pinned(v)
	} else {
		f.Listing = policy.Listing{Listed: policy.No, Removed: j.s.rec.Gone}
		f.Pin = policy.Pin{Changed: policy.No}
	}
	if at, back := j.sight.Returned(); back && f.Published.At.After(j.sight.GoneAt) {
		f.Seen.First = later(f.Seen.First, at) // an old number, and nothing else of old
	}
	if v.Attested {
		f.Provenance = policy.ProvenanceAttested
	}
	known, ok := j.facts[v.Key]
	if ok {
		j.packed(&f, known)
		if known.Listing != listingOf(j.pk, v) && f.Tar.State == policy.TarGood {
			f.Tar = policy.Tar{} // it was compared with something else
		}
	}
	j.signatures(&f, v, known)
	return f
}

// unlisted are the facts of a version that is stored here and that upstream has
// removed.
func (j *judging) unlisted(version string) policy.VersionFacts {
	removed, ok := j.sight.RemovedAt(version)
	if !ok {
		removed = j.s.rec.Changed
	}
	f := policy.VersionFacts{
		Version: version, Seen: j.seen(version), Pin: policy.Pin{Changed: policy.No},
		Listing: policy.Listing{Listed: policy.No, Removed: removed}, Served: j.pins[version].FirstSeen,
	}
	known, ok := j.facts[version]
	f.Published = policy.ParsePublishTime(known.Published)
	if ok {
		j.packed(&f, known)
		f.Signature = policy.Signature{State: policy.SignatureState(known.Signature), KeyID: known.SignatureKey}
	}
	return f
}

// seen is when larder saw a version. One that nobody has noted yet counts as
// seen now.
func (j *judging) seen(version string) policy.Sight {
	first, without, withName, known := j.sight.Version(version)
	if !known {
		return policy.Sight{First: j.now, Without: j.sight.LastSeen, WithName: policy.No}
	}
	return policy.Sight{First: first, Without: without, WithName: yes(withName)}
}

// pinned compares what the document says of a version's bytes with the pin of
// their first sight.
func (j *judging) pinned(v *npm.VersionInfo) policy.Pin {
	pin, ok := j.pins[v.Key]
	if !ok {
		return policy.Pin{Changed: policy.No}
	}
	declared := declaredOf(v)
	if declared.IsZero() || declared.Strongest() != npm.SHA512 && declared.Strongest() != npm.SHA1 {
		return policy.Pin{Changed: policy.No, Since: pin.FirstSeen}
	}
	err := declared.Verify(npm.Sums{SHA512: pin.SHA512, SHA1: pin.SHA1, Size: pin.Size})
	return policy.Pin{Changed: yes(err != nil), Since: pin.FirstSeen, Stored: j.stored[v.Key]}
}

// packed adds what a tarball shows.
func (j *judging) packed(f *policy.VersionFacts, known records.Facts) {
	var found []policy.TarFinding
	for _, r := range known.Refusals {
		if g, ok := policy.ParseGuard(r.Guard); ok {
			found = append(found, policy.TarFinding{Guard: g, Text: r.Text})
		}
	}
	f.Tar = policy.SurveyedTar(found)
	// Of what nobody can read for sure, only what is bad counts.
	if !known.Unclear || known.Hooks != 0 {
		f.Packed = &policy.Manifest{Hooks: policy.Hooks(known.Hooks), License: known.License}
		for _, d := range known.Dependencies {
			f.Packed.Dependencies = append(f.Packed.Dependencies, policy.DependencyOf(d.Name, d.Spec))
		}
	}
	f.Indicator = policy.Match{State: policy.No}
	if feeds := j.rules.Feeds; feeds != nil {
		if id, hit := feeds.Hash(known.Digest[:]); hit {
			f.Indicator = policy.Match{State: policy.Yes, ID: id}
		} else if known.Indicators != j.rules.indicators && feeds.Size().Hashes > 0 {
			f.Indicator = policy.Match{} // it was not looked for
		} else if known.Indicator != "" {
			f.Indicator = policy.Match{State: policy.Yes, ID: known.Indicator}
		}
	}
}
