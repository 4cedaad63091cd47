// Package proxy is the pull-through brain: it answers packuments and tarballs
// of public names from ready bytes, from the cache or from upstream, verifies
// what comes in, and decides how long it is good for. It knows nothing of how
// requests arrive.
package proxy
