package npm

import (
	"cmp"
	"strings"
)

// TagTarget is what the repair of dist-tags has to know of a version.
type TagTarget struct {
	// Key is the version as the document spells it.
	Key string
	// Deprecated tells that the version's author advises against it.
	Deprecated bool
}

// RepairTags finds a new target for every dist-tag that points to one of the
// removed versions: the key is the tag, an empty value drops it. Tags that
// point elsewhere are left as they are. Versions that npm cannot read are no
// targets, and tags that point to one cannot move.
//
// A tag only ever moves down: moved up, it would hand out a version that its
// author never gave it. When a version was published does not count, since a
// late fix of an old line is newer than the line that the tag is on. latest
// stays in its major where it can, as a client that asked for latest of 2.x
// expects to run with a 2.x, and becomes a prerelease only where it was one;
// every other tag stays in its channel (beta, canary). Of versions that differ
// in build metadata alone the first one counts.
func RepairTags(tags []Tag, remaining, removed []TagTarget) map[string]string {
	gone := make(map[string]bool, len(removed))
	for _, t := range removed {
		gone[t.Key] = t.Deprecated
	}
	left := make([]candidate, 0, len(remaining))
	for _, t := range remaining {
		if c, ok := newCandidate(t); ok {
			left = append(left, c)
		}
	}
	repaired := map[string]string{}
	for _, t := range tags {
		if deprecated, ok := gone[t.Version]; ok {
			repaired[t.Name] = lower(t.Name, TagTarget{t.Version, deprecated}, left)
		}
	}
	return repaired
}

// repairedTags are the dist-tags that the edit moves, or drops where the new
// target is empty. Where it restricts all that there is, no tag remains.
func (r *renderer) repairedTags() map[string]string {
	if len(r.e.Omit) == 0 && len(r.e.Restrict) == 0 {
		return nil
	}
	var removed []TagTarget
	for _, t := range r.p.Tags {
		if r.e.gone(t.Version) {
			info, known := r.p.Version(t.Version)
			removed = append(removed, TagTarget{t.Version, known && info.Deprecated})
		}
	}
	if removed == nil && len(r.restricted) == 0 {
		return nil
	}
	remaining := make([]TagTarget, 0, len(r.p.Versions))
	for i := range r.p.Versions {
		if v := &r.p.Versions[i]; !r.e.gone(v.Key) {
			remaining = append(remaining, TagTarget{v.Key, v.Deprecated})
		}
	}
	if len(remaining) == 0 && len(r.restricted) > 0 {
		for _, t := range r.p.Tags {
			removed = append(removed, TagTarget{Key: t.Version})
		}
	}
	return RepairTags(r.p.Tags, remaining, removed)
}

// TagsAfter are the dist-tags that a rendering with this edit shows.
func (p *Packument) TagsAfter(e Edit) []Tag {
	r := renderer{p: p, e: e, restricted: p.restricted(e.Restrict)}
	repaired := r.repairedTags()
	tags := make([]Tag, 0, len(p.Tags))
	for _, t := range p.Tags {
		if moved, ok := repaired[t.Name]; ok {
			t.Version = moved
			if moved == "" {
				continue
			}
		}
		tags = append(tags, t)
	}
	return tags
}

// candidate is a version that a tag could move to.
type candidate struct {
	TagTarget
	version Version
	channel string
}

func newCandidate(t TagTarget) (candidate, bool) {
	v, err := ParseLoose(t.Key)
	if err != nil {
		return candidate{}, false
	}
	return candidate{TagTarget: t, version: v, channel: channelOf(v)}, true
}

// lower is the best remaining version at or below a tag's old target, or
// empty.
func lower(tag string, from TagTarget, left []candidate) string {
	target, ok := newCandidate(from)
	if !ok {
		return ""
	}
	var best *candidate
	for i := range left {
		c := &left[i]
		if !eligible(tag, target, c) {
			continue
		}
		if best == nil || prefer(target, c, best) > 0 {
			best = c
		}
	}
	if best == nil {
		return ""
	}
	return best.Key
}

// eligible tells whether a tag may move to c. Tags other than latest name a
// channel, and do not leave it.
func eligible(tag string, target candidate, c *candidate) bool {
	if c.version.Compare(target.version) > 0 {
		return false
	}
	if c.version.Prerelease() && !target.version.Prerelease() {
		return false
	}
	if tag == "latest" {
		return true
	}
	return c.channel == target.channel && c.version.Prerelease() == target.version.Prerelease()
}

// prefer orders two candidates: above zero when a is the better one. What the
// author deprecated comes last, unless the tag pointed to such a version
// already; then the same major counts, then the higher version.
func prefer(target candidate, a, b *candidate) int {
	if !target.Deprecated && a.Deprecated != b.Deprecated {
		if b.Deprecated {
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
