// Package e2e holds tests that install with real package managers through the
// built larder program. It has no code of its own.
//
// A plain go test runs the journey of the npm on PATH. LARDER_E2E=1 runs every
// client; they are installed through npm, once, into LARDER_E2E_CACHE or the
// user's cache folder. LARDER_E2E_BINARY names a larder that is built already.
package e2e
