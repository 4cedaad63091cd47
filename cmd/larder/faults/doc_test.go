// Package faults holds tests that run the built larder as a process of its own
// in front of registries that misbehave: what clients are told, what is kept,
// what is left behind, and what a kill, a start and a stop do. It has no code
// of its own.
//
// Larder's deadlines towards upstream are half a minute and no setting. The
// tests that wait for them run with LARDER_E2E=1 alone. LARDER_E2E_BINARY names
// a larder that is built already.
package faults
