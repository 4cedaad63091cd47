package proxy

import (
	"context"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
)

// auditReport is the answer to npm's older audit request.
type auditReport struct {
	Actions    []auditAction             `json:"actions"`
	Advisories map[string]*auditAdvisory `json:"advisories"`
	// Muted is always empty.
	Muted    []struct{}  `json:"muted"`
	Metadata auditTotals `json:"metadata"`
}

// auditAction is something to do about a package. It is always "review": which
// versions its dependents would take is not in the question.
type auditAction struct {
	Action   string            `json:"action"`
	Module   string            `json:"module"`
	Resolves []auditResolution `json:"resolves"`
}

type auditResolution struct {
	ID       int64  `json:"id"`
	Path     string `json:"path"`
	Dev      bool   `json:"dev"`
	Optional bool   `json:"optional"`
	Bundled  bool   `json:"bundled"`
}

// auditAdvisory is an advisory as clients had it before there were many at
// once.
type auditAdvisory struct {
	Findings       []auditFinding `json:"findings"`
	ID             int64          `json:"id"`
	Title          string         `json:"title"`
	Module         string         `json:"module_name"`
	CVEs           []string       `json:"cves"`
	Vulnerable     string         `json:"vulnerable_versions"`
	Patched        string         `json:"patched_versions"`
	Overview       string         `json:"overview"`
	Recommendation string         `json:"recommendation"`
	References     string         `json:"references"`
	Access         string         `json:"access"`
	Severity       string         `json:"severity"`
	CWE            string         `json:"cwe"`
	GitHub         string         `json:"github_advisory_id,omitempty"`
	CVSS           advisory.CVSS  `json:"cvss"`
	URL            string         `json:"url"`
}

type auditFinding struct {
	Version  string   `json:"version"`
	Paths    []string `json:"paths"`
	Dev      bool     `json:"dev"`
	Optional bool     `json:"optional"`
	Bundled  bool     `json:"bundled"`
}

// auditTotals counts packages, and for each severity the places of what is
// vulnerable.
type auditTotals struct {
	Vulnerabilities map[string]int `json:"vulnerabilities"`
	Dependencies    int            `json:"dependencies"`
	Dev             int            `json:"devDependencies"`
	Optional        int            `json:"optionalDependencies"`
	Total           int            `json:"totalDependencies"`
}

// localTree answers the older request from larder's own advisories.
func (p *Proxy) localTree(ctx context.Context, tree *auditNode, names *auditNames, inside bool) (Raw, error) {
	forest := &auditForest{ctx: ctx}
	for _, project := range tree.projects() {
		if err := forest.grow(project); err != nil {
			return Raw{}, err
		}
	}
	report := newAuditReport()
	asked, listed := map[string][]string{}, map[[2]string]bool{}
	for _, t := range forest.packages {
		report.Metadata.add(t.node)
		public, err := names.public(t.name)
		if err != nil {
			return Raw{}, err
		}
		if v := t.node.Version; public && isVersion(v) && !listed[[2]string{t.name, v}] {
			listed[[2]string{t.name, v}] = true
			asked[t.name] = append(asked[t.name], v)
		}
	}
	found, err := p.advise(ctx, asked, inside)
	if err != nil {
		return Raw{}, err
	}
	if err := report.tellAll(ctx, forest.packages, found); err != nil {
		return Raw{}, err
	}
	return rawOf(report, Hit)
}

func newAuditReport() *auditReport {
	return &auditReport{Actions: []auditAction{}, Advisories: map[string]*auditAdvisory{}, Muted: []struct{}{},
		Metadata: auditTotals{Vulnerabilities: map[string]int{"info": 0, "low": 0, "moderate": 0, "high": 0, "critical": 0}}}
}

func (t *auditTotals) add(n *auditNode) {
	t.Total++
	switch {
	case n.Dev:
		t.Dev++
	case n.Optional:
		t.Optional++
	default:
		t.Dependencies++
	}
}

// maxAuditFindings bounds the places of an answer that something is said of, each
// once for each advisory: it has two paths of each, so that a small question could
// have an answer of gigabytes. That is one for each package that may be asked about.
const maxAuditFindings = maxAuditNodes

// tellAll reports the advisories, which are by name, of all packages. Where that is
// too much it fails: part of an answer would read as all that is wrong.
func (r *auditReport) tellAll(ctx context.Context, packages []*auditPackage, found map[string][]advisory.Advisory) error {
	about := byVersion(found)
	for _, t := range packages {
		if err := ctx.Err(); err != nil {
			return err
		}
		all := about[[2]string{t.name, t.node.Version}]
		if len(r.Actions)+len(all) > maxAuditFindings {
			return &npm.Error{Kind: npm.ErrTooLarge, Text: "more is known about the packages of the audit request than one answer can tell"}
		}
		for _, a := range all {
			r.tell(t, a)
		}
	}
	return nil
}

// byVersion sorts advisories by the name and version that they are about, so that
// not all of a name are looked through at each place of it.
func byVersion(found map[string][]advisory.Advisory) map[[2]string][]*advisory.Advisory {
	about := map[[2]string][]*advisory.Advisory{}
	for name, all := range found {
		for i := range all {
			for _, v := range all[i].Versions {
				about[[2]string{name, v}] = append(about[[2]string{name, v}], &all[i])
			}
		}
	}
	return about
}

// tell reports an advisory about a package.
func (r *auditReport) tell(t *auditPackage, a *advisory.Advisory) {
	key, path := strconv.FormatInt(a.ID, 10), t.path()
	told := r.Advisories[key]
	if told == nil {
		told = oldAdvisory(t.name, a)
		r.Advisories[key] = told
	}
	r.Metadata.Vulnerabilities[a.Severity]++
	told.found(t.node, path)
	r.Actions = append(r.Actions, auditAction{Action: "review", Module: t.name, Resolves: []auditResolution{{
		ID: a.ID, Path: path, Dev: t.node.Dev, Optional: t.node.Optional, Bundled: t.node.Bundled}}})
}

// found adds a place to those of its version.
func (a *auditAdvisory) found(n *auditNode, path string) {
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Version == n.Version {
			f.Paths = append(f.Paths, path)
			f.Dev, f.Optional, f.Bundled = f.Dev && n.Dev, f.Optional && n.Optional, f.Bundled && n.Bundled
			return
		}
	}
	a.Findings = append(a.Findings, auditFinding{Version: n.Version, Paths: []string{path},
		Dev: n.Dev, Optional: n.Optional, Bundled: n.Bundled})
}

// neverPatched is how the older form says that there is no fix.
const neverPatched = "<0.0.0"

func oldAdvisory(name string, a *advisory.Advisory) *auditAdvisory {
	out := &auditAdvisory{ID: a.ID, Title: a.Title, Module: name, CVEs: []string{}, Vulnerable: a.Vulnerable,
		Patched: neverPatched, Overview: a.Title, Recommendation: "None", References: a.URL, Access: "public",
		Severity: a.Severity, CWE: strings.Join(a.CWE, ", "), CVSS: a.CVSS, URL: a.URL}
	if a.Patched != "" {
		out.Patched, out.Recommendation = a.Patched, "Upgrade to a version in "+a.Patched
	}
	for _, id := range append([]string{a.Record}, a.Aliases...) {
		switch {
		case strings.HasPrefix(id, "CVE-"):
			out.CVEs = append(out.CVEs, id)
		case strings.HasPrefix(id, "GHSA-") && out.GitHub == "":
			out.GitHub = id
		}
	}
	return out
}
