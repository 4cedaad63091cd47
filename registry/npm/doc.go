// Package npm owns what the npm ecosystem calls things and how its documents
// are read and written: names, versions, ranges, integrity, packuments, the
// manifest inside a tarball, and the words for what goes wrong. It knows
// nothing of HTTP, storage or upstream, does no I/O of its own and starts no
// goroutine.
package npm
