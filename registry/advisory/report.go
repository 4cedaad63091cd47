package advisory

import (
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// report is a record as it is kept while feeds are read.
type report struct {
	id        string
	title     string
	vector    string
	aliases   string
	cwes      string
	modified  time.Time
	score     float64
	severity  severity
	malware   bool
	reviewed  bool
	withdrawn bool
	affected  []affected
	// hashes are SHA-512 digests of tarballs.
	hashes []string
}

// affected is what a report says of one package.
type affected struct {
	name  string
	spans []span
}

// maliciousCWE is "embedded malicious code".
const maliciousCWE = "CWE-506"

// reportOf makes a report of a record. It affects nothing where the record is
// about other ecosystems.
func reportOf(w *wireRecord) (report, error) {
	modified, _ := time.Parse(time.RFC3339, w.Modified)
	r := report{id: w.ID, modified: modified, withdrawn: w.Withdrawn != ""}
	cwes := slices.Clone(w.Specific.is.CWEs.is)
	for i := range w.Affected {
		if a := &w.Affected[i]; a.Package.Ecosystem == ecosystem {
			for _, kind := range a.Specific.is.CWEs.is {
				cwes = append(cwes, kind.ID)
			}
			r.indicators(a)
		}
	}
	slices.Sort(cwes)
	cwes = slices.DeleteFunc(slices.Compact(cwes), func(s string) bool { return !isID(s) })
	aliases := slices.DeleteFunc(slices.Clone(w.Aliases), func(s string) bool { return !isID(s) })
	r.cwes, r.aliases = strings.Join(cwes, " "), strings.Join(aliases, " ")
	r.malware = isMalware(w, cwes)
	r.reviewed = w.Specific.is.Reviewed.is && !r.malware
	r.rate(w)
	return r, r.affect(w)
}

// isMalware tells whether a record is about malware, and not about a mistake.
func isMalware(w *wireRecord, cwes []string) bool {
	isReport := func(id string) bool { return strings.HasPrefix(id, "MAL-") }
	return isReport(w.ID) || slices.ContainsFunc(w.Aliases, isReport) ||
		slices.Contains(cwes, maliciousCWE) || len(w.Specific.is.Origins.is) > 0
}

// rate sets the title, severity and score.
func (r *report) rate(w *wireRecord) {
	r.title = shown(strings.TrimSpace(w.Summary))
	r.severity = severityOf(w.Specific.is.Severity.is)
	for _, s := range w.Severity {
		score, ok := cvssScore(s.Score)
		if ok && score >= r.score {
			r.score, r.vector = score, shown(s.Score)
		}
	}
	if r.severity == unknown && r.vector != "" {
		r.severity = rated(r.score)
	}
	if r.malware {
		r.severity = critical
	}
}

// affect sets what the report affects. Names that npm cannot have are left
// out: nobody can ask for them.
func (r *report) affect(w *wireRecord) error {
	for i := range w.Affected {
		a := &w.Affected[i]
		if a.Package.Ecosystem != ecosystem {
			continue
		}
		if _, err := npm.ParseName(a.Package.Name); err != nil {
			continue
		}
		spans, err := spansOfAffected(a, r.malware)
		if err != nil {
			return err
		}
		r.add(a.Package.Name, spans)
	}
	return nil
}

// add adds spans to those of a name.
func (r *report) add(name string, spans []span) {
	for i := range r.affected {
		if r.affected[i].name == name {
			r.affected[i].spans = append(r.affected[i].spans, spans...)
			return
		}
	}
	if len(spans) > 0 {
		r.affected = append(r.affected, affected{name: name, spans: spans})
	}
}
