//go:build race

package httpd

// poolsForget is how many allocations an answer may cost because the race
// detector makes pools forget at random what they hold (sync.Pool.Put).
const poolsForget = 12
