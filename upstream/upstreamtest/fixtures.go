package upstreamtest

import (
	"fmt"
	"maps"
)

// The fixture packages that tests name.
const (
	LegacyName      = "BranchStream"     // capitals, as names had once
	TildeName       = "twig~legacy"      // a character that names had once
	ManyName        = "evergreen"        // more than 300 versions
	HashlessName    = "seedling"         // 0.1.0 declares no checksum
	SHA1Name        = "sapling"          // 0.9.0 declares sha1 alone
	PrereleaseName  = "bud-next"         // has prereleases only
	DeprecatedName  = "dead-wood"        // 1.0.0 is deprecated
	BigName         = "heartwood"        // its tarball has 3 MB
	BundledName     = "nest"             // carries its dependency
	PeersName       = "graft"            // optional peer dependencies
	ScriptName      = "sprout"           // declares an install script
	PlatformName    = "@oak/press"       // optional packages by platform
	AdvisoryName    = "rotten"           // has an advisory
	UnpublishedName = "fallen"           // a tombstone
	TaggedName      = "@oak/calendar"    // dist-tags next and beta
	AttestedName    = "@oak/certificate" // has an attestation
)

// manifest is short for the fields of package.json.
type manifest = map[string]any

// deps is short for a map of dependencies.
type deps = map[string]string

// Fixtures is a set of packages as an application really finds them: scopes,
// two majors of one package at once, optional packages by platform, bundled
// and peer dependencies, commands, odd names and old versions.
func Fixtures() []Package {
	var all []Package
	all = append(all, leaves()...)
	all = append(all, branches()...)
	all = append(all, scoped()...)
	all = append(all, platforms()...)
	return append(all, oddities()...)
}

// App is the package.json of an application that depends on the fixtures, as
// JSON. What a client cannot install may be left out by name.
func App(without ...string) []byte {
	dependencies := deps{
		"trunk": "^3.0.0", "canopy": "^2.1.0", "root-system": "~1.4.0",
		"forest": "^1.0.0", "@oak/core": "^5.0.0", "@oak/cli": "^2.0.0",
		"@birch/router": "^4.0.0", "old-growth": "^1.0.0",
		"leaf-alias": "npm:leaf@^1.0.0", "leaf": "^2.0.0",
		LegacyName: "^1.3.0", TildeName: "^1.0.0", ManyName: "^2.4.0",
		HashlessName: "0.1.0", SHA1Name: "0.9.0", PrereleaseName: "1.0.0-beta.3",
		DeprecatedName: "1.0.0", BigName: "^1.0.0", BundledName: "^1.0.0",
		PeersName: "^1.0.0", ScriptName: "^1.0.0", PlatformName: "^1.0.0",
		TaggedName: "next", AttestedName: "^1.0.0", AdvisoryName: "1.0.0",
	}
	development := deps{"bark": "^1.0.0", "@birch/test": "^1.0.0", "moss": "*"}
	optional := deps{"mac-watch": "^1.0.0"}
	for _, name := range without {
		for _, set := range []deps{dependencies, development, optional} {
			delete(set, name)
		}
	}
	return encode(object{
		{"name", "fixture-app"}, {"version", "1.0.0"}, {"private", true}, {"license", "MIT"},
		{"dependencies", dependencies}, {"devDependencies", development},
		{"optionalDependencies", optional},
	})
}

// lib is a package whose versions share one manifest.
func lib(name string, fields manifest, versions ...string) Package {
	p := Simple(name, versions...)
	for i := range p.Versions {
		p.Versions[i].Manifest = fields
		p.Versions[i].Attested = name == AttestedName
		p.Versions[i].Files = map[string]string{
			"index.js":     fmt.Sprintf("exports.name = %q;\nexports.version = %q;\n", name, p.Versions[i].Version),
			"lib/inner.js": "'use strict';\n",
		}
	}
	return p
}

// needs is a manifest with dependencies, given as name and range in turn.
func needs(pairs ...string) manifest {
	d := deps{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i]] = pairs[i+1]
	}
	return manifest{"dependencies": d}
}

// with merges fields into one manifest.
func with(parts ...manifest) manifest {
	out := manifest{}
	for _, p := range parts {
		maps.Copy(out, p)
	}
	return out
}

// command is a manifest with commands and the files for them.
func command(p Package, bins ...string) Package {
	for i := range p.Versions {
		table, files := deps{}, maps.Clone(p.Versions[i].Files)
		for _, b := range bins {
			table[b] = "./bin/" + b + ".js"
			files["bin/"+b+".js"] = fmt.Sprintf("#!/usr/bin/env node\nconsole.log(%q)\n", b+" "+p.Versions[i].Version)
		}
		v := &p.Versions[i]
		v.Manifest, v.Files = with(v.Manifest, manifest{"bin": table}), files
	}
	return p
}
