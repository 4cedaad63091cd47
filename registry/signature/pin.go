package signature

// Drift is how the keys that a registry lists differ from those that are
// pinned.
type Drift struct {
	// New are IDs of keys that are not pinned. They are not trusted: whoever
	// can replace packages can list keys.
	New []string
	// Gone are IDs of pinned keys that are no longer listed. They stay trusted
	// for what they signed.
	Gone []string
	// Expired are IDs of pinned keys that now end, or end earlier.
	Expired []string
}

// None tells that nothing differs.
func (d Drift) None() bool { return len(d.New)+len(d.Gone)+len(d.Expired) == 0 }

// Pin compares pinned keys with those that their registry lists now, and
// returns the keys to trust from now on. At the first sight, where nothing is
// pinned, these are all that are listed. Later a registry can only narrow what
// is trusted: it can let a key end, and neither add nor replace one.
func (k Keys) Pin(listed Keys) (Keys, Drift) {
	if k.Len() == 0 {
		return listed, Drift{}
	}
	out, d := Keys{list: k.All()}, Drift{}
	for i, pinned := range out.list {
		now, ok := listed.Find(pinned.ID)
		switch {
		case !ok:
			d.Gone = append(d.Gone, pinned.ID)
		case !now.Expires.IsZero() && pinned.covers(now.Expires):
			out.list[i].Expires = now.Expires
			d.Expired = append(d.Expired, pinned.ID)
		}
	}
	for _, now := range listed.list {
		if _, ok := k.Find(now.ID); !ok {
			d.New = append(d.New, now.ID)
		}
	}
	return out, d
}
