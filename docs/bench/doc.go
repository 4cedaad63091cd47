// Command bench measures larder beside its peers in one run: the same
// documents and tarballs, the same load generator, in turns.
//
//	go run ./docs/bench
//
// It starts a fixture registry of its own, larder built from this tree,
// verdaccio installed through npm into a cache folder, and nginx serving the
// same bytes as files where nginx is on PATH. The result is Markdown on
// standard output; progress goes to standard error. Everything runs on the
// loopback and ends with the command.
//
// With -guards it measures what guards cost larder instead: a larder without any
// and one with all of them in turn, and how long hot requests take while a large
// feed is loaded.
//
// Absolute numbers say little, as clients, upstream and servers share one
// machine; ratios within one run are what to read.
package main
