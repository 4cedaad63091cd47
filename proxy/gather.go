package proxy

import (
	"context"
	"slices"
	"time"

	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/signature"
)

// manifestOf makes of a manifest's facts what policies judge.
func manifestOf(m npm.ManifestFacts) *policy.Manifest {
	out := &policy.Manifest{License: policy.LicenseText(m.License, m.Licenses)}
	for _, script := range [...]struct {
		has  bool
		hook policy.Hooks
	}{
		{m.Scripts.Preinstall, policy.Preinstall}, {m.Scripts.Install, policy.Install}, {m.Scripts.Postinstall, policy.Postinstall},
	} {
		if script.has {
			out.Hooks |= script.hook
		}
	}
	if m.HasInstallScript && out.Hooks == 0 {
		out.Hooks = policy.Install // it does not say which
	}
	out.Dependencies = slices.Grow(out.Dependencies, len(m.Dependencies)+len(m.Optional))
	for _, list := range [...][]npm.DependencySpec{m.Dependencies, m.Optional} {
		for _, d := range list {
			out.Dependencies = append(out.Dependencies, policy.DependencyOf(d.Name, d.Spec))
		}
	}
	return out
}

// signedAge is how old a version may be to have its signature checked before its
// tarball is asked for: checking costs more than all other guards together.
const signedAge = 30 * 24 * time.Hour

// signatures checks the signatures of a version, unless that was done before
// with the same keys or can wait for its tarball.
func (j *judging) signatures(f *policy.VersionFacts, v *npm.VersionInfo, known records.Facts) {
	switch {
	case !v.Signed:
		f.Signature.State = policy.Unsigned
		return
	case j.keys.Len() == 0:
		f.Signature.State = policy.SignatureUnknownKey
		return
	case known.SignatureKeys != "" && known.SignatureKeys == keysDigest(j.keys):
		f.Signature = policy.Signature{State: policy.SignatureState(known.Signature), KeyID: known.SignatureKey}
		return
	}
	young := f.Published.State != policy.TimeStated || j.now.Sub(f.Published.At) < signedAge
	if !young && !j.tagged(v.Key) || !j.rules.asks(j.e.key.name, policy.G28, policy.G29, policy.G11) {
		return
	}
	f.Signature = j.checkSignatures(j.pk, v, j.keys)
}

// tagged tells whether a dist-tag of upstream points to a version.
func (j *judging) tagged(version string) bool {
	return slices.ContainsFunc(j.pk.Tags, func(t npm.Tag) bool { return t.Version == version })
}

// checkSignatures checks the signatures of a version with trusted keys.
func (p *Proxy) checkSignatures(pk *npm.Packument, v *npm.VersionInfo, keys signature.Keys) policy.Signature {
	list, err := pk.Signatures(v)
	if err != nil {
		return policy.Signature{State: policy.SignatureInvalid}
	}
	signed := make([]signature.Signature, 0, len(list))
	for _, s := range list {
		signed = append(signed, signature.Signature{KeyID: s.KeyID, Sig: s.Sig})
	}
	subject := signature.Subject{Name: pk.Name, Version: v.Key, Integrity: v.Integrity}
	if t := policy.ParsePublishTime(v.Published); t.State == policy.TimeStated {
		subject.Published = t.At
	}
	verdict := keys.Verify(subject, signed)
	p.guarding().SignatureChecked(verdict.Result.String())
	out := policy.Signature{KeyID: verdict.KeyID}
	switch verdict.Result {
	case signature.Missing:
		out.State = policy.Unsigned
	case signature.UnknownKey:
		out.State = policy.SignatureUnknownKey
	case signature.Invalid:
		out.State = policy.SignatureInvalid
	case signature.Valid:
		out.State = policy.SignatureValid
	}
	return out
}

