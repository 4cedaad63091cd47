package upstreamtest

import "time"

// attacksInContent bring something to a package that runs on install, or that
// nobody judges.
func attacksInContent(now time.Time) []Attack {
	gyp := sleeper(now)
	gyp.Files = deps{
		"index.js": "exports.bad = true;\n", "setup.js": payload,
		"binding.gyp": `{"targets":[{"target_name":"x","type":"none","sources":["<!(node setup.js)"]}]}` + "\n",
	}
	loader := sleeper(now)
	loader.Manifest = manifest{"optionalDependencies": deps{"@setup/loader": "github:setup/loader#0badc0de0badc0de0badc0de0badc0de0badc0de"}}
	direct := sleeper(now)
	direct.Manifest = needs("fetched-helper", "https://files.example.com/helper-1.0.0.tgz")
	copyleft := sleeper(now)
	copyleft.Manifest = manifest{"license": "GPL-3.0-only"}
	return []Attack{
		Attack{Name: "preinstall in a release", Guard: "G14", Runs: true}.released(past("scripted", now), sleeper(now).armed("preinstall")),
		Attack{Name: "postinstall in a release", Guard: "G14", Runs: true}.released(past("post-scripted", now), sleeper(now).armed("postinstall")),
		Attack{Name: "binding.gyp without a script", Guard: "G14"}.released(past("phantom-gyp", now), gyp),
		Attack{Name: "git as an optional dependency", Guard: "G15"}.released(past("loaded", now), loader),
		Attack{Name: "address as a dependency", Guard: "G15"}.released(past("fetched", now), direct),
		youngChild(now),
		Attack{Name: "licence of a release", Guard: "G41"}.released(past("relicensed", now), copyleft),
		confusedScripts(now), confusedDependencies(now),
	}
}

// youngChild is a version that depends on a package which was made for it.
func youngChild(now time.Time) Attack {
	child := Version{Version: "4.2.1", Published: now.Add(-18 * time.Minute), Publisher: "child-maker"}.armed("postinstall")
	parent := Version{Version: nextBad, Published: now.Add(-4 * day), Manifest: needs("plain-cipher", "^4.2.1")}
	history := past("http-helper", now)
	a := Attack{Name: "dependency minutes old", Guard: "G16", Runs: true}.released(history, parent)
	a.steps = []func(*Registry){serving(Package{Name: "plain-cipher", Description: "Ciphers", Versions: []Version{child}},
		history.adding(parent))}
	return a
}

// confusedScripts is a tarball that runs what its document does not show.
func confusedScripts(now time.Time) Attack {
	v := sleeper(now).armed("postinstall")
	v.Declared = manifest{}
	return Attack{Name: "script that the document hides", Guard: "G22", Runs: true}.released(past("confused-scripts", now), v)
}

// confusedDependencies is a tarball that needs what its document does not show.
func confusedDependencies(now time.Time) Attack {
	v := sleeper(now)
	v.Manifest, v.Declared = needs("hidden-child", "^1.0.0"), manifest{}
	a := Attack{Name: "dependency that the document hides", Guard: "G22"}.released(past("confused-needs", now), v)
	a.history = append(a.history, Package{Name: "hidden-child", Versions: []Version{
		Version{Version: "1.0.0", Published: now.Add(-asleep), Publisher: "child-hider"}.armed("postinstall"),
	}})
	return a
}

// attacksInTrust are versions that another than before has published, or in
// another way.
func attacksInTrust(now time.Time) []Attack {
	attested := past("unattested", now).each(func(v *Version) { v.Attested = true })
	takeover := Version{Version: nextBad, Published: now.Add(-4 * day), Publisher: "mallory"}
	stripped, forged := sleeper(now), sleeper(now)
	stripped.Signing, forged.Signing = Unsigned, SignedWrong
	return []Attack{
		Attack{Name: "release without provenance", Guard: "G32"}.released(attested, sleeper(now)),
		Attack{Name: "release by another publisher", Guard: "G33"}.released(past("handed-over", now), takeover),
		Attack{Name: "stripped signature", Guard: "G29"}.released(past("unsigned", now), stripped),
		Attack{Name: "signature by another key", Guard: "G28"}.released(past("forged", now), forged),
	}
}
