package advisory

import (
	"math"
	"strings"
)

// severity is npm's word for how bad it is.
type severity uint8

const (
	unknown severity = iota
	info
	low
	moderate
	high
	critical
)

// String returns the word. What nobody has rated is told as high, so that no
// client overlooks it.
func (s severity) String() string {
	switch s {
	case info:
		return "info"
	case low:
		return "low"
	case moderate:
		return "moderate"
	case critical:
		return "critical"
	}
	return "high"
}

// severityOf reads the word of a database.
func severityOf(word string) severity {
	switch strings.ToLower(word) {
	case "info", "informational", "none":
		return info
	case "low":
		return low
	case "moderate", "medium":
		return moderate
	case "high", "important":
		return high
	case "critical":
		return critical
	}
	return unknown
}

// rated returns the severity of a score, by the table of CVSS 3.1 section 5.
func rated(score float64) severity {
	switch {
	case score >= 9:
		return critical
	case score >= 7:
		return high
	case score >= 4:
		return moderate
	case score > 0:
		return low
	}
	return info
}

// cvssScore is the base score of a vector, by CVSS 3.1 section 7.1. False means
// that the vector is of another version of CVSS, or malformed.
func cvssScore(vector string) (float64, bool) {
	rest, ok := strings.CutPrefix(vector, "CVSS:3.")
	if !ok {
		return 0, false
	}
	metrics := map[string]string{}
	for part := range strings.SplitSeq(rest, "/") {
		key, value, _ := strings.Cut(part, ":")
		metrics[key] = value
	}
	changed := metrics["S"] == "C"
	good := changed || metrics["S"] == "U"
	weigh := func(key string) float64 {
		word := key + ":" + metrics[key]
		if key == "PR" && changed {
			word += " changed"
		}
		w, ok := weights[word]
		good = good && ok
		return w
	}
	exploit := 8.22 * weigh("AV") * weigh("AC") * weigh("PR") * weigh("UI")
	iss := 1 - (1-weigh("C"))*(1-weigh("I"))*(1-weigh("A"))
	if !good {
		return 0, false
	}
	impact, factor := 6.42*iss, 1.0
	if changed {
		impact, factor = 7.52*(iss-0.029)-3.25*math.Pow(iss-0.02, 15), 1.08
	}
	if impact <= 0 {
		return 0, true
	}
	return roundUp(min(factor*(impact+exploit), 10)), true
}

// weights are the numbers of values, by CVSS 3.1 section 7.4. Privileges weigh
// otherwise where the scope changes.
var weights = map[string]float64{
	"AV:N": 0.85, "AV:A": 0.62, "AV:L": 0.55, "AV:P": 0.2,
	"AC:L": 0.77, "AC:H": 0.44,
	"PR:N": 0.85, "PR:L": 0.62, "PR:H": 0.27,
	"PR:N changed": 0.85, "PR:L changed": 0.68, "PR:H changed": 0.5,
	"UI:N": 0.85, "UI:R": 0.62,
	"C:H": 0.56, "C:L": 0.22, "C:N": 0,
	"I:H": 0.56, "I:L": 0.22, "I:N": 0,
	"A:H": 0.56, "A:L": 0.22, "A:N": 0,
}

// roundUp is the smallest tenth that is not below x, by CVSS 3.1 appendix A.
func roundUp(x float64) float64 {
	n := int(math.Round(x * 100000))
	if n%10000 == 0 {
		return float64(n) / 100000
	}
	return float64(n/10000+1) / 10
}
