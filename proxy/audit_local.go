package proxy

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
)

// HeldVersions tells which versions of a name may not be installed yet, and
// when each may.
type HeldVersions func(ctx context.Context, name npm.Name) map[string]time.Time

// advise returns what larder's own advisories say about versions. Which fixes are
// held is of no use where no version comes in at all, and judging them might ask
// upstream.
func (p *Proxy) advise(ctx context.Context, asked map[string][]string, inside bool) (map[string][]advisory.Advisory, error) {
	set := p.feeds()
	if set == nil {
		return nil, noAdvisories()
	}
	for _, versions := range asked {
		if len(versions) > maxAuditVersions {
			return nil, auditTooLarge()
		}
	}
	found := set.Bulk(asked)
	if inside {
		return found, nil
	}
	for name, all := range found {
		p.noteHeld(ctx, name, all)
	}
	return found, nil
}

// noAdvisories refuses to answer: nothing found would read as nothing wrong.
func noAdvisories() error {
	return &npm.Error{Kind: npm.ErrUnavailable, Text: "no advisories are loaded to answer audits from"}
}

// noteHeld says in the titles of advisories, the one text that every client
// shows, why their fix cannot be installed.
func (p *Proxy) noteHeld(ctx context.Context, text string, all []advisory.Advisory) {
	name, err := npm.ParseName(text)
	if err != nil {
		return
	}
	held := p.heldVersions(ctx, name)
	for i := range all {
		all[i].Title += heldFix(held, all[i].Fixed)
	}
}

// heldFix names the fixed version that may be installed first. It is empty
// where one may be already.
func heldFix(held map[string]time.Time, fixed []string) string {
	version, first := "", time.Time{}
	for _, v := range fixed {
		until, ok := held[v]
		if !ok {
			return ""
		}
		if version == "" || until.Before(first) {
			version, first = v, until
		}
	}
	if version == "" {
		return ""
	}
	return fmt.Sprintf(" (fixed in %s, which larder holds until %s)", version, first.UTC().Format(time.RFC3339))
}
