// Package rest is GitLab's REST API, and larder's own below "larder/", over the
// registry and its accounts. It reads parameters, words answers and leaves the
// rest to the rooms below. It refuses to know how requests travel: the front
// end gives it requests whose senders are known, and sends what it returns.
package rest
