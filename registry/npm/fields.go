package npm

// topField names the members of a packument that larder reads or edits.
type topField uint8

const (
	topOther topField = iota
	topName
	topID
	topTags
	topVersions
	topTime
	topModified
	// topPoison is a member that a careless client would assign onto an
	// object's prototype; it is never passed on.
	topPoison
)

// topFieldOf looks up the unescaped name of a member of a packument.
func topFieldOf(name []byte) topField {
	switch string(name) {
	case "name":
		return topName
	case "_id":
		return topID
	case "dist-tags":
		return topTags
	case "versions":
		return topVersions
	case "time":
		return topTime
	case "modified":
		return topModified
	}
	if poisons(name) {
		return topPoison
	}
	return topOther
}

// poisons tells whether a name is special when a script assigns it on a plain
// object. No dist-tag and no member of a packument is legitimately called so.
func poisons(name []byte) bool {
	switch string(name) {
	case "__proto__", "constructor":
		return true
	}
	return false
}

// versionField names the members of a version's manifest that larder reads,
// edits, or copies into the abbreviated form.
type versionField uint8

const (
	fieldOther versionField = iota
	fieldName
	fieldVersion
	fieldID
	fieldDist
	fieldDeprecated
	fieldScripts
	fieldHasInstallScript
	fieldBundleDependencies
	fieldBundledDependencies
	fieldNPMUser
	// The rest is copied into the abbreviated form as it stands.
	fieldDependencies
	fieldAcceptDependencies
	fieldOptionalDependencies
	fieldDevDependencies
	fieldPeerDependencies
	fieldPeerDependenciesMeta
	fieldBin
	fieldDirectories
	fieldEngines
	fieldHasShrinkwrap
	fieldFunding
	fieldCPU
	fieldOS
	fieldLibc
)

// versionFieldOf looks up the unescaped name of a member of a manifest.
func versionFieldOf(name []byte) versionField {
	switch string(name) {
	case "name":
		return fieldName
	case "version":
		return fieldVersion
	case "_id":
		return fieldID
	case "dist":
		return fieldDist
	case "deprecated":
		return fieldDeprecated
	case "scripts":
		return fieldScripts
	case "hasInstallScript":
		return fieldHasInstallScript
	case "bundleDependencies":
		return fieldBundleDependencies
	case "bundledDependencies":
		return fieldBundledDependencies
	case "_hasShrinkwrap":
		return fieldHasShrinkwrap
	case "_npmUser":
		return fieldNPMUser
	}
	return plannerFieldOf(name)
}

// plannerFieldOf looks up the members that only install planners read.
func plannerFieldOf(name []byte) versionField {
	switch string(name) {
	case "dependencies":
		return fieldDependencies
	case "acceptDependencies":
		return fieldAcceptDependencies
	case "optionalDependencies":
		return fieldOptionalDependencies
	case "devDependencies":
		return fieldDevDependencies
	case "peerDependencies":
		return fieldPeerDependencies
	case "peerDependenciesMeta":
		return fieldPeerDependenciesMeta
	case "bin":
		return fieldBin
	case "directories":
		return fieldDirectories
	case "engines":
		return fieldEngines
	case "funding":
		return fieldFunding
	case "cpu":
		return fieldCPU
	case "os":
		return fieldOS
	case "libc":
		return fieldLibc
	}
	return fieldOther
}

// abbreviated tells whether the member is copied into the abbreviated form as
// it stands. hasInstallScript is derived, bundledDependencies is respelled,
// scripts and _id belong to the full form alone.
func (f versionField) abbreviated() bool {
	switch f {
	case fieldOther, fieldID, fieldScripts, fieldHasInstallScript, fieldBundledDependencies, fieldNPMUser:
		return false
	}
	return true
}

// runsOnInstall tells whether a script of this name runs when the package is
// installed as a dependency.
func runsOnInstall(script []byte) bool {
	switch string(script) {
	case "preinstall", "install", "postinstall":
		return true
	}
	return false
}
