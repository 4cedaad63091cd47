package upstreamtest

import (
	"strings"
	"time"
)

// Hashes says which checksums a version declares in its dist object.
type Hashes uint8

// The checksums that versions of different ages declare.
const (
	HashesAll    Hashes = iota // sha512 integrity and shasum, as today
	HashesSHA1                 // shasum alone, as before 2017
	HashesSHA512               // integrity alone, as some mirrors do
	HashesNone                 // nothing at all, as the oldest versions
)

// Package is what a Registry serves under one name.
type Package struct {
	Name        string
	Description string
	Readme      string
	Versions    []Version
	// Tags are the dist-tags. Without "latest", the last version that is no
	// prerelease gets it, or the last one if all are prereleases.
	Tags map[string]string
	// NoLatest leaves "latest" out.
	NoLatest bool
	// Unpublished makes the document a tombstone without versions.
	Unpublished bool
	// Repository replaces the address of the sources.
	Repository string
	// Removed are versions that were taken back: the document still says when
	// they were published, and nothing else of them is left.
	Removed []Version
}

// Version is one version of a package.
type Version struct {
	Version string
	// Manifest holds fields of package.json beside name and version:
	// dependencies, bin, os, scripts and so on.
	Manifest map[string]any
	// Files are added to the tarball. Without any, an index.js is made.
	Files map[string]string
	// Padding adds that many bytes that do not compress.
	Padding int
	// Deprecated is the message of a deprecated version. It is in the
	// document only, never in the tarball.
	Deprecated string
	Hashes     Hashes
	// Published defaults to a fixed time years ago.
	Published time.Time
	// Attested makes the document point at an attestation.
	Attested bool
	// TarballURL replaces dist.tarball.
	TarballURL string
	// Tarball replaces the packed files, for archives that npm never makes.
	Tarball []byte
	// Declared is what the document says in place of Manifest, where the
	// tarball says something else.
	Declared map[string]any
	// Stated replaces the publish time in the document; NoTime leaves it out.
	Stated string
	// Publisher is the account that published it, ada where it is empty.
	Publisher string
	Signing   Signing
}

// NoTime is the Version.Stated of a version that the document states no time of.
const NoTime = "none"

// Signing says how the document signs a version that declares all checksums.
type Signing uint8

// The ways to sign.
const (
	Signed      Signing = iota // by the registry's key, as npm's does
	Unsigned                   // not at all
	SignedWrong                // by another key that claims to be the registry's
)

// Simple is a package whose versions contain nothing special.
func Simple(name string, versions ...string) Package {
	p := Package{Name: name, Description: "The " + name + " package"}
	for _, v := range versions {
		p.Versions = append(p.Versions, Version{Version: v})
	}
	return p
}

// TarballPath is the path of a version's tarball below the registry.
func TarballPath(name, version string) string {
	return "/" + name + "/-/" + tarballFile(name, version)
}

func tarballFile(name, version string) string {
	base := name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		base = name[i+1:]
	}
	return base + "-" + version + ".tgz"
}

// firstPublish is long ago, because clients refuse what is only hours old.
var firstPublish = time.Date(2020, time.March, 1, 9, 30, 12, 345e6, time.UTC)

func (p Package) published(i int) time.Time {
	if t := p.Versions[i].Published; !t.IsZero() {
		return t
	}
	return firstPublish.Add(time.Duration(i) * 36 * time.Hour)
}

func (p Package) tags() map[string]string {
	tags := map[string]string{}
	for k, v := range p.Tags {
		tags[k] = v
	}
	if _, ok := tags["latest"]; ok || p.NoLatest || len(p.Versions) == 0 {
		return tags
	}
	latest := p.Versions[len(p.Versions)-1].Version
	for _, v := range p.Versions {
		if !strings.Contains(v.Version, "-") {
			latest = v.Version
		}
	}
	tags["latest"] = latest
	return tags
}
