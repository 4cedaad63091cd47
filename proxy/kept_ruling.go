package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/registry/policy"
)

// keptRuling is a ruling as it is stored, so that after a restart a tarball is
// judged without its document being read. Equal judgements are stored once.
type keptRuling struct {
	Until  time.Time         `json:"until,omitzero"`
	Digest [16]byte          `json:"digest"`
	Said   []keptJudgement   `json:"said,omitempty"`
	By     map[string]int    `json:"by,omitempty"`
	Hidden map[string]bool   `json:"hidden,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`
	Notice string            `json:"notice,omitempty"`
	Listed int               `json:"listed"`
	Total  int               `json:"total"`
}

type keptJudgement struct {
	Clean    policy.Action `json:"clean,omitempty"`
	Decides  int           `json:"decides"`
	Action   policy.Action `json:"action"`
	Verdicts []policy.Verdict
}

// basis names all that a name is judged by but for its tarballs, whose facts
// make it be judged again as they come in.
func (p *Proxy) basis(ctx context.Context, e *entry, s *snapshot, rules *Rules) ([32]byte, error) {
	h := sha256.New()
	engine := rules.Engine.Digest()
	h.Write(engine[:])
	bursts := p.bursts.digest()
	h.Write(bursts[:])
	h.Write(s.rev[:])
	name := e.key.name
	if rules.Feeds != nil {
		feeds := rules.Feeds.Digest(name)
		h.Write(feeds[:])
	}
	like := policy.Resemblance{}
	if rules.Lookalikes != nil && rules.asks(name, policy.G08) {
		like = rules.Lookalikes.Find(name)
	}
	sight, _, err := p.deps.Names.SightOf(ctx, name)
	back, returned := sight.Returned()
	keys, keysErr := p.pinnedKeys(ctx, e)
	fmt.Fprintf(h, "%q %q %q %t %d %t %d", rules.indicators, like.Of, keysDigest(keys), p.opts.Mirrors[e.reg.Name()],
		s.rec.Gone.Unix(), returned, back.Unix())
	return [32]byte(h.Sum(nil)), errors.Join(err, keysErr)
}

// keepRuling stores a ruling that nothing is missing from.
func (p *Proxy) keepRuling(ctx context.Context, e *entry, s *snapshot, r *ruling) {
	if r.rules.Engine.Idle() || len(r.unjudged) > 0 {
		return
	}
	kept := keptRuling{Until: r.until, Digest: r.digest, Hidden: r.hidden, Tags: r.tags, Notice: r.notice,
		Listed: r.listed, Total: r.total, By: make(map[string]int, len(r.by))}
	at := make(map[*judged]int)
	for version, said := range r.by {
		i, ok := at[said]
		if !ok {
			i = len(kept.Said)
			at[said] = i
			kept.Said = append(kept.Said, keptOf(said))
		}
		kept.By[version] = i
	}
	text, err := json.Marshal(kept)
	if err == nil && len(text) <= records.MaxRuling {
		rec := records.Ruling{Text: text}
		if rec.Basis, err = p.basis(ctx, e, s, r.rules); err == nil && r.holds(p, e, r.rules) {
			err = e.keep(func() error { return p.deps.Records.PutRuling(e.key.ns, e.key.name.String(), rec) })
		}
	}
	if err != nil {
		p.log.Warn("what was decided is kept in memory only", "pkg", e.key.name.String(), "err", err)
	}
}

func keptOf(said *judged) keptJudgement {
	k := keptJudgement{Clean: said.clean, Action: said.Action, Verdicts: said.Verdicts}
	for i := range said.Verdicts {
		if said.Verdicts[i].Guard == said.Guard {
			k.Decides = i
		}
	}
	return k
}

// storedRuling returns what was decided about a document before this start, if
// it still holds.
func (p *Proxy) storedRuling(ctx context.Context, e *entry, s *snapshot, rules *Rules) (*ruling, error) {
	// What is learnt meanwhile is not in it.
	r := &ruling{rules: rules, bursts: p.bursts.crossed.Load(), trust: p.trust.changed.Load()}
	rec, ok, err := p.deps.Records.Ruling(e.key.ns, e.key.name.String())
	var basis [32]byte
	if err == nil && ok {
		basis, err = p.basis(ctx, e, s, rules)
	}
	if err != nil {
		return nil, fmt.Errorf("read what was decided: %w", err)
	}
	var kept keptRuling
	if !ok || rec.Basis != basis || json.Unmarshal(rec.Text, &kept) != nil ||
		!kept.Until.IsZero() && !p.opts.Now().Before(kept.Until) {
		return nil, nil
	}
	r.until, r.digest, r.hidden, r.tags, r.notice = kept.Until, kept.Digest, kept.Hidden, kept.Tags, kept.Notice
	r.listed, r.total, r.by = kept.Listed, kept.Total, make(map[string]*judged, len(kept.By))
	said := make([]*judged, len(kept.Said))
	for i, k := range kept.Said {
		if k.Decides >= len(k.Verdicts) {
			return nil, nil
		}
		said[i] = &judged{clean: k.Clean, Judgement: policy.Judgement{Verdict: k.Verdicts[k.Decides], Verdicts: k.Verdicts}}
		if k.Action == policy.Allow {
			said[i].Verdict = policy.Verdict{Action: policy.Allow}
		}
	}
	for version, i := range kept.By {
		if i < 0 || i >= len(said) {
			return nil, nil
		}
		r.by[version] = said[i]
	}
	return r, nil
}
