// Package registry holds a team's own packages: it publishes, tags, deprecates,
// deletes and serves them, and decides which of them a caller may see at which
// place. It asks accounts who somebody is and names whose a name is, and it
// refuses to know HTTP and how upstreams are reached.
package registry
