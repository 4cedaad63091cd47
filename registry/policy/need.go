package policy

import "strings"

// Need is a set of facts that a verdict waits for.
type Need uint16

// The facts that can be wanting.
const (
	NeedTimes Need = 1 << iota
	NeedTarball
	NeedPrevious
	NeedPreviousTarball
	NeedManifest
	NeedDependencyAges
	NeedSignature
	NeedProvenance
	NeedPublisher
	NeedBurst
	NeedFeeds
	NeedListing
	NeedPin
	NeedName
)

// String returns the names of the facts.
func (n Need) String() string {
	var names []string
	for i, name := range [...]string{
		"publish time", "tarball", "previous version", "tarball of the previous version", "manifest",
		"age of dependencies", "signature", "provenance", "publisher", "versions published with it", "feeds",
		"upstream's list", "pin", "facts of the name",
	} {
		if n&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
