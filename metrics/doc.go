// Package metrics owns larder's measurements: one Metrics value on a registry
// of its own, with recorder methods named after events. It refuses to know
// package names, versions, users and addresses: every label comes from a set
// that is closed when the server starts.
package metrics
