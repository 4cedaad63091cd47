package upstreamtest

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// attacksByUpstream are what a registry itself does, or what is done to it.
func attacksByUpstream(now time.Time) []Attack {
	return []Attack{mutated(now), removed(now), resurrected(now), holder(now)}
}

// mutated is a version whose bytes change, with all that the document says of
// them.
func mutated(now time.Time) Attack {
	history := past("mutated", now)
	return Attack{
		Name: "version with other bytes", Guard: "G19", Package: history.Name, Good: lastGood, Bad: nextBad,
		Known: true, Fetched: true, Forgotten: true, Runs: true,
		history: []Package{history.adding(sleeper(now))},
		steps:   []func(*Registry){serving(history.adding(sleeper(now).armed("postinstall")))},
	}
}

// removed is a young version that the registry takes away, because it is bad.
func removed(now time.Time) Attack {
	history := past("removed", now)
	bad := Version{Version: nextBad, Published: now.Add(-4 * day), Publisher: history.Versions[0].Publisher}
	after := history
	after.Removed = []Version{bad}
	return Attack{
		Name: "removed while young", Guard: "G37", Package: history.Name, Good: lastGood, Bad: nextBad,
		Known: true, Fetched: true, Unlisted: true,
		history: []Package{history.adding(bad)},
		steps:   []func(*Registry){serving(after)},
	}
}

// resurrected is a name that its owner gave up and that a stranger takes.
func resurrected(now time.Time) Attack {
	history := past("resurrected", now)
	return Attack{
		Name: "name that came back", Guard: "G38", Package: history.Name, Good: lastGood, Bad: "5.0.0", Known: true, Runs: true,
		history: []Package{history},
		steps: []func(*Registry){
			func(r *Registry) { r.Remove(history.Name) },
			serving(history.adding(Version{Version: "5.0.0", Published: now.Add(-asleep)}.armed("postinstall"))),
		},
	}
}

// HolderVersion is the version of a security holding package.
const HolderVersion = "0.0.1-security"

// holder is a name that the registry has taken away from whoever had it.
func holder(now time.Time) Attack {
	history := past("condemned", now)
	return Attack{
		Name: "security holding package", Guard: "G36", Package: history.Name, Bad: HolderVersion,
		history: []Package{history},
		steps: []func(*Registry){serving(Package{
			Name: history.Name, Description: "security holding package", Repository: "git+https://github.com/npm/security-holder.git",
			Versions: []Version{{Version: HolderVersion, Published: now.Add(-asleep), Publisher: "npm"}},
		})},
	}
}

// attacksByName are told by what somebody has written down.
func attacksByName(now time.Time) []Attack {
	typo := Attack{Name: "name like a private one", Guard: "G08", Runs: true, Resembles: "acme-utils"}.released(
		past("acme-utlis", now), sleeper(now).armed("postinstall"))
	typo.Good = ""
	known := Attack{Name: "version in a feed", Guard: "G34", Runs: true}.released(past("known-malware", now), sleeper(now).armed("postinstall"))
	known.Feed = malware("MAL-2026-9001", known.Package, nextBad, now)
	return []Attack{
		typo, known, wholeName(now), knownBytes(now), knownFile(now),
		Attack{Name: "version that operators block", Guard: "G39", Runs: true}.released(past("blocked", now), sleeper(now).armed("postinstall")),
	}
}

// wholeName is a package that was never anything but malware.
func wholeName(now time.Time) Attack {
	bad := Version{Version: "1.0.0", Published: now.Add(-asleep), Publisher: "worm"}.armed("postinstall")
	return Attack{
		Name: "name in a feed", Guard: "G34", Package: "all-malware", Bad: "1.0.0", Runs: true,
		Feed:  malware("MAL-2026-9002", "all-malware", "0", now),
		steps: []func(*Registry){serving(Package{Name: "all-malware", Versions: []Version{bad}})},
	}
}

// malware is a record of a feed about the versions from one on.
func malware(id, name, introduced string, now time.Time) string {
	at := now.Add(-time.Hour).Format("2006-01-02T15:04:05Z")
	return string(encode(object{
		{"schema_version", "1.5.0"}, {"id", id}, {"modified", at}, {"published", at}, {"summary", "Malicious code in " + name},
		{"affected", []object{{
			{"package", object{{"ecosystem", "npm"}, {"name", name}}},
			{"ranges", []object{{{"type", "SEMVER"}, {"events", []object{{{"introduced", introduced}}}}}}},
		}}},
		{"database_specific", object{{"malicious-packages-origins", []object{{{"source", "fixture"}, {"import_time", at}}}}}},
	})) + "\n"
}

// knownBytes is a tarball that a feed knows by its hash.
func knownBytes(now time.Time) Attack {
	v := sleeper(now).armed("postinstall")
	a := Attack{Name: "tarball in a list of hashes", Guard: "G35", Runs: true}.released(past("known-bytes", now), v)
	a.Indicators = pack(a.Package, v).integrity + " IOC-9003\n"
	return a
}

// knownFile is a tarball of which a feed knows one file.
func knownFile(now time.Time) Attack {
	v := sleeper(now).armed("postinstall")
	v.Files["loader.js"] = "// the same in a thousand packages\n"
	a := Attack{Name: "file in a list of hashes", Guard: "G35", Runs: true}.released(past("known-file", now), v)
	sum := sha256.Sum256([]byte(v.Files["loader.js"]))
	a.Indicators = hex.EncodeToString(sum[:]) + " IOC-9004\n"
	return a
}