// publishers tells for each version whether who published it had published the
// name before, in the order of their times.
func (j *judging) publishers() {
	if !j.rules.asks(j.e.key.name, policy.G17, policy.G32, policy.G33) {
		return
	}
	order := make([]int, 0, len(j.pk.Versions))
	for i := range j.pk.Versions {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return j.versions[a].Published.At.Compare(j.versions[b].Published.At)
	})
	before := make(map[string]bool)
	for n, i := range order {
		who := j.pk.Publisher(&j.pk.Versions[i])
		f := &j.versions[i]
		if who.Trusted {
			f.Provenance = max(f.Provenance, policy.ProvenanceTrusted)
		}
		f.Publisher = policy.Publisher{State: policy.PublisherKnown, Name: who.Name}
		switch {
		case who.Name == "":
			f.Publisher.State = policy.PublisherUnstated
		case n > 0 && len(before) > 0 && !before[who.Name]:
			f.Publisher.State = policy.PublisherNew
		}
		if who.Name != "" {
			before[who.Name] = true
		}
	}
	for i := len(j.pk.Versions); i < len(j.versions); i++ {
		j.versions[i].Publisher.State = policy.PublisherUnstated
	}
}

// outbursts tells for each version how many were published about the same time,
// and returns how many bursts were counted by then.
func (j *judging) outbursts() uint64 {
	name := j.e.key.name
	list := make([]arrival, len(j.versions))
	for i := range j.versions {
		f := &j.versions[i]
		at := f.Published.At
		if f.Published.State != policy.TimeStated || j.name.Clock != policy.RegistryClock {
			at = f.Seen.First
		}
		list[i] = arrival{scope: name.Scope(), publisher: f.Publisher.Name, id: name.String() + "@" + f.Version, at: at}
	}
	found, counted := j.bursts.note(list, j.now, j.rules.Engine.BurstVersions())
	for i, b := range found {
		j.versions[i].Burst = b
	}
	for group, b := range j.bursts.unwritten() {
		if err := j.deps.Records.PutBurst(group, b); err != nil {
			j.log.Warn("a burst is remembered in memory only", "group", group, "err", err)
		}
	}
	return counted
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// condemnations adds what feeds say, and what is known of downloads.
func (j *judging) condemnations() {
	no := policy.Match{State: policy.No}
	feeds := j.rules.Feeds
	if feeds == nil {
		for i := range j.versions {
			j.versions[i].Malware, j.versions[i].Fix, j.versions[i].Indicator = no, no, no
		}
		return
	}
	about := feeds.Package(j.e.key.name)
	published := make([]string, 0, len(j.pk.Versions))
	for i := range j.pk.Versions {
		published = append(published, j.pk.Versions[i].Key)
	}
	for i := range j.versions {
		f := &j.versions[i]
		f.Malware, f.Fix = no, no
		if m, known := about.Malware(f.Version); known {
			f.Malware = policy.Match{State: policy.Yes, ID: m.ID}
		}
		if id, fixes := about.Fix(f.Version, published); fixes {
			f.Fix = policy.Match{State: policy.Yes, ID: id}
		}
		if f.Indicator.State == policy.Unknown && feeds.Size().Hashes == 0 {
			f.Indicator = no
		}
	}
}

// births adds when the dependencies of young versions came to be, as far as that
// is known without asking anybody.
func (j *judging) births(ctx context.Context) {
	if !j.rules.asks(j.e.key.name, policy.G16) {
		return
	}
	known := make(map[string]time.Time)
	done := make(map[*policy.Dependency]bool) // lists that versions share, by their beginning
	for i := range j.versions {
		for _, m := range [...]*policy.Manifest{j.versions[i].Declared, j.versions[i].Packed} {
			if m == nil || len(m.Dependencies) == 0 || done[&m.Dependencies[0]] {
				continue
			}
			done[&m.Dependencies[0]] = true
			for k := range m.Dependencies {
				if d := &m.Dependencies[k]; d.Exotic == policy.FromRegistry {
					d.Created = j.createdOnce(ctx, known, d.Name)
				}
			}
		}
	}
}

// createdOnce is createdOf for names that come again and again.
func (j *judging) createdOnce(ctx context.Context, known map[string]time.Time, name string) time.Time {
	at, ok := known[name]
	if !ok {
		at = j.createdOf(ctx, name)
		known[name] = at
	}
	return at
}

// share gives a manifest the list of dependencies of the version before it in
// the document where both have the same, as of most names nearly all have.
func (j *judging) share(m *policy.Manifest) *policy.Manifest {
	if slices.Equal(m.Dependencies, j.last) {
		m.Dependencies = j.last
	}
	j.last = m.Dependencies
	return m
}
