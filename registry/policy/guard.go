package policy

import "strconv"

// Guard is one of the guards that judge versions, in the order in which they
// are asked: what is fatal first.
type Guard uint8

// The guards. Their numbers are those of refusals and of the documentation.
const (
	// NoGuard is the zero Guard; it judges nothing.
	NoGuard Guard = iota
	// G08 looks for upstream names that resemble private ones.
	G08
	// G34 applies the malware feeds.
	G34
	// G35 looks for known bad content.
	G35
	// G39 applies what operators block.
	G39
	// G36 refuses names that upstream has replaced by a security holding
	// package.
	G36
	// G37 refuses what upstream removed while it was young.
	G37
	// G38 freezes names that were removed upstream and came back.
	G38
	// G19 refuses a version whose declared integrity differs from its pin.
	G19
	// G22 refuses a tarball that is not what its manifest says.
	G22
	// G23 refuses archives that clients unpack differently or outside of their
	// directory.
	G23
	// G24 refuses archives over the limits.
	G24
	// G25 refuses archives with something behind their end.
	G25
	// G18 holds versions whose publish time cannot be trusted.
	G18
	// G11 holds versions that are too young.
	G11
	// G17 holds versions that came in a burst.
	G17
	// G14 refuses a version that is the first with install scripts.
	G14
	// G15 refuses a version that adds dependencies from outside the registry.
	G15
	// G16 holds a version that adds a dependency on a young package.
	G16
	// G28 refuses a version without a valid signature of its registry.
	G28
	// G29 refuses an unsigned version of a name that was signed before.
	G29
	// G32 refuses a version with weaker provenance than the one before.
	G32
	// G33 holds the first version by another publisher.
	G33
	// G41 applies the licence policy.
	G41
	guardCount
)

// guardInfo says what a guard is called.
type guardInfo struct {
	number int
	// word is the guard's key in the configuration and in refusals, code the
	// machine word of its refusals.
	word, code string
	// hard guards are overruled only by who names the exact version, for a
	// limited time: malware, ownership and integrity.
	hard bool
}

// info is a function and not a table, so that nobody can change it.
func (g Guard) info() guardInfo {
	switch g {
	case G08:
		return guardInfo{8, "confusable", "E_CONFUSABLE", true}
	case G39:
		return guardInfo{39, "block", "E_BLOCKED", true}
	case G34:
		return guardInfo{34, "malware", "E_MALWARE", true}
	case G35:
		return guardInfo{35, "indicators", "E_INDICATOR", true}
	case G36:
		return guardInfo{36, "holder", "E_SECURITY_HOLDER", true}
	case G37:
		return guardInfo{37, "removal", "E_REMOVED", true}
	case G38:
		return guardInfo{38, "resurrected", "E_RESURRECTED", true}
	case G19:
		return guardInfo{19, "pin", "E_INTEGRITY_CHANGED", true}
	case G22:
		return guardInfo{22, "manifest", "E_MANIFEST_CONFUSION", true}
	case G23:
		return guardInfo{23, "tar", "E_TAR", true}
	case G24:
		return guardInfo{24, "limits", "E_TAR_LIMIT", true}
	case G25:
		return guardInfo{25, "gzip", "E_GZIP", true}
	}
	return g.softInfo()
}

// softInfo is info for the guards behind the operator's allow.
func (g Guard) softInfo() guardInfo {
	switch g {
	case G18:
		return guardInfo{18, "time", "E_TIME", false}
	case G11:
		return guardInfo{11, "cooldown", "E_COOLDOWN", false}
	case G17:
		return guardInfo{17, "burst", "E_BURST", false}
	case G14:
		return guardInfo{14, "scripts", "E_INSTALL_SCRIPT", false}
	case G15:
		return guardInfo{15, "exotic", "E_EXOTIC_DEPENDENCY", false}
	case G16:
		return guardInfo{16, "young_dependency", "E_YOUNG_DEPENDENCY", false}
	case G28:
		return guardInfo{28, "signature", "E_SIGNATURE", true}
	case G29:
		return guardInfo{29, "signature_downgrade", "E_SIGNATURE_MISSING", true}
	case G32:
		return guardInfo{32, "provenance", "E_TRUST_DOWNGRADE", false}
	case G33:
		return guardInfo{33, "publisher", "E_PUBLISHER", false}
	case G41:
		return guardInfo{41, "license", "E_LICENSE", false}
	}
	return guardInfo{}
}

// String returns the guard's number, "G11".
func (g Guard) String() string {
	n := g.info().number
	if n == 0 {
		return "G00"
	}
	if n < 10 {
		return "G0" + strconv.Itoa(n)
	}
	return "G" + strconv.Itoa(n)
}

// Word returns the guard's key in the configuration, "cooldown".
func (g Guard) Word() string { return g.info().word }

// Code returns the machine word of the guard's refusals, "E_COOLDOWN".
func (g Guard) Code() string { return g.info().code }

// Hard tells that only who names the exact version, for a limited time, can
// overrule the guard.
func (g Guard) Hard() bool { return g.info().hard }

// ParseGuard reads a guard's word or number.
func ParseGuard(s string) (Guard, bool) {
	for g := NoGuard + 1; g < guardCount; g++ {
		if s == g.Word() || s == g.String() {
			return g, true
		}
	}
	return NoGuard, false
}

// Guards returns all guards in the order in which they are asked.
func Guards() []Guard {
	all := make([]Guard, 0, guardCount-1)
	for g := NoGuard + 1; g < guardCount; g++ {
		all = append(all, g)
	}
	return all
}

// guardSet is a set of guards.
type guardSet uint32

func (s guardSet) has(g Guard) bool { return s&(1<<g) != 0 }

func (s *guardSet) add(g Guard) { *s |= 1 << g }
