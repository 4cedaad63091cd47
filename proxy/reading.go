package proxy

import (
	"slices"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// readAge is how old a version is at most whose manifest is read where guards
// only warn by it: nobody is helped by a warning about what everybody has had
// for months, and reading the manifests is most of what judging costs.
const readAge = 90 * 24 * time.Hour

// readBefore is how many lower versions are read along with one, which is
// compared with the highest of them that is not denied.
const readBefore = 3

// contentGuards judge by what manifests say. The cooldown does where scripts make
// it longer.
var contentGuards = [...]policy.Guard{policy.G14, policy.G15, policy.G16, policy.G41}

// toRead tells for each version of the document whether its manifest has to be
// read: all where a guard refuses by it or only tries what that would come to,
// those that are new or tagged where guards warn, and none where nobody looks.
func (j *judging) toRead() []bool {
	out := make([]bool, len(j.pk.Versions))
	name := j.e.key.name
	warned := j.rules.asks(name, policy.G11)
	for _, g := range contentGuards {
		switch j.rules.Engine.ModeOf(name, g) {
		case policy.Off:
		case policy.Warning:
			warned = true
		default:
			for i := range out {
				out[i] = true
			}
			return out
		}
	}
	if warned {
		j.readNew(out)
	}
	return out
}

// readNew marks the versions that are new or tagged, and those that they may be
// compared with.
func (j *judging) readNew(out []bool) {
	order := j.ascending()
	for at, i := range order {
		if !j.isNew(&j.pk.Versions[i]) {
			continue
		}
		out[i] = true
		releases := 0
		for below := at - 1; below >= 0 && releases < readBefore; below-- {
			v := order[below]
			release := !prerelease(j.pk.Versions[v].Key)
			if release {
				releases++
			}
			if release || at-below <= readBefore {
				out[v] = true
			}
		}
	}
}

// isNew tells whether a version is young, came after larder first saw the name,
// or is what a dist-tag gives.
func (j *judging) isNew(v *npm.VersionInfo) bool {
	if j.tagged(v.Key) {
		return true
	}
	t := policy.ParsePublishTime(v.Published)
	if t.State != policy.TimeStated || j.now.Sub(t.At) < readAge {
		return true
	}
	seen := j.seen(v.Key)
	return seen.WithName == policy.No && j.now.Sub(seen.First) < readAge
}

// ascending are the places of the versions, from low to high.
func (j *judging) ascending() []int {
	parsed := make([]npm.Version, len(j.pk.Versions))
	order := make([]int, len(parsed))
	for i := range order {
		order[i] = i
		if v, err := npm.ParseLoose(j.pk.Versions[i].Key); err == nil {
			parsed[i] = v
		}
	}
	slices.SortFunc(order, func(a, b int) int { return parsed[a].Compare(parsed[b]) })
	return order
}

func prerelease(version string) bool {
	v, err := npm.ParseLoose(version)
	return err == nil && v.Prerelease()
}
