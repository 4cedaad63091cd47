package advisory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// maxProblems bounds what is told of broken sources.
const maxProblems = 50

// Load reads sources into one set. It tells everything that is wrong, and where
// anything is, there is no set: a caller keeps the one that it has. Where
// sources have a record in common, the one that was modified last counts.
func Load(ctx context.Context, sources ...Source) (*Set, error) {
	set, _, err := loader{limits: defaultLimits()}.load(ctx, sources)
	return set, err
}

// loader reads sources.
type loader struct {
	limits limits
	// kept has copies for sources that cannot be read; may be nil.
	kept *Kept
}

// load reads sources into one set, and tells for which of them a copy was taken.
func (l loader) load(ctx context.Context, sources []Source) (*Set, []Lapse, error) {
	all := newBuilder("")
	var lapses []Lapse
	for _, source := range sources {
		b, lapse := l.source(ctx, source)
		all.add(b)
		if lapse != nil {
			lapses = append(lapses, *lapse)
		}
	}
	if all.dropped > 0 {
		all.errs = append(all.errs, fmt.Errorf("and %d more problems", all.dropped))
	}
	if len(all.errs) > 0 {
		return nil, nil, fmt.Errorf("load feeds: %w", errors.Join(all.errs...))
	}
	set, err := all.set()
	return set, lapses, err
}

// source reads one source, or its copy where that is of use and the source is
// not.
func (l loader) source(ctx context.Context, source Source) (*builder, *Lapse) {
	b := l.read(ctx, source, nil)
	if len(b.errs) == 0 || l.kept == nil || ctx.Err() != nil {
		return b, nil
	}
	c, err := l.kept.open(ctx, source)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		defer func() { _ = c.Close() }()
		again := l.read(ctx, source, c)
		if len(again.errs) == 0 {
			return again, &Lapse{Path: source.Path, Taken: c.Taken, Looked: c.Looked, Err: errors.Join(b.errs...)}
		}
		err = errors.Join(again.errs...)
	}
	b.problem("", fmt.Errorf("its copy is of no use either: %w", err))
	return b, nil
}

// read reads one source, or its copy.
func (l loader) read(ctx context.Context, source Source, c *copied) *builder {
	b := newBuilder(source.Path)
	r := reader{limits: l.limits, source: source, copied: c, build: b}
	if err := r.read(ctx); err != nil {
		b.problem("", err)
	}
	return b
}

// builder gathers what sources say.
type builder struct {
	source string
	// reports are pointers, because a list of hundreds of thousands of reports
	// would be copied at once as it grows, while requests wait.
	reports []*report
	// at are the places of reports by identifier.
	at     map[string]int
	listed []listedHash
	// taken counts what was read about npm.
	taken   int
	errs    []error
	dropped int
}

// listedHash is a line of a list of hashes.
type listedHash struct{ sum, id string }

func newBuilder(source string) *builder { return &builder{source: source, at: map[string]int{}} }

// add adds what another builder gathered, which is not used any more.
func (b *builder) add(o *builder) {
	for _, err := range o.errs {
		b.keep(err)
	}
	b.dropped += o.dropped
	b.listed = append(b.listed, o.listed...)
	if len(b.reports) == 0 {
		b.reports, b.at = o.reports, o.at
		return
	}
	for i := range o.reports {
		b.take(o.reports[i])
	}
}

// problem notes what is wrong with the source, or at a place of it.
func (b *builder) problem(at string, err error) {
	if at != "" {
		err = fmt.Errorf("%s: %w", shown(at), err)
	}
	b.keep(fmt.Errorf("%s: %w", b.source, err))
}

// keep keeps a problem, unless there are many.
func (b *builder) keep(err error) {
	if len(b.errs) == maxProblems {
		b.dropped++
		return
	}
	b.errs = append(b.errs, err)
}

