package proxy

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Who answers what clients ask about known vulnerabilities (Options.Audit).
const (
	// AuditUpstream passes the question on, without private names.
	AuditUpstream = "upstream"
	// AuditLocal answers from the advisories that larder has.
	AuditLocal = "local"
	// AuditOff answers that there is no such thing here: 404, which an install
	// passes over and an audit reports.
	AuditOff = "off"
)

func knownAudit(mode string) bool {
	return mode == AuditUpstream || mode == AuditLocal || mode == AuditOff
}

// auditMode is who answers now: as the rules say, else as the options do.
func (p *Proxy) auditMode() string {
	if r := p.rules.Load(); r != nil && r.Audit != "" {
		return r.Audit
	}
	return p.opts.Audit
}

// SetAdvisories replaces what audits are answered from locally.
func (p *Proxy) SetAdvisories(set *advisory.Set) { p.audits.Store(set) }

// feeds returns what is known of malware and vulnerabilities; nil before any of
// it is loaded.
func (p *Proxy) feeds() *advisory.Set { return p.audits.Load() }

// AuditRequest is what a client asks about all that it installed.
type AuditRequest struct {
	// Body is what the client sent, decompressed.
	Body []byte
	// Inside tells that the question must not leave larder: it was put where
	// nothing is forwarded. Where only upstream would know, that is
	// npm.ErrNotFound.
	Inside bool
}

// auditor tells who answers a request: AuditLocal or AuditUpstream.
func (p *Proxy) auditor(r AuditRequest) (string, error) {
	switch mode := p.auditMode(); {
	case mode == AuditOff:
		return "", &npm.Error{Kind: npm.ErrNotFound, Text: "audit is switched off here"}
	case r.Inside && mode != AuditLocal:
		return "", &npm.Error{Kind: npm.ErrNotFound, Text: "audits are not passed on from here"}
	default:
		return mode, nil
	}
}

// AuditBulk answers npm's bulk advisory request (body: {name: [version]}).
// Private names, and versions that are not versions (git URLs and paths name
// internal hosts), are asked of nobody.
func (p *Proxy) AuditBulk(ctx context.Context, r AuditRequest) (Raw, error) {
	mode, err := p.auditor(r)
	if err != nil {
		return Raw{}, err
	}
	var asked map[string][]string
	if err := json.Unmarshal(r.Body, &asked); err != nil {
		return Raw{}, badAudit(err)
	}
	if len(asked) > maxAuditNodes {
		return Raw{}, auditTooLarge()
	}
	names := p.newAuditNames(ctx)
	public := make(map[string][]string, len(asked))
	for text, versions := range asked {
		ok, err := names.public(text)
		if err != nil {
			return Raw{}, err
		}
		if versions = onlyVersions(versions); ok && len(versions) > 0 {
			public[text] = versions
		}
	}
	names.count()
	if mode == AuditLocal {
		found, err := p.advise(ctx, public, r.Inside)
		if err != nil {
			return Raw{}, err
		}
		return rawOf(found, Hit)
	}
	return p.forwardBulk(ctx, public)
}

// AuditQuick answers npm's older audit request, which holds the whole
// dependency tree: npm 6, pnpm before 11 and yarn 3 send it.
func (p *Proxy) AuditQuick(ctx context.Context, r AuditRequest) (Raw, error) {
	mode, err := p.auditor(r)
	if err != nil {
		return Raw{}, err
	}
	var tree auditNode
	if err := json.Unmarshal(r.Body, &tree); err != nil {
		return Raw{}, badAudit(err)
	}
	names := p.newAuditNames(ctx)
	defer names.count()
	if mode == AuditLocal {
		return p.localTree(ctx, &tree, names, r.Inside)
	}
	return p.forwardTree(ctx, &tree, names)
}

// auditNames tells which names of one audit are public.
type auditNames struct {
	ctx context.Context
	p   *Proxy
	// known are the names that were looked up.
	known   map[string]bool
	private int
}

func (p *Proxy) newAuditNames(ctx context.Context) *auditNames {
	return &auditNames{ctx: ctx, p: p, known: make(map[string]bool)}
}

// public tells whether a name may be asked about. What is no name has no
// advisories.
func (n *auditNames) public(text string) (bool, error) {
	if public, ok := n.known[text]; ok {
		return public, nil
	}
	name, err := npm.ParseName(text)
	if err != nil {
		n.known[text] = false
		return false, nil //nolint:nilerr // see above
	}
	origin, err := n.p.deps.Names.Origin(n.ctx, name)
	if err != nil {
		return false, &npm.Error{Kind: npm.ErrUnavailable, Err: err,
			Text: "the name ledger cannot be read, so no name is passed on"}
	}
	n.known[text] = origin != record.Private
	if origin == record.Private {
		n.private++
	}
	return origin != record.Private, nil
}

// count tells the metrics how many names were left out.
func (n *auditNames) count() {
	if r, ok := n.p.deps.Metrics.(scrubRecorder); ok && n.private > 0 {
		r.AuditScrubbed(n.private)
	}
}

func onlyVersions(texts []string) []string {
	kept := make([]string, 0, len(texts))
	for _, t := range texts {
		if isVersion(t) {
			kept = append(kept, t)
		}
	}
	return kept
}

func isVersion(s string) bool {
	_, err := npm.ParseLoose(s)
	return err == nil
}

func rawOf(v any, outcome Outcome) (Raw, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Raw{}, fmt.Errorf("write answer: %w", err)
	}
	return Raw{Body: body, ContentType: jsonType, Outcome: outcome}, nil
}

func badAudit(err error) error {
	return &npm.Error{Kind: npm.ErrInvalid, Err: err, Text: "the audit request is not the JSON that npm sends"}
}

func auditTooLarge() error {
	return &npm.Error{Kind: npm.ErrTooLarge, Text: "the audit request names more packages, or more versions of one, than any application has"}
}
