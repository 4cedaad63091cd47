package upstreamtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Advisory is a known vulnerability that the audit routes report.
type Advisory struct {
	ID                 int    `json:"id"`
	URL                string `json:"url"`
	Title              string `json:"title"`
	Severity           string `json:"severity"`
	VulnerableVersions string `json:"vulnerable_versions"`
}

// Advise makes the audit routes report an advisory for a package.
func (r *Registry) Advise(name string, a Advisory) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.advisories[name] = append(r.advisories[name], a)
}

// special answers the routes below "/-/", if the request is for one.
func (r *Registry) special(ask Request, q *http.Request) (*Reply, bool) {
	switch ask.Kind {
	case KindPing:
		return jsonReply(http.StatusOK, object{}), true
	case KindAudit:
		return r.audit(ask), true
	case KindSearch, KindKeys, KindAttestation:
		if r.opts.poor {
			return failure(http.StatusNotFound, "Not found"), true
		}
	}
	switch ask.Kind {
	case KindSearch:
		return r.search(q), true
	case KindKeys:
		if r.opts.plain {
			return failure(http.StatusNotFound, "Not found"), true
		}
		return jsonReply(http.StatusOK, r.sign.keys()), true
	case KindAttestation:
		return r.attestation(ask), true
	case KindOther:
		return failure(http.StatusNotFound, "Not found"), true
	}
	return nil, false
}

func (r *Registry) search(q *http.Request) *Reply {
	text := q.URL.Query().Get("text")
	if text == "" {
		return failure(http.StatusBadRequest, "ERR_TEXT_MISSING")
	}
	r.mu.Lock()
	names := slices.Sorted(mapKeys(r.packages))
	r.mu.Unlock()
	found := []object{}
	for _, name := range names {
		e, ok := r.find(name)
		if !ok || !strings.Contains(name, text) {
			continue
		}
		found = append(found, object{{"package", object{
			{"name", name}, {"version", e.pkg.tags()["latest"]}, {"description", e.pkg.Description},
			{"keywords", []string{"fixture"}}, {"date", e.pkg.modified().Format(timeFormat)},
			{"publisher", object{{"username", "ada"}, {"email", "ada@example.com"}}},
			{"maintainers", []object{{{"username", "ada"}, {"email", "ada@example.com"}}}},
			{"links", object{{"npm", r.base + "/package/" + name}}},
		}}, {"score", object{{"final", 1}, {"detail", object{{"quality", 1}, {"popularity", 1}, {"maintenance", 1}}}}},
			{"searchScore", 1}})
	}
	return jsonReply(http.StatusOK, object{
		{"objects", found}, {"total", len(found)}, {"time", firstPublish.Format(timeFormat)},
	})
}

func (r *Registry) attestation(ask Request) *Reply {
	e, ok := r.find(ask.Package)
	if !ok {
		return failure(http.StatusNotFound, "Not found")
	}
	for _, v := range e.pkg.Versions {
		if v.Version == ask.Item && v.Attested {
			return jsonReply(http.StatusOK, object{{"attestations", []object{{
				{"predicateType", "https://slsa.dev/provenance/v1"},
				{"bundle", object{{"mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.2"}}},
			}}}})
		}
	}
	return failure(http.StatusNotFound, "No attestations found")
}

// audit answers both audit routes. A body that it cannot read is a 400, as it
// is on the real thing when a proxy loses the content encoding.
func (r *Registry) audit(ask Request) *Reply {
	if r.opts.poor {
		return failure(http.StatusMethodNotAllowed, "method not allowed")
	}
	if ask.Method != http.MethodPost {
		return failure(http.StatusMethodNotAllowed, "method not allowed")
	}
	body, err := Decoded(ask)
	var asked map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &asked) != nil {
		return failure(http.StatusBadRequest, "cannot read the audit request")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ask.Item != "advisories/bulk" {
		return jsonReply(http.StatusOK, object{
			{"actions", []string{}}, {"advisories", object{}}, {"muted", []string{}},
			{"metadata", object{{"vulnerabilities", object{
				{"info", 0}, {"low", 0}, {"moderate", 0}, {"high", 0}, {"critical", 0},
			}}, {"dependencies", len(asked)}, {"devDependencies", 0}, {"optionalDependencies", 0}, {"totalDependencies", len(asked)}}},
		})
	}
	found := object{}
	for _, name := range slices.Sorted(mapKeys(asked)) {
		if list := r.advisories[name]; len(list) > 0 {
			found = append(found, member{name, list})
		}
	}
	return jsonReply(http.StatusOK, found)
}

// Decoded is the body of a logged request with its gzip undone.
func Decoded(q Request) ([]byte, error) {
	if q.Header.Get("Content-Encoding") != "gzip" {
		return q.Body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(q.Body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
