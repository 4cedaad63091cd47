// Package upstreamtest is an npm registry for tests: a real HTTP server on
// the loopback with real packages, which can also lie, stall, cut, reset and
// redirect on command. It knows nothing of larder. Every fault is steered by
// gates, so that no test has to sleep.
package upstreamtest
