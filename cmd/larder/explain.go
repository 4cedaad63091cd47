package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// explainCommand tells what larder knows of a package.
type explainCommand struct {
	Package string `arg:"" name:"name[@version]" help:"Package, and version if wanted: lodash, @scope/name@1.2.3."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// explanation is what the proxy knows of a package, with what the ledger and
// the configuration say of its name.
type explanation struct {
	proxy.Explanation
	// Pattern is the entry of names.private that makes the name private.
	Pattern string `json:"pattern,omitempty"`
	// Offline means that upstream is not asked, whatever is known of the name.
	Offline bool `json:"offline,omitempty"`
	// Since is when the name was claimed.
	Since *time.Time `json:"since,omitempty"`
	// Tombstone tells that all its packages were deleted here.
	Tombstone *record.Tombstone `json:"tombstone,omitempty"`
	// Local is what was published here.
	Local []localName `json:"local,omitempty"`
}

// Run implements the command.
func (c *explainCommand) Run(ctx context.Context, a *app) error {
	name, version := splitPackage(c.Package)
	if _, err := npm.ParseName(name); err != nil {
		return fmt.Errorf("%q is not a package name: %w", name, err)
	}
	if _, err := npm.ParseLoose(version); err != nil && version != "" {
		return fmt.Errorf("%q is not a version: give an exact version or leave it out", version)
	}
	// A running larder has its configuration; that this shell may lack a token
	// of it matters only without one.
	s, wrong := a.load()
	var x explanation
	about := question{data: s.Data, path: "/explain", query: url.Values{"name": {name}, "version": {version}}}
	err := untilUnlocked(ctx, func() error {
		err := ask(ctx, about, &x)
		if errors.Is(err, errNoServer) {
			if err = wrong; err == nil {
				x, err = a.explainAtRest(ctx, s, name, version)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, x)
	}
	return x.print(a.stdout, time.Now())
}

// splitPackage splits "name@version"; the first byte may be a scope's @.
func splitPackage(s string) (name, version string) {
	if i := strings.LastIndexByte(s, '@'); i > 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// explainAtRest opens the data of a larder that does not run.
func (a *app) explainAtRest(ctx context.Context, s *settings, name, version string) (explanation, error) {
	if !hasData(s.Data) {
		return explanation{}, errNeverRan(s.Data)
	}
	n, err := a.openNode(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return explanation{}, err
	}
	n.runCatalog()
	var x explanation
	if err = n.loadFeeds(ctx); err == nil {
		x, err = n.explain(ctx, name, version)
	}
	return x, errors.Join(err, n.close())
}

// hasData tells whether a larder ever ran with a data folder.
func hasData(data string) bool {
	_, err := os.Stat(filepath.Join(data, "registry"))
	return err == nil
}

// errNeverRan refuses to look into a data folder that is none yet.
func errNeverRan(data string) error {
	return fmt.Errorf("no larder has run with the data folder %s yet: start one, or name another with --data", data)
}

// Explain implements rest.Explainer with what the command prints as JSON.
func (n *node) Explain(ctx context.Context, name npm.Name, version string) (any, error) {
	return n.explain(ctx, name.String(), version)
}

// explain gathers what is known. It asks upstream nothing.
func (n *node) explain(ctx context.Context, text, version string) (explanation, error) {
	name, err := npm.ParseName(text)
	if err != nil {
		return explanation{}, err
	}
	known, err := n.proxy.Explain(ctx, name, version)
	if err != nil {
		return explanation{}, err
	}
	x := explanation{Explanation: known, Offline: n.settings.Cache.Offline}
	if x.Offline && x.Upstream != "" && x.Origin == record.Unclaimed.String() {
		x.Why = "nobody has claimed it yet; larder is offline and does not ask upstream"
	}
	if err := n.local(ctx, name, version, &x); err != nil {
		return x, err
	}
	for _, p := range n.settings.private {
		if p.Match(name) {
			x.Pattern = p.String()
		}
	}
	return x, n.claimed(ctx, name, &x)
}

// claimed adds what the ledger says of a name, if it knows it.
func (n *node) claimed(ctx context.Context, name npm.Name, x *explanation) error {
	err := n.registry.View(ctx, func(tx record.Tx) error {
		claim, err := tx.Names().Claim(name.String())
		if err == nil && claim.Origin != record.Unclaimed { // a released one is none
			at := claim.ClaimedAt.UTC()
			x.Since, x.Tombstone = &at, claim.Tombstone
		}
		return err
	})
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return fmt.Errorf("read the claim: %w", err)
	}
	return nil
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// print writes the explanation for people.
func (x *explanation) print(w io.Writer, now time.Time) error {
	var out strings.Builder
	row := func(label, format string, args ...any) {
		fmt.Fprintf(&out, "%-10s "+format+"\n", append([]any{label}, args...)...)
	}
	title := x.Name
	if x.Version != "" {
		title += "@" + x.Version
	}
	fmt.Fprintln(&out, title)
	why := x.Why
	if x.Pattern != "" {
		why = fmt.Sprintf("the pattern %s of names.private declares it; it is never asked upstream", x.Pattern)
	}
	row("origin", "%s: %s", x.Origin, why)
	if x.Since != nil {
		row("claimed", "%s", when(*x.Since, now))
	}
	if x.Tombstone != nil {
		row("deleted", "%s by %s; the name stays reserved", when(x.Tombstone.At, now), visible(x.Tombstone.By))
	}
	x.printLocal(row)
	if x.Upstream != "" {
		row("upstream", "%s", x.Upstream)
		x.printDocument(row, now)
	}
	if x.Version != "" && x.Upstream != "" {
		x.printVersion(row, now)
	}
	x.printGuards(row, now)
	_, err := io.WriteString(w, out.String())
	return err
}

// rower writes one labelled line.
type rower func(label, format string, args ...any)

func (x *explanation) printDocument(row rower, now time.Time) {
	d := x.Document
	if d == nil {
		row("document", "not stored")
		return
	}
	state := "stale: the next request asks upstream again"
	switch {
	case d.Fresh:
		state = "fresh"
	case x.Offline:
		state = "stale: served as it is, because larder is offline"
	}
	row("document", "%s, checked %s, %d versions, %d bytes", state, when(d.Checked, now), d.Versions, d.Bytes)
}

func (x *explanation) printVersion(row rower, now time.Time) {
	if t := x.Tarball; t != nil {
		row("tarball", "stored %s, %d bytes", when(t.Stored, now), t.Bytes)
		row("integrity", "%s", t.Integrity)
	} else {
		row("tarball", "not stored")
	}
	if p := x.Pin; p != nil {
		row("pin", "first seen %s from %s: %s", when(p.FirstSeen, now), p.Upstream, p.Integrity)
	}
}

// when writes a time with its age.
func when(t, now time.Time) string {
	age := now.Sub(t).Round(time.Second)
	return fmt.Sprintf("%s (%s ago)", t.UTC().Format(time.RFC3339), max(age, 0))
}
