package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream"
)

const (
	bulkPath  = "/-/npm/v1/security/advisories/bulk"
	quickPath = "/-/npm/v1/security/audits/quick"
)

// forwardBulk asks the upstreams that the names belong to. One that fails fails
// the audit: half an answer would read as "no vulnerabilities".
func (p *Proxy) forwardBulk(ctx context.Context, asked map[string][]string) (Raw, error) {
	parts := make(map[*upstream.Registry]map[string][]string)
	for text, versions := range asked {
		reg, ok := p.auditRoute(text)
		if !ok {
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

// auditRoute tells which upstream knows a name.
func (p *Proxy) auditRoute(text string) (*upstream.Registry, bool) {
	name, err := npm.ParseName(text)
	if err != nil {
		return nil, false
	}
	return p.deps.Upstreams.Route(name)
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
	return rawOf(merged, Miss)
}

// forwardTree asks the default upstream about a tree, without what must not
// leave.
func (p *Proxy) forwardTree(ctx context.Context, tree *auditNode, names *auditNames) (Raw, error) {
	reg := p.deps.Upstreams.Default()
	if reg == nil {
		return Raw{}, noDefault()
	}
	if p.opts.Offline {
		return Raw{}, auditOffline()
	}
	clean, err := newScrubber(ctx, names, reg).root(tree)
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

func auditOffline() error {
	return &npm.Error{Kind: npm.ErrOffline, Text: "offline mode: advisories cannot be asked for"}
}
