package upstreamtest

import "fmt"

// oddities are packages that a registry has for reasons of history, and that
// break those who think that all packages are alike.
func oddities() []Package {
	return []Package{
		command(lib(LegacyName, needs("leaf", ">=1.0.0 <3"), "1.0.0", "1.3.5"), "BranchStream"),
		// The same letters in lower case are another package.
		lib("branchstream", nil, "1.0.0", "1.3.5"),
		lib(TildeName, nil, "1.0.0", "1.0.1"),
		lib("egg", nil, "1.0.0", "1.0.3"), // yarn 4 does not use bundled copies
		many(), hashless(), prereleases(), deprecated(), bundled(), peers(), script(),
		{Name: BigName, Description: "A large tarball", Versions: []Version{
			{Version: "1.0.0", Padding: 3 << 20, Files: deps{"index.js": "module.exports = 1;\n"}},
		}},
		{Name: SHA1Name, Description: "From the time before sha512", Versions: []Version{
			{Version: "0.9.0", Hashes: HashesSHA1}, {Version: "1.0.0"},
		}},
		{Name: UnpublishedName, Unpublished: true},
	}
}

// many has more versions than anybody wants to read through.
func many() Package {
	p := Package{Name: ManyName, Description: "Released every night"}
	for i := range 320 {
		v := fmt.Sprintf("%d.%d.%d", 1+i/160, i/20%8, i%20)
		if i%10 == 9 {
			v += fmt.Sprintf("-canary.%d", i)
		}
		p.Versions = append(p.Versions, Version{Version: v, Manifest: needs("sap", "^1.0.0")})
	}
	p.Tags = deps{"canary": p.Versions[319].Version}
	return p
}

func hashless() Package {
	return Package{Name: HashlessName, Description: "Older than checksums", Versions: []Version{
		{Version: "0.1.0", Hashes: HashesNone}, {Version: "0.2.0", Hashes: HashesSHA1}, {Version: "1.0.0"},
	}}
}

func prereleases() Package {
	return Package{
		Name: PrereleaseName, Description: "Never finished",
		Tags:     deps{"next": "1.0.0-beta.3"},
		Versions: lib(PrereleaseName, needs("leaf", "^2.1.0"), "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.3").Versions,
	}
}

func deprecated() Package {
	p := lib(DeprecatedName, nil, "0.9.0", "1.0.0", "2.0.0")
	p.Versions[1].Deprecated = `1.x is <dead> & gone, use "2.0.0"`
	return p
}

// bundled carries two packages inside, one of them not as the registry has it.
func bundled() Package {
	p := Package{Name: BundledName, Description: "Brings its own"}
	p.Versions = append(p.Versions, Version{
		Version: "1.0.0",
		Manifest: with(needs("egg", "^1.0.0", "cone", "1.0.0", "twine", "^0.5.0"),
			manifest{"bundleDependencies": []string{"egg", "cone"}}),
		Files: deps{
			"index.js":                       "module.exports = require('egg');\n",
			"node_modules/egg/package.json":  `{"name":"egg","version":"1.0.3","main":"index.js"}` + "\n",
			"node_modules/egg/index.js":      "module.exports = 'egg';\n",
			"node_modules/cone/package.json": `{"name":"cone","version":"1.0.0","main":"index.js"}` + "\n",
			"node_modules/cone/index.js":     "module.exports = 'bundled cone';\n",
		},
	})
	return p
}

// peers wants one package of its user, and can do without two others.
func peers() Package {
	return lib(PeersName, manifest{
		"peerDependencies": deps{"leaf": "^2.0.0", "stem": ">=1", "@oak/absent": "*"},
		"peerDependenciesMeta": map[string]map[string]bool{
			"stem": {"optional": true}, "@oak/absent": {"optional": true},
		},
	}, "1.0.0", "1.0.1")
}

// script declares an install script that does no harm and leaves no trace.
func script() Package {
	return lib(ScriptName, manifest{"scripts": deps{"install": "node -e 0", "test": "exit 1"}}, "1.0.0")
}
