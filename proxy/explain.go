package proxy

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Explanation says what larder knows of a name, and of one version of it.
type Explanation struct {
	Name     string           `json:"name"`
	Version  string           `json:"version,omitempty"`
	Origin   string           `json:"origin"`
	Why      string           `json:"why"`
	Upstream string           `json:"upstream,omitempty"`
	Document *ExplainDocument `json:"document,omitempty"`
	Tarball  *ExplainTarball  `json:"tarball,omitempty"`
	Pin      *ExplainPin      `json:"pin,omitempty"`
	// Verdict is what policy decides about the version, or about that which
	// latest points to: "allow", "warn", "hide", "undecided", "deny", or "not
	// found" for a version the document lacks; empty where nothing is known.
	Verdict string `json:"verdict,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Judged is the version that the guards were asked about, and Guards what
	// each of them says.
	Judged string         `json:"judged,omitempty"`
	Guards []ExplainGuard `json:"guards,omitempty"`
	// Available is when it becomes available by itself.
	Available *time.Time `json:"available_at,omitempty"`
	// Denied are the highest of the versions that are kept from clients, and
	// DeniedTotal is how many there are. Tags are the dist-tags as clients see
	// them.
	Denied      []ExplainDenied   `json:"denied,omitempty"`
	DeniedTotal int               `json:"denied_total,omitempty"`
	Tags        map[string]string `json:"dist_tags,omitempty"`
}

// ExplainGuard is what one guard says.
type ExplainGuard struct {
	Guard  string `json:"guard"`
	Word   string `json:"word"`
	Mode   string `json:"mode"`
	State  string `json:"state"`
	Action string `json:"action"`
	Reason string `json:"reason"`
	// Until is when that ends by itself.
	Until *time.Time `json:"until,omitempty"`
	// Waived says what overrules it, Waive how to overrule it.
	Waived string `json:"waived,omitempty"`
	Waive  string `json:"waive,omitempty"`
}

// ExplainDenied is a version that is kept from clients.
type ExplainDenied struct {
	Version string     `json:"version"`
	Action  string     `json:"action"`
	Guard   string     `json:"guard,omitempty"`
	Reason  string     `json:"reason"`
	Until   *time.Time `json:"until,omitempty"`
}

// ExplainDocument describes the cached packument.
type ExplainDocument struct {
	Checked  time.Time `json:"checked"`
	Changed  time.Time `json:"changed"`
	Fresh    bool      `json:"fresh"`
	Bytes    int64     `json:"bytes"`
	Versions int       `json:"versions"`
}

// ExplainTarball describes the stored tarball.
type ExplainTarball struct {
	Stored    time.Time `json:"stored"`
	Bytes     int64     `json:"bytes"`
	Integrity string    `json:"integrity"`
}

// ExplainPin describes what the tarball was at first sight.
type ExplainPin struct {
	FirstSeen time.Time `json:"first_seen"`
	Integrity string    `json:"integrity"`
	Shasum    string    `json:"shasum"`
	Upstream  string    `json:"upstream"`
}

// Explain tells what is known of a name, and of a version unless that is
// empty. It asks upstream nothing and changes nothing.
func (p *Proxy) Explain(ctx context.Context, name npm.Name, version string) (Explanation, error) {
	x := Explanation{Name: name.String(), Version: version}
	origin, err := p.deps.Names.Origin(ctx, name)
	if err != nil {
		return x, fmt.Errorf("read origin: %w", err)
	}
	x.Origin, x.Why = origin.String(), p.why(name, origin)
	if origin == record.Private {
		return x, nil
	}
	e, err := p.admit(ctx, name)
	if errors.Is(err, npm.ErrNotFound) {
		x.Why = err.Error()
		return x, nil
	}
	if err != nil {
		return x, err
	}
	x.Upstream = e.reg.Name()
	if err := p.explainDocument(ctx, e, &x); err != nil {
		return x, err
	}
	if err := p.explainGuards(ctx, e, &x); err != nil || version == "" {
		return x, err
	}
	return x, p.explainVersion(ctx, e, &x)
}

func (p *Proxy) why(name npm.Name, origin record.Origin) string {
	switch {
	case p.deps.Names.Declared(name):
		return "a pattern of names.private declares it; it is never asked upstream"
	case origin == record.Private:
		return "it was published here; it is never asked upstream"
	case origin == record.Public:
		return "upstream has answered for it"
	case origin == record.Dual:
		return "a rule serves it from here and from upstream"
	}
	return "nobody has claimed it yet; upstream is asked"
}

// explainDocument describes the cached document, if there is one, and whether
// it has the version asked about.
func (p *Proxy) explainDocument(ctx context.Context, e *entry, x *Explanation) error {
	s, err := p.load(ctx, e)
	if err != nil || !s.usable() {
		return err
	}
	t, err := p.tableOf(ctx, e, s)
	if errors.Is(err, errLost) {
		return nil // as good as none
	}
	if err != nil {
		return err
	}
	x.Document = &ExplainDocument{
		Checked: s.rec.Checked.UTC(), Changed: s.rec.Changed.UTC(), Fresh: s.fresh(p.opts.Now()),
		Bytes: s.rec.Size, Versions: len(t.rows),
	}
	if _, ok := t.rows[x.Version]; !ok && x.Version != "" {
		x.Verdict, x.Reason = "not found", "the cached document has no such version"
	}
	return nil
}

func (p *Proxy) explainVersion(ctx context.Context, e *entry, x *Explanation) error {
	rec, ok, err := p.deps.Records.Tarball(e.key.ns, x.Name, x.Version)
	if err != nil {
		return fmt.Errorf("read tarball record: %w", err)
	}
	if ok {
		x.Tarball = &ExplainTarball{Stored: rec.Stored.UTC(), Bytes: rec.Size,
			Integrity: npm.IntegrityOfSHA512(rec.Digest).String()}
	}
	pin, ok, err := p.deps.Names.PinOf(ctx, e.key.name, x.Version)
	if err != nil {
		return fmt.Errorf("read pin: %w", err)
	}
	if ok {
		x.Pin = &ExplainPin{FirstSeen: pin.FirstSeen.UTC(), Upstream: pin.Upstream,
			Integrity: npm.IntegrityOfSHA512(pin.SHA512).String(), Shasum: hex.EncodeToString(pin.SHA1[:])}
	}
	return nil
}
