package proxy

import (
	"encoding/json"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// found is an answer to a search, as npm streams it.
type found struct {
	Objects []json.RawMessage `json:"objects"`
	Total   int               `json:"total"`
	Time    json.RawMessage   `json:"time,omitempty"`
}

// withoutDenied leaves out of a search what policy is known to deny: nobody
// should be pointed at it. What is found is not looked at any closer, so a version
// that nobody asked for yet is judged by its name alone.
func (p *Proxy) withoutDenied(raw Raw, rules *Rules) (Raw, error) {
	var all found
	if err := json.Unmarshal(raw.Body, &all); err != nil {
		return Raw{}, &npm.Error{Kind: npm.ErrBadUpstream, Err: err, Text: "upstream's search answered something that is no result"}
	}
	kept := make([]json.RawMessage, 0, len(all.Objects))
	for _, object := range all.Objects {
		var one struct {
			Package struct {
				Name    string `json:"name"`
				Version string `json:"version"`
			} `json:"package"`
		}
		if err := json.Unmarshal(object, &one); err != nil {
			continue
		}
		name, err := npm.ParseName(one.Package.Name)
		if err == nil && !p.denied(name, one.Package.Version, rules) {
			kept = append(kept, object)
		}
	}
	if len(kept) == len(all.Objects) {
		return raw, nil
	}
	all.Total -= len(all.Objects) - len(kept)
	all.Objects = kept
	text, err := json.Marshal(all)
	raw.Body = text
	return raw, err
}

// denied tells whether a version is known to be denied, without asking anybody.
func (p *Proxy) denied(name npm.Name, version string, rules *Rules) bool {
	if reg, ok := p.deps.Upstreams.Route(name); ok {
		key := entryKey{ns: reg.Namespace(), name: name, life: p.lives.now(name)}
		if e, ok := p.entries.Get(key); ok {
			if s := e.snap.Load(); s.usable() && s.ruling.holds(p, e, rules) {
				said := s.ruling.of(version)
				return said != nil && said.Action == policy.Deny
			}
		}
	}
	f := policy.VersionFacts{Version: version}
	if rules.Feeds != nil {
		if m, known := rules.Feeds.Malware(name, version); known {
			f.Malware = policy.Match{State: policy.Yes, ID: m.ID}
		}
	}
	return rules.Engine.Judge(policy.Facts{Name: &policy.NameFacts{Name: name}, Version: &f}, p.opts.Now()).Action == policy.Deny
}
