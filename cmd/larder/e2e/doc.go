// Package e2e holds tests that install and publish with real package managers
// through the built larder program. It has no code of its own.
//
// A plain go test runs the journeys of the npm on PATH. LARDER_E2E=1 runs every
// client; they are installed through npm, once, into LARDER_E2E_CACHE or the
// user's cache folder. LARDER_E2E_BINARY names a larder that is built already.
// Signing in needs the program script, which gives a client its terminal.
package e2e
