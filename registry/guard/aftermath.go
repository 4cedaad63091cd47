package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// suspectBatch is how many names are looked up in one transaction.
	suspectBatch = 200
	// servedPage is how many servings are read together.
	servedPage = 1000
	// byFeeds is who gives the orders that feeds make.
	byFeeds = "feeds"
	// maxVersions bounds the list of versions of a quarantine in bytes.
	maxVersions = 400
	// orSep is between the versions of a list, as in a range.
	orSep = " || "
)

// aftermath is what is to be done after feeds have changed: to find who got what
// is now known as malware. It is guarded by Service.loading.
type aftermath struct {
	// suspects are the names of which anything else is said and that were not
	// compared yet.
	suspects []npm.Name
	// served counts the condemned versions of each name that were served.
	served  map[npm.Name]int
	failing bool
}

// note notes what a swap has changed.
func (a *aftermath) note(before, after *advisory.Set) {
	if before == after {
		return
	}
	all := append(slices.Clip(a.suspects), advisory.Diff(before, after).Names...)
	slices.SortFunc(all, func(x, y npm.Name) int { return strings.Compare(x.String(), y.String()) })
	a.suspects = slices.Compact(all)
}

// victim is a version that was served and is condemned now.
type victim struct {
	name       npm.Name
	version    string
	report     advisory.Malware
	principals int
	addresses  int
}

// settle compares the suspects with what was served. What cannot be compared is
// tried again with the next poll. The caller is loading.
func (s *Service) settle(ctx context.Context) {
	if len(s.after.suspects) == 0 {
		return
	}
	err := s.witness.flush(ctx) // what was served a moment ago counts
	for err == nil && len(s.after.suspects) > 0 {
		n := min(len(s.after.suspects), suspectBatch)
		if err = s.compare(ctx, s.after.suspects[:n]); err == nil {
			s.after.suspects = s.after.suspects[n:]
		}
	}
	if len(s.after.suspects) == 0 {
		s.after.suspects = nil // the names are parts of a set
	}
	if err != nil && !s.after.failing && ctx.Err() == nil {
		s.log.Warn("what was served cannot be compared with the feeds", "error", err)
	}
	s.after.failing = err != nil
	total := 0
	for _, n := range s.after.served {
		total += n
	}
	s.deps.Metrics.MalwareServedBefore(total)
}

// compare finds the condemned versions of some names that were served, tells of
// those that are news, and puts them in quarantine.
func (s *Service) compare(ctx context.Context, suspects []npm.Name) error {
	set := s.feedsNow()
	found := map[npm.Name][]victim{}
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		clear(found)
		for _, name := range suspects {
			victims, err := victimsOf(tx.Guards(), set, name)
			if err != nil {
				return err
			}
			if len(victims) > 0 {
				found[name] = victims
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up who got what: %w", err)
	}
	var all []victim
	for _, name := range suspects {
		all = append(all, found[name]...)
	}
	if err := s.quarantine(ctx, all); err != nil {
		return err
	}
	if s.after.served == nil {
		s.after.served = map[npm.Name]int{}
	}
	for _, name := range suspects {
		delete(s.after.served, name)
		if n := len(found[name]); n > 0 {
			s.after.served[name] = n
		}
	}
	return nil
}

func (s *Service) feedsNow() *advisory.Set {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.set == nil {
		return &advisory.Set{}
	}
	return s.set
}

// victimsOf returns the condemned versions of a name that were served.
func victimsOf(servings record.Servings, set *advisory.Set, name npm.Name) ([]victim, error) {
	var found []victim
	var last string // the version that is being counted
	var who, where map[string]struct{}
	said, asked := advisory.Package{}, false
	for after := (record.ServedCursor{}); ; {
		page, err := servings.ServedOf(name.String(), "", after, servedPage)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			if !asked {
				said, asked = set.Package(name), true
			}
			if row.Version != last || who == nil {
				last, who, where = row.Version, map[string]struct{}{}, map[string]struct{}{}
				if report, bad := said.Malware(row.Version); bad {
					found = append(found, victim{name: name, version: row.Version, report: report})
				}
			}
			who[row.Principal], where[row.Address] = struct{}{}, struct{}{}
			if n := len(found); n > 0 && found[n-1].version == last {
				found[n-1].principals, found[n-1].addresses = len(who), len(where)
			}
		}
		if len(page) < servedPage {
			return found, nil
		}
		after = page[len(page)-1].Cursor()
	}
}

