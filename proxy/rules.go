package proxy

import (
	"time"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// Rules are what versions are judged by. They never change: another policy or
// another feed is another Rules.
type Rules struct {
	// Engine decides.
	Engine *policy.Engine
	// Feeds say what is known about names; nil where there are none.
	Feeds *advisory.Set
	// Lookalikes finds names that resemble private ones; nil where nobody asks.
	Lookalikes *policy.Lookalikes
	// Contact is whom refusals tell people to ask; may be empty.
	Contact  string
	Prefetch Prefetch
	// Audit says who answers what clients ask about known vulnerabilities; empty
	// for what Options.Audit says.
	Audit string

	// indicators names the known content that Feeds list.
	indicators string
}

// Prefetch bounds what is fetched to judge the tagged versions of a document
// before it is rendered for the first time. Zero values mean the defaults.
type Prefetch struct {
	// Wait is how long a document may wait for it (10s).
	Wait time.Duration
	// Size is how many bytes may be fetched for one document (64 MiB).
	Size int64
	// Age is how old a version may be to be fetched ahead; what is older is
	// judged when its tarball is asked for. Zero means that all are fetched.
	Age time.Duration
}

// Apply makes rules the ones that everything is judged by from now on. Names
// are judged anew when they are next asked for, and those of which nothing
// changes keep their rendered documents.
func (p *Proxy) Apply(r Rules) {
	if r.Prefetch.Wait == 0 {
		r.Prefetch.Wait = 10 * time.Second
	}
	if r.Prefetch.Size == 0 {
		r.Prefetch.Size = 64 << 20
	}
	if r.Feeds != nil {
		r.indicators = r.Feeds.HashesDigest()
	}
	p.SetAdvisories(r.Feeds)
	p.rules.Store(&r)
}

// judgeable returns the rules in force. Before there are any, nothing is served:
// a document that nobody judged may hold anything.
func (p *Proxy) judgeable() (*Rules, error) {
	if r := p.rules.Load(); r != nil {
		return r, nil
	}
	return nil, &npm.Error{Kind: npm.ErrUnavailable, Guard: "G63", Code: "E_POLICY_UNAVAILABLE", RetryAfter: policyRetry,
		Text: "policy engine unavailable: its feeds are not loaded; they are still being read, or the log of larder says what is wrong with them"}
}

// policyRetry is when a client should ask again that came before the policy.
const policyRetry = 2 * time.Second

// asks tells whether a guard looks at a name at all.
func (r *Rules) asks(name npm.Name, guards ...policy.Guard) bool {
	for _, g := range guards {
		if r.Engine.ModeOf(name, g) != policy.Off {
			return true
		}
	}
	return false
}

// tail ends a refusal with whom to ask.
func (r *Rules) tail() string {
	if r.Contact == "" {
		return ""
	}
	return " (ask: " + r.Contact + ")"
}
