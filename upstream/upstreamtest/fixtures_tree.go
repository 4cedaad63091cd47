package upstreamtest

// leaves depend on nothing. Two majors of some are wanted at the same time.
func leaves() []Package {
	var all []Package
	for _, name := range []string{
		"acorn-cup", "cone", "needle", "pollen", "stoma", "lichen", "resin", "sap",
		"cambium", "xylem", "phloem", "cork", "knot", "burl", "thorn", "berry-hull",
		"is-leaf", "has-bark", "to-timber", "once-felled",
	} {
		all = append(all, lib(name, nil, "1.0.0", "1.0.1", "1.1.0"))
	}
	return append(all,
		lib("leaf", manifest{"engines": deps{"node": ">=14"}}, "1.0.0", "1.2.0", "2.0.0", "2.1.3"),
		lib("ring", manifest{"funding": manifest{"url": "https://example.com/fund"}}, "1.0.0", "2.0.0", "3.0.0"),
		lib("twine", manifest{"directories": deps{"lib": "lib"}}, "0.4.1", "0.4.2", "0.5.0"),
		lib("moss", nil, "0.0.1", "0.0.2"),
	)
}

// branches depend on leaves and on each other.
func branches() []Package {
	return []Package{
		lib("trunk", needs("ring", "^3.0.0", "cambium", "^1.0.0", "branch", "^2.0.0"), "2.0.0", "3.0.0", "3.2.1"),
		lib("branch", needs("ring", "^2.0.0", "twine", "~0.4.0", "xylem", "^1.0.0", "phloem", "^1.1.0"), "1.0.0", "2.0.0", "2.3.0"),
		lib("canopy", needs("leaf", "^2.0.0", "stoma", "1.x", "is-leaf", "^1.0.0", "branch", "^2.3.0"), "2.1.0", "2.2.0"),
		lib("root-system", needs("ring", "^1.0.0", "sap", "*", "has-bark", ">=1.0.0 <2.0.0"), "1.4.0", "1.4.9", "1.5.0"),
		lib("forest", with(needs("trunk", "^3.0.0", "canopy", "^2.0.0", "clearing", "^1.0.0"),
			manifest{"devDependencies": deps{"not-published-anywhere": "^9.0.0"}}), "1.0.0", "1.0.7"),
		// The two need each other, as some packages do.
		lib("clearing", needs("glade", "^1.0.0", "pollen", "^1.0.0"), "1.0.0"),
		lib("glade", needs("clearing", "^1.0.0", "cone", "1.0.1"), "1.0.0", "1.1.0"),
		lib("old-growth", needs("leaf", "^1.0.0", "twine", "^0.5.0", "knot", "^1.0.0 || ^2.0.0"), "1.0.0"),
		command(lib("bark", needs("cork", "^1.0.0", "lichen", "^1.0.0"), "1.0.0", "1.0.2"), "bark"),
		lib("rotten", needs("resin", "^1.0.0"), "1.0.0", "2.0.0"),
	}
}

func scoped() []Package {
	return []Package{
		lib("@oak/core", needs("@oak/types", "^5.0.0", "@oak/utils", "^5.1.0", "burl", "^1.0.0"), "4.9.0", "5.0.0", "5.2.0"),
		lib("@oak/types", nil, "5.0.0", "5.2.0"),
		lib("@oak/utils", needs("@oak/types", "5.2.0", "thorn", "^1.0.0", "to-timber", "^1.0.0"), "5.1.0", "5.2.0"),
		command(lib("@oak/cli", needs("@oak/core", "^5.0.0", "once-felled", "^1.0.0", "needle", "^1.0.0"), "2.0.0", "2.0.4"), "oak", "oak-log"),
		{Name: TaggedName, Description: "Tags beside latest",
			Tags:     deps{"latest": "2.0.0", "next": "3.0.0-rc.2", "beta": "3.0.0-beta.1"},
			Versions: lib(TaggedName, nil, "1.0.0", "2.0.0", "3.0.0-beta.1", "3.0.0-rc.1", "3.0.0-rc.2").Versions},
		lib(AttestedName, needs("acorn-cup", "^1.0.0"), "1.0.0"),
		lib("@birch/router", needs("@birch/history", "^5.0.0", "leaf", "^2.0.0"), "4.0.0", "4.1.0"),
		lib("@birch/history", needs("ring", "^3.0.0"), "4.0.0", "5.0.0", "5.0.1"),
		command(lib("@birch/test", needs("@birch/expect", "^1.0.0", "berry-hull", "^1.0.0"), "1.0.0"), "birch-test"),
		lib("@birch/expect", needs("@oak/utils", "^5.1.0"), "1.0.0", "1.0.1"),
	}
}

// platforms is a package with native parts, as compilers are shipped.
func platforms() []Package {
	kinds := []struct {
		suffix string
		fields manifest
	}{
		{"linux-x64-gnu", manifest{"os": []string{"linux"}, "cpu": []string{"x64"}, "libc": []string{"glibc"}}},
		{"linux-x64-musl", manifest{"os": []string{"linux"}, "cpu": []string{"x64"}, "libc": []string{"musl"}}},
		{"linux-arm64-gnu", manifest{"os": []string{"linux"}, "cpu": []string{"arm64"}, "libc": []string{"glibc"}}},
		{"darwin-arm64", manifest{"os": []string{"darwin"}, "cpu": []string{"arm64"}}},
		{"darwin-x64", manifest{"os": []string{"darwin"}, "cpu": []string{"x64"}}},
		{"win32-x64-msvc", manifest{"os": []string{"win32"}, "cpu": []string{"x64"}}},
	}
	optional := deps{}
	all := []Package{lib("mac-watch", manifest{"os": []string{"darwin"}}, "1.0.0", "1.2.0")}
	for _, k := range kinds {
		name := PlatformName + "-" + k.suffix
		optional[name] = "1.4.0"
		all = append(all, lib(name, k.fields, "1.3.0", "1.4.0"))
	}
	main := command(lib(PlatformName, manifest{
		"optionalDependencies": optional, "engines": deps{"node": ">= 10"},
	}, "1.4.0"), "oak-press")
	return append(all, main)
}
