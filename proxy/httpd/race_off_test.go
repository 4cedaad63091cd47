//go:build !race

package httpd

// poolsForget is how many allocations an answer may cost because pools forget
// what they hold: without the race detector they do not.
const poolsForget = 0
