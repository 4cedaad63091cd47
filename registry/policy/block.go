package policy

import (
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// block is what an operator refuses.
type block struct {
	match    npm.Pattern
	versions versionSet
	until    time.Time
	reason   string
}

func (b block) pattern() npm.Pattern { return b.match }

// blocks reads what operators refuse.
func (p *problems) blocks(in []Block) []block {
	out := make([]block, 0, len(in))
	for i, x := range in {
		at := fmt.Sprintf("block[%d]", i)
		p.reason(at, x.Reason)
		out = append(out, block{p.pattern(at, x.Match), p.versions(at, x.Versions, true), x.Expires, shownText(x.Reason)})
	}
	return out
}

// contradictions refuses to guess what is meant where the same version is
// blocked and let through by name.
func (p *problems) contradictions(blocks []block, grants []grant) {
	for i, b := range blocks {
		for _, g := range grants {
			if b.versions.kind == oneVersion && b.match == g.match && b.versions.exact == g.versions.exact && g.guards.has(G39) {
				p.add("block[%d]: the same version is let through: %s", i, g.text)
			}
		}
	}
}

// blocked is G39. Of several blocks the one that lasts longest speaks.
func (c *check) blocked() finding {
	exact, patterns := c.engine.blocks.of(c.name.Name)
	if len(exact) == 0 && len(patterns) == 0 {
		return pass("no operator blocks it")
	}
	var best *block
	for _, some := range [][]block{exact, patterns} {
		for i := range some {
			b := &some[i]
			over := !b.until.IsZero() && !c.now.Before(b.until)
			if over || !b.match.Match(c.name.Name) || !b.versions.has(c.version.Version) {
				continue
			}
			if best == nil || b.outlasts(best) {
				best = b
			}
		}
	}
	if best == nil {
		return pass("no operator blocks it")
	}
	return finding{state: Hit, text: "operator: " + best.reason, until: best.until}
}

func (b *block) outlasts(o *block) bool {
	return lasts(grant{until: b.until, text: b.reason}, grant{until: o.until, text: o.reason})
}
