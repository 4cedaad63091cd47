package npm

import (
	"maps"
	"path"
	"strings"
)

// TarReport is what InspectTar found in a tarball.
type TarReport struct {
	// Facts are kept with the package.
	Facts TarFacts
	// Manifest is what its package.json says.
	Manifest ManifestFacts
	// Refusals are what SurveyTar went on after, of each guard the first, in
	// the archive's order; InspectTar leaves none.
	Refusals []*Error
	// Secrets are files that seem to hold secrets, in the tarball's order; of
	// more than a few only the first.
	Secrets []Secret
	// Indicator is what TarLimits.Known calls the first file that it knows;
	// empty where it knows none.
	Indicator string

	plan *installPlan
}

// Check refuses a tarball of another package or version than name and v, and
// one whose package.json asks installers for other things than the manifest of
// v, which is what people and policies see: some clients install by the former
// (G22). Only what npm, pnpm, yarn 1, yarn 4 and bun themselves change while
// they publish may differ, and what neither runs nor installs anything.
func (r *TarReport) Check(name Name, v PublishVersion) error {
	if err := r.Facts.Check(name, v.Key); err != nil {
		return err
	}
	return r.compare(name, manifestOf{version: v.Key, text: v.Manifest})
}

// Of tells whether a tarball that SurveyTar found nothing against, and read all
// of, says itself that it is this version of this package.
func (r *TarReport) Of(name Name, version string) bool {
	return len(r.Refusals) == 0 && !r.Manifest.Unclear && r.Facts.Check(name, version) == nil
}

// CheckListed is Check against what the document of an upstream says of a
// version. Abbreviated documents say only whether a script runs on install.
// A report that found no package.json to compare is refused.
func (r *TarReport) CheckListed(p *Packument, v *VersionInfo) error {
	if err := r.Facts.Check(p.name, v.Key); err != nil {
		return err
	}
	return r.compare(p.name, manifestOf{version: v.Key, text: p.Manifest(v), runs: v.InstallScript})
}

// manifestOf is a manifest that a tarball is compared with.
type manifestOf struct {
	version string
	text    []byte
	// runs tells that it says that scripts run on install, perhaps without
	// saying which.
	runs bool
}

// compare refuses a tarball whose package.json asks for other things.
func (r *TarReport) compare(name Name, m manifestOf) error {
	refusal := &Error{Kind: ErrUnprocessable, Guard: "G22", Code: "E_MANIFEST_CONFUSION", Package: name.String(), Version: m.version}
	if r.plan == nil {
		refusal.Text = "tarball has no package.json that can be read"
		return refusal
	}
	shown, err := readPlan(m.text)
	if err != nil {
		refusal.Text, refusal.Err = "the published manifest cannot be read", err
		return refusal
	}
	if m.runs && len(shown.scripts) == 0 {
		shown.scripts = r.plan.scripts
	}
	if what := r.plan.confused(shown); what != "" {
		refusal.Text = what + " in the tarball's package.json differ from the published manifest"
		return refusal
	}
	return nil
}

// confused names the first member in which the plan of a tarball differs from
// that of its manifest, or returns "".
func (p *installPlan) confused(shown *installPlan) string {
	switch {
	case !maps.EqualFunc(p.optional, shown.optional, sameRange):
		return "optionalDependencies"
	case !p.sameDependencies(shown):
		return "dependencies"
	case !maps.Equal(p.peer, shown.peer):
		return "peerDependencies"
	case !(p.allBundled && shown.allBundled) && !maps.Equal(p.bundled, shown.bundled):
		return "bundleDependencies"
	case !p.sameBins(shown):
		return "bin"
	case !p.sameScripts(shown):
		return "install scripts"
	}
	return ""
}

// sameDependencies compares dependencies; optional ones are known to be the
// same. yarn 1 drops those that are optional as well, npm 6 adds them, and npm
// adds what is bundled.
func (p *installPlan) sameDependencies(shown *installPlan) bool {
	for name, spec := range p.dependencies {
		optional, isOptional := p.optional[name]
		other, ok := shown.dependencies[name]
		switch {
		case !ok && isOptional:
		case ok && (sameRange(spec, other) || isOptional && other == optional):
		default:
			return false
		}
	}
	for name, spec := range shown.dependencies {
		if _, ok := p.dependencies[name]; ok {
			continue
		}
		optional, isOptional := p.optional[name]
		if !(isOptional && spec == optional) && !(spec == "*" && p.bundled[name]) {
			return false
		}
	}
	return true
}

// sameBins compares programs. yarn 1 leaves odd ones out; npm, yarn 1 and bun
// list what is in the directory of programs.
func (p *installPlan) sameBins(shown *installPlan) bool {
	for name, target := range p.bins {
		other, ok := shown.bins[name]
		if !ok && target.odd {
			continue
		}
		if !ok || other.path != target.path {
			return false
		}
	}
	for name, target := range shown.bins {
		if _, ok := p.bins[name]; ok {
			continue
		}
		listed := len(p.bins) == 0 && p.binDir != "" && path.Base(target.path) == name &&
			strings.HasPrefix("/"+target.path, strings.TrimSuffix(p.binDir, "/")+"/")
		if !listed {
			return false
		}
	}
	return true
}

// impliedInstall is the script that npm and yarn 1 add where there is a .gyp
// file beside the package.json, even one that is not packed.
const impliedInstall = "node-gyp rebuild"

// sameScripts compares the scripts that run on install.
func (p *installPlan) sameScripts(shown *installPlan) bool {
	if shown.scripts["install"] == impliedInstall && p.scripts["install"] == "" {
		without := maps.Clone(shown.scripts)
		delete(without, "install")
		return maps.Equal(p.scripts, without)
	}
	return maps.Equal(p.scripts, shown.scripts)
}
