package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/upstream"
)

const (
	bulkPath  = "/-/npm/v1/security/advisories/bulk"
	quickPath = "/-/npm/v1/security/audits/quick"
)

// AuditBulk answers npm's bulk advisory request (body: {name: [version]}) from
// the upstreams that the names belong to. Private names, and versions that are
// not versions (git URLs and paths name internal hosts), are not passed on. One
// upstream that fails fails the audit: half an answer would read as "no
// vulnerabilities".
func (p *Proxy) AuditBulk(ctx context.Context, body []byte) (Raw, error) {
	var asked map[string][]string
	if err := json.Unmarshal(body, &asked); err != nil {
		return Raw{}, badAudit(err)
	}
	if len(asked) > maxAuditNodes {
		return Raw{}, auditTooLarge()
	}
	parts := make(map[*upstream.Registry]map[string][]string)
	for text, versions := range asked {
		reg, ok, err := p.auditSource(ctx, text)
		if err != nil {
			return Raw{}, err
		}
		versions = onlyVersions(versions)
		if !ok || len(versions) == 0 {
			continue
		}
		if parts[reg] == nil {
			parts[reg] = make(map[string][]string)
		}
		parts[reg][text] = versions
	}
	if len(parts) > 0 && p.opts.Offline {
		return Raw{}, auditOffline()
	}
	return p.mergeAudits(ctx, parts)
}

func (p *Proxy) mergeAudits(ctx context.Context, parts map[*upstream.Registry]map[string][]string) (Raw, error) {
	merged := make(map[string]json.RawMessage)
	answered := 0
	for reg, part := range parts {
		var found map[string]json.RawMessage
		switch err := p.postAudit(ctx, reg, bulkPath, part, &found); {
		case errors.Is(err, npm.ErrNotFound) && len(parts) > 1:
			continue // this upstream has no audit; the others do
		case err != nil:
			return Raw{}, err
		}
		answered++
		for name, advisories := range found {
			merged[name] = advisories
		}
	}
	if answered == 0 && len(parts) > 0 {
		return Raw{}, &npm.Error{Kind: npm.ErrNotFound, Text: "no upstream offers advisories"}
	}
	return rawOf(merged)
}

// auditSource tells which upstream may be asked about a name; ok is false for
// a name that must not leave, or that none can know.
func (p *Proxy) auditSource(ctx context.Context, text string) (reg *upstream.Registry, ok bool, err error) {
	name, err := npm.ParseName(text)
	if err != nil {
		return nil, false, nil //nolint:nilerr // what is no name has no advisories
	}
	origin, err := p.deps.Names.Origin(ctx, name)
	if err != nil {
		return nil, false, &npm.Error{Kind: npm.ErrUnavailable, Err: err,
			Text: "the name ledger cannot be read, so no name is passed on"}
	}
	if origin == record.Private {
		return nil, false, nil
	}
	reg, ok = p.deps.Upstreams.Route(name)
	return reg, ok, nil
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

// AuditQuick answers npm's older audit request (the whole dependency tree)
// from the default upstream, with every private name taken out of the tree.
func (p *Proxy) AuditQuick(ctx context.Context, body []byte) (Raw, error) {
	var tree auditNode
	if err := json.Unmarshal(body, &tree); err != nil {
		return Raw{}, badAudit(err)
	}
	reg := p.deps.Upstreams.Default()
	if reg == nil {
		return Raw{}, noDefault()
	}
	if p.opts.Offline {
		return Raw{}, auditOffline()
	}
	clean, err := newScrubber(ctx, p, reg).root(&tree)
	if err != nil {
		return Raw{}, err
	}
	var answer json.RawMessage
	if err := p.postAudit(ctx, reg, quickPath, clean, &answer); err != nil {
		return Raw{}, err
	}
	return Raw{Body: answer, ContentType: jsonType, Outcome: Miss}, nil
}

func (p *Proxy) postAudit(ctx context.Context, reg *upstream.Registry, path string, body, answer any) error {
	out, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write audit request: %w", err)
	}
	resp, err := reg.Post(ctx, path, jsonType, out, rawLimit)
	if errors.Is(err, npm.ErrNotFound) {
		return &npm.Error{Kind: npm.ErrNotFound, Text: "upstream " + reg.Name() + " has no audit"}
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	raw, err := readRaw(resp)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw.Body, answer); err != nil {
		return &npm.Error{Kind: npm.ErrBadUpstream, Err: err, Text: "upstream answered the audit in another form"}
	}
	return nil
}

func rawOf(v any) (Raw, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Raw{}, fmt.Errorf("write answer: %w", err)
	}
	return Raw{Body: body, ContentType: jsonType, Outcome: Miss}, nil
}

func badAudit(err error) error {
	return &npm.Error{Kind: npm.ErrInvalid, Err: err, Text: "the audit request is not the JSON that npm sends"}
}

func auditTooLarge() error {
	return &npm.Error{Kind: npm.ErrTooLarge, Text: "the audit request names more packages than any application has"}
}

func auditOffline() error {
	return &npm.Error{Kind: npm.ErrOffline, Text: "offline mode: advisories cannot be asked for"}
}
