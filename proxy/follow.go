package proxy

import (
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Changed implements record.Listener: a name that came back upstream is judged
// anew once somebody has acknowledged that.
func (p *Proxy) Changed(c record.Change) {
	if c.Kind != record.SightChanged {
		return
	}
	name, err := npm.ParseName(c.Key)
	if err != nil {
		return
	}
	if reg, ok := p.deps.Upstreams.Route(name); ok {
		p.entryOf(reg, name).facts.Add(1)
	}
}

// Reset implements record.Listener. What was missed may have been about any name
// that is known.
func (p *Proxy) Reset() {
	p.entries.RemoveFunc(func(_ entryKey, e *entry) bool {
		e.facts.Add(1)
		return false
	})
}