// quarantine makes orders of victims that none knows yet, one for each name and
// report, and tells of them.
func (s *Service) quarantine(ctx context.Context, victims []victim) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	var news []victim
	var changed []record.Order
	for _, v := range victims {
		o, known := feedOrder(changed, v.name.String(), v.report.ID)
		if !known {
			o, known = feedOrder(s.orders, v.name.String(), v.report.ID)
		}
		if known && covers(o, v.version) {
			continue
		}
		news = append(news, v)
		if known && !o.EndedAt.IsZero() {
			continue // somebody has decided about this report
		}
		if !known {
			o = s.orderOf(v)
		}
		if o, ok := s.widen(o, v.version); ok {
			changed = replace(changed, o)
		}
	}
	if err := s.writeQuarantines(ctx, changed); err != nil {
		return err
	}
	for _, v := range news {
		s.log.Warn("malware was downloaded before it was known", "pkg", v.name.String(), "version", v.version,
			"feed", v.report.ID, "principals", v.principals, "addresses", v.addresses)
	}
	return nil
}

// feedOrder finds the order about a name and a report.
func feedOrder(orders []record.Order, name, report string) (record.Order, bool) {
	for _, o := range orders {
		if o.Kind == record.QuarantineOrder && o.Source == report && o.Match == name {
			return o, true
		}
	}
	return record.Order{}, false
}

// orderOf makes the order of a victim, yet without its version.
func (s *Service) orderOf(v victim) record.Order {
	o := record.Order{Kind: record.QuarantineOrder, Match: v.name.String(), Source: v.report.ID, By: byFeeds,
		Reason: v.report.ID + " reports malware that was served here", CreatedAt: s.now()}
	if !v.report.Whole {
		o.Versions = v.version
	}
	return o
}

// covers tells whether an order that a feed made is about a version.
func covers(o record.Order, version string) bool {
	return o.Versions == "" || slices.Contains(strings.Split(o.Versions, orSep), version)
}

// widen makes an order cover a version too, and tells whether it may: not where
// an operator lets that version through by name, or where it is written like no
// version. The feed's own guard refuses what is left out.
func (s *Service) widen(o record.Order, version string) (record.Order, bool) {
	if !covers(o, version) {
		o.Versions += orSep + version
	}
	if _, err := npm.ParseVersion(version); err != nil || len(o.Versions) > maxVersions || o.Validate() != nil {
		return record.Order{}, false
	}
	others := slices.DeleteFunc(standing(s.orders, s.now()), func(other record.Order) bool { return other.ID == o.ID })
	if slices.ContainsFunc(others, func(other record.Order) bool { return contradict(o, other) }) {
		return record.Order{}, false
	}
	_, err := s.compile(s.conf, append(others, o))
	return o, err == nil
}

// replace puts an order in the place of the one about the same name and report.
func replace(orders []record.Order, o record.Order) []record.Order {
	for i, other := range orders {
		if other.Source == o.Source && other.Match == o.Match {
			orders[i] = o
			return orders
		}
	}
	return append(orders, o)
}

func (s *Service) writeQuarantines(ctx context.Context, orders []record.Order) error {
	if len(orders) == 0 {
		return nil
	}
	return s.write(ctx, func(tx record.Tx) error {
		all, err := allOrders(tx)
		if err != nil {
			return err
		}
		for _, o := range orders {
			if _, there := feedOrder(all, o.Match, o.Source); there && o.ID == 0 {
				continue // another larder has just read the same report
			}
			kept, err := tx.Guards().PutOrder(o)
			if err != nil {
				return err
			}
			if err := s.note(tx, By{Name: byFeeds}, action(kept.Kind), target(kept), kept.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}
