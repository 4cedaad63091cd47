package npm

import (
	"cmp"
	"strings"
)

// repairTags finds a new target for every dist-tag that points to an omitted
// version: the key is the tag, an empty value drops it. Tags that point to
// nothing upstream either are left as they are.
//
// A tag only ever moves down: moved up, it would hand out a version that its
// author never gave it. It stays in its major where it can, since a client
// that asked for latest of 2.x expects to run with a 2.x.
func repairTags(p *Packument, omit map[string]bool) map[string]string {
	if len(omit) == 0 {
		return nil
	}
	var repaired map[string]string
	var left []candidate
	for _, t := range p.Tags {
		if !omit[t.Version] {
			continue
		}
		if repaired == nil {
			repaired = map[string]string{}
			left = candidates(p, omit)
		}
		repaired[t.Name] = lower(p, t, left)
	}
	return repaired
}

// candidate is a version that a tag could move to.
type candidate struct {
	key        string
	version    Version
	channel    string
	deprecated bool
}

func newCandidate(key string, deprecated bool) (candidate, bool) {
	v, err := ParseLoose(key)
	if err != nil {
		return candidate{}, false
	}
	return candidate{key: key, version: v, channel: channelOf(v), deprecated: deprecated}, true
}

// candidates are the versions that remain.
func candidates(p *Packument, omit map[string]bool) []candidate {
	left := make([]candidate, 0, len(p.Versions))
	for i := range p.Versions {
		v := &p.Versions[i]
		if omit[v.Key] {
			continue
		}
		if c, ok := newCandidate(v.Key, v.Deprecated); ok {
			left = append(left, c)
		}
	}
	return left
}

// lower is the best remaining version at or below a tag's target, or empty.
func lower(p *Packument, t Tag, left []candidate) string {
	info, known := p.Version(t.Version)
	target, ok := newCandidate(t.Version, known && info.Deprecated)
	if !ok {
		return ""
	}
	var best *candidate
	for i := range left {
		c := &left[i]
		if !eligible(t.Name, target, c) {
			continue
		}
		if best == nil || prefer(target, c, best) > 0 {
			best = c
		}
	}
	if best == nil {
		return ""
	}
	return best.key
}

// eligible tells whether a tag may move to c. Tags other than latest name a
// channel (beta, canary), and do not leave it.
func eligible(tag string, target candidate, c *candidate) bool {
	if c.version.Compare(target.version) > 0 {
		return false
	}
	if c.version.Prerelease() && !target.version.Prerelease() {
		return false
	}
	return tag == "latest" || c.channel == target.channel
}

// prefer orders two candidates: above zero when a is the better one. What the
// author deprecated comes last, unless the tag pointed to such a version
// already; then the same major counts, then the higher version.
func prefer(target candidate, a, b *candidate) int {
	if !target.deprecated && a.deprecated != b.deprecated {
		if b.deprecated {
			return 1
		}
		return -1
	}
	aMajor := a.version.Major() == target.version.Major()
	if aMajor != (b.version.Major() == target.version.Major()) {
		if aMajor {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.version.Compare(b.version), 0)
}

// channelOf is the word that a prerelease starts with ("beta" in
// 1.0.0-beta.3), empty for releases and for bare numbers.
func channelOf(v Version) string {
	word, _, _ := strings.Cut(v.pre, ".")
	if isDigits(word) {
		return ""
	}
	return word
}
