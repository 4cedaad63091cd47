// Package advisory reads feeds of malware reports and advisories from files and
// answers from memory what they say about a name, a version or a hash. It knows
// nothing of networks, of who asks, or of whether a package may be served.
//
// Feeds are records in OSV's form, https://ossf.github.io/osv-schema/, as
// ossf/malicious-packages and GitHub's advisory database keep them: a folder, a
// zip, or a file with one record per line. Lists of hashes come beside them.
package advisory
