package policy

import (
	"fmt"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
)

// licenseRules are the licences that may come in.
type licenseRules struct {
	allow, deny []leaf
	// plain are the texts of single licences that are allowed, as almost every
	// manifest has one of them.
	plain      map[string]bool
	unreadable bool
}

// unlicensed is npm's word for what nobody may use.
const unlicensed = "UNLICENSED"

// licenses reads the licence policy.
func (p *problems) licenses(c Licenses) licenseRules {
	r := licenseRules{
		allow: p.leaves("licenses.allow", c.Allow), deny: p.leaves("licenses.deny", c.Deny),
		plain: map[string]bool{}, unreadable: c.Unreadable || len(c.Allow) == 0,
	}
	for _, id := range c.Allow {
		accepted, _ := evaluate(id, r.accepts)
		r.plain[id] = accepted
	}
	return r
}

// leaves reads single licences, which must be on the list of SPDX: a mistyped
// one would allow or deny nothing.
func (p *problems) leaves(key string, ids []string) []leaf {
	var out []leaf
	single := spdxexp.ValidateLicensesOptions{FailComplexExpressions: true}
	for i, id := range ids {
		at := fmt.Sprintf("%s[%d]", key, i)
		e := &expression{tokens: tokens(id)}
		l, ok := e.leaf()
		if !ok || len(e.tokens) > 0 {
			p.add("%s: %q is no single licence", at, id)
			continue
		}
		if known, _ := spdxexp.ValidateLicensesWithOptions([]string{id}, single); !known && id != unlicensed {
			p.add("%s: SPDX has no licence %q", at, id)
		}
		out = append(out, l)
	}
	return out
}

// accepts tells whether one licence may come in.
func (r *licenseRules) accepts(l leaf) bool {
	for _, d := range r.deny {
		if d.denies(l) && !r.excepted(l) {
			return false
		}
	}
	if len(r.allow) == 0 {
		return true
	}
	for _, a := range r.allow {
		if a.allows(l) {
			return true
		}
	}
	return false
}

// excepted tells whether a licence with its exception is allowed by name, which
// is more specific than the licence that is denied.
func (r *licenseRules) excepted(l leaf) bool {
	for _, a := range r.allow {
		if l.exception != "" && a.exception == l.exception && a.allows(l) {
			return true
		}
	}
	return false
}

// allows tells whether an entry of the list allows a licence. An exception only
// permits more than its licence does; of "or later" the version itself can be
// chosen.
func (a leaf) allows(l leaf) bool {
	if a.id != l.id || a.exception != "" && a.exception != l.exception {
		return false
	}
	return !a.later || l.later
}

// denies tells whether an entry of the list denies a licence. An entry that
// says neither "only" nor "or later" means both.
func (a leaf) denies(l leaf) bool {
	if a.id != l.id || a.exception != "" && a.exception != l.exception {
		return false
	}
	return !a.only && !a.later || a.later == l.later
}

// license is G41. Of alternatives one that may come in is enough; of what holds
// together all must be.
func (c *check) license() finding {
	m := c.version.Packed
	if m == nil {
		m = c.version.Declared
	}
	if m == nil {
		return lack(NeedManifest)
	}
	rules := &c.engine.licenses
	if len(rules.allow)+len(rules.deny) == 0 {
		return pass("no licence is allowed or denied by name")
	}
	if rules.plain[m.License] {
		return pass("its licence is allowed")
	}
	accepted, readable := evaluate(m.License, rules.accepts)
	switch {
	case accepted:
		return pass("its licence is allowed")
	case readable:
		return hit("license " + shownLicense(m.License) + " not allowed")
	case rules.unreadable:
		return pass("no licence can be read from it")
	}
	return hit("no license that can be read; only named ones are allowed")
}

// shownLicense is a licence expression as a refusal shows it.
func shownLicense(text string) string {
	words := tokens(text)
	shown := strings.Join(words, " ")
	if len(shown) > maxWord*2 {
		return "expression"
	}
	for _, w := range words {
		if w != "(" && w != ")" && shownWord(w) != w {
			return "expression"
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(shown, "( ", "("), " )", ")")
}