// taking is what was read of a record.
type taking struct {
	report report
	// about tells that the record is about npm.
	about bool
	// err says what is wrong with the record, and fatal why it could not be
	// read.
	err, fatal error
}

// takingOf reads a record. It keeps nothing of raw.
func takingOf(at string, raw []byte) taking {
	w, err := decode(at, raw)
	if err != nil {
		return taking{err: err}
	}
	if !slices.ContainsFunc(w.Affected, func(a wireAffected) bool { return a.Package.Ecosystem == ecosystem }) {
		return taking{}
	}
	r, err := reportOf(w)
	return taking{report: r, about: true, err: err}
}

// merge adds what was read of a record.
func (b *builder) merge(at string, t *taking) {
	if t.about {
		b.taken++
	}
	if t.err != nil {
		b.problem(at, t.err)
	}
	if t.err == nil && t.about {
		b.take(&t.report)
	}
}

// take adds a report, unless it is there as it was modified later.
func (b *builder) take(r *report) {
	place, known := b.at[r.id]
	switch {
	case !known:
		b.at[r.id] = len(b.reports)
		b.reports = append(b.reports, r)
	case r.modified.After(b.reports[place].modified):
		b.reports[place] = r
	}
}

// takeHash reads a line of a list of hashes.
func (b *builder) takeHash(at string, line []byte) {
	if line[0] == '#' {
		return
	}
	sum, id, err := parseHash(line)
	if err != nil {
		b.problem(at, err)
		return
	}
	b.taken++
	b.listed = append(b.listed, listedHash{sum: sum, id: id})
}

// rank orders identifiers: reports with a number come first, as it is they that
// refusals name, and those without one last.
func rank(id string) int {
	switch {
	case strings.HasPrefix(id, unnumberedPrefix):
		return 2
	case strings.HasPrefix(id, "MAL-"):
		return 0
	}
	return 1
}

// row is one claim on its way into a set.
type row struct {
	name  string
	in    *report
	at    uint32
	spans []span
}

// rows returns the claims of all reports that stand, in order.
func (b *builder) rows() []row {
	b.reports = slices.DeleteFunc(b.reports, func(r *report) bool {
		return r.withdrawn || len(r.affected) == 0 && len(r.hashes) == 0
	})
	slices.SortFunc(b.reports, func(x, y *report) int {
		return cmp.Or(cmp.Compare(rank(x.id), rank(y.id)), strings.Compare(x.id, y.id))
	})
	var all []row
	for i, r := range b.reports {
		for _, a := range r.affected {
			all = append(all, row{name: a.name, in: r, at: uint32(i), spans: a.spans})
		}
	}
	slices.SortStableFunc(all, func(x, y row) int { return strings.Compare(x.name, y.name) })
	return all
}

// repeats tells whether a report without a number says no more than one of
// those before it, which are about the same name.
func repeats(r row, before []row) bool {
	if rank(r.in.id) != 2 {
		return false
	}
	return slices.ContainsFunc(before, func(o row) bool {
		return o.in.malware && !slices.ContainsFunc(r.spans, func(s span) bool {
			return !slices.Contains(o.spans, s) && !slices.Contains(o.spans, span{kind: endless})
		})
	})
}

// set packs what was gathered.
func (b *builder) set() (*Set, error) {
	p := newPacker()
	rows := b.rows()
	from, start := 0, ""
	for i, r := range rows {
		if i == 0 || r.name != start {
			from, start = i, r.name
			p.name(r.name)
		}
		if !repeats(r, rows[from:i]) {
			p.claim(r)
		}
	}
	p.starts = append(p.starts, uint32(len(p.claims)))
	newest := time.Time{}
	for _, r := range b.reports {
		p.record(r)
		if r.modified.After(newest) {
			newest = r.modified
		}
		for _, sum := range r.hashes {
			p.hash(sum, r.id)
		}
	}
	for _, h := range b.listed {
		p.hash(h.sum, h.id)
	}
	p.newest = newest
	return p.done()
}
